// What messages of IPv6 neighbour discovery state (RFC 4861).

#include <gtest/gtest.h>

#include <string>

#include "tests/support/decode_harness.h"
#include "tests/support/packet_builder.h"

namespace tapline::testing {
namespace {

constexpr uint32_t kOverride = 0x20000000;
constexpr char kHost[] = "2001:db8::10";
constexpr char kOther[] = "2001:db8::20";
constexpr char kEverybody[] = "ff02::1";

Bytes Option(uint8_t type, uint8_t mac) {
  Bytes option = {type, 1};
  for (uint8_t byte : TestMac(mac)) option.push_back(byte);
  return option;
}

Bytes Advertisement(uint32_t flags = kOverride, uint8_t code = 0,
                    const Bytes& options = Option(2, 7)) {
  return Icmp(136, code, flags, Join({Address(kHost), options}));
}

Bytes Sent(const std::string& from, const std::string& to, const Bytes& message,
           uint8_t hops = 255) {
  Ipv6Fields fields;
  fields.hop_limit = hops;
  return Ipv6(from, to, 58, message, fields);
}

// "ADDRESS MAC TARGET", or empty when nothing is stated.
std::string Stated(const Bytes& packet) {
  DecodeHarness h;
  h.DecodeIp(packet);
  if (h.out.packets.size() != 1) return "?";
  const Packet& p = h.out.packets[0];
  EXPECT_EQ(p.ip_version, 6);
  if ((p.marks & kMarkNeighbour) == 0) {
    EXPECT_TRUE(h.out.arps.empty());
    return "";
  }
  const ArpMessage& m = h.out.arps.at(p.aux);
  EXPECT_EQ(m.operation, 0);
  return m.sender.ToString() + " " + m.sender_mac.ToString() + " " +
         m.target.ToString();
}

TEST(NeighbourTest, AnAdvertisementStatesItsTarget) {
  EXPECT_EQ(Stated(Sent("fe80::1", kOther, Advertisement())),
            "2001:db8::10 02:00:00:00:00:07 2001:db8::20");
  // To everybody: unasked.
  EXPECT_EQ(Stated(Sent("fe80::1", kEverybody, Advertisement())),
            "2001:db8::10 02:00:00:00:00:07 2001:db8::10");
}

TEST(NeighbourTest, TheOthersStateTheirSender) {
  const std::string stated = "2001:db8::20 02:00:00:00:00:07 2001:db8::20";
  const Bytes own = Option(1, 7);
  EXPECT_EQ(Stated(Sent(kOther, kEverybody, Icmp(133, 0, 0, own))), stated);
  EXPECT_EQ(Stated(Sent(kOther, kEverybody,
                        Icmp(134, 0, 0x40000708, Join({Bytes(8), own})))),
            stated);
  EXPECT_EQ(Stated(Sent(kOther, kEverybody,
                        Icmp(135, 0, 0, Join({Address(kHost), own})))),
            stated);
}

TEST(NeighbourTest, OtherOptionsAreSteppedOver) {
  const Bytes mtu = {5, 1, 0, 0, 0, 0, 5, 0xdc};
  const Bytes nonce = {14, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
  EXPECT_EQ(Stated(Sent(
                kHost, kOther,
                Advertisement(kOverride, 0, Join({mtu, nonce, Option(2, 7)})))),
            "2001:db8::10 02:00:00:00:00:07 2001:db8::20");
}

TEST(NeighbourTest, WhatHostsDoNotTakeOverStatesNothing) {
  // An anycast address: several may have it (7.2.5).
  EXPECT_EQ(Stated(Sent(kHost, kOther, Advertisement(0))), "");
  // Sent from another link, or of another kind (7.1.2).
  EXPECT_EQ(Stated(Sent(kHost, kOther, Advertisement(), 254)), "");
  EXPECT_EQ(Stated(Sent(kHost, kOther, Advertisement(kOverride, 1))), "");
  EXPECT_EQ(Stated(Sent(kHost, kOther, Icmp(137, 0, 0, Bytes(40)))), "");
  // No option, the sender's instead of the target's, one without length.
  for (const Bytes& options : {Bytes(), Option(1, 7), Bytes(16)}) {
    EXPECT_EQ(Stated(Sent(kHost, kOther, Advertisement(kOverride, 0, options))),
              "");
  }
}

TEST(NeighbourTest, NobodyStatesNothing) {
  // Who looks whether an address is free has none yet (7.1.1, 6.1.1).
  const Bytes own = Option(1, 7);
  EXPECT_EQ(Stated(Sent("::", "ff02::1:ff00:10",
                        Icmp(135, 0, 0, Join({Address(kHost), own})))),
            "");
  EXPECT_EQ(Stated(Sent("::", kEverybody, Icmp(133, 0, 0, own))), "");
}

TEST(NeighbourTest, AWrongChecksumStatesNothing) {
  const Bytes good = Sent("fe80::1", kOther, Advertisement());
  for (size_t at = 40; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= 0x10;
    EXPECT_EQ(Stated(bad), "") << at;
  }
}

TEST(NeighbourTest, WhatTheSnapLengthCutIsNotHeldAgainstIt) {
  const Bytes mtu = {5, 1, 0, 0, 0, 0, 5, 0xdc};
  const Bytes whole =
      Sent("fe80::1", kOther,
           Advertisement(kOverride, 0, Join({Option(2, 7), mtu})));
  const Bytes cut(whole.begin(), whole.end() - 4);
  DecodeHarness h;
  h.Decode(cut, 0, 101, static_cast<uint32_t>(whole.size()));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_NE(h.out.packets[0].marks & kMarkNeighbour, 0);
}

TEST(NeighbourTest, NoTruncationStatesAnything) {
  const Bytes whole = Advertisement();
  for (size_t size = 8; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(),
                    whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_EQ(Stated(Sent(kHost, kOther, cut)), "") << size;
  }
}

}  // namespace
}  // namespace tapline::testing
