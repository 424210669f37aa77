// Tunnels: inner and outer packets, contexts, links, limits (reliability.md
// E34, E35).

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/decode_harness.h"
#include "tests/support/tunnel_builder.h"

namespace tapline::testing {
namespace {

constexpr const char* kOuterA = "203.0.113.1";
constexpr const char* kOuterB = "203.0.113.2";

Bytes Inner() { return Ipv4(kA, kB, 6, Tcp(1024, 80, kAck, Text("inner"))); }
Bytes Inner6() { return Ipv6(kA6, kB6, 6, Tcp(1024, 80, kAck, Text("inner"))); }
Bytes InUdp(uint16_t port, const Bytes& payload, bool back = false) {
  return Ipv4(back ? kOuterB : kOuterA, back ? kOuterA : kOuterB, 17,
              Udp(4444, port, payload));
}

struct TunnelCase {
  const char* name;
  TunnelKind kind;
  uint32_t id;
  Bytes packet;
};

std::vector<TunnelCase> Cases() {
  const Bytes frame = Ethernet(0x0800, Inner());
  const Bytes teredo =
      Ipv6("2001:0:1::1", kB6, 6, Tcp(1024, 80, kAck, Text("inner")));
  const auto gre = [](const Bytes& payload) {
    return Ipv4(kOuterA, kOuterB, 47, payload);
  };
  const auto in_six = [](uint8_t protocol, const Bytes& payload) {
    return Ipv6("2001:db8:f::1", "2001:db8:f::2", protocol, payload);
  };
  Bytes checked = Gre(0x0800, Bytes(4));
  checked[0] = 0x80;
  Append(checked, Inner());
  Bytes named = Vxlan(4242, frame);
  named[0] = 0x0c;
  named[3] = 3;
  return {
      {"gre", TunnelKind::kGre, 0, gre(Gre(0x0800, Inner()))},
      {"gre key", TunnelKind::kGre, 77, gre(GreWithKey(0x0800, 77, Inner()))},
      {"gre checksum", TunnelKind::kGre, 0, gre(checked)},
      {"gre ipv6", TunnelKind::kGre, 0, gre(Gre(0x86dd, Inner6()))},
      {"gre ethernet", TunnelKind::kGre, 0, gre(Gre(0x6558, frame))},
      {"gre mpls", TunnelKind::kGre, 0, gre(Gre(0x8847, Mpls({16}, Inner())))},
      {"gre over ipv6", TunnelKind::kGre, 0, in_six(47, Gre(0x0800, Inner()))},
      {"wccp", TunnelKind::kGre, 0,
       gre(Gre(0x883e, Join({Bytes{0, 1, 2, 3}, Inner()})))},
      {"pptp", TunnelKind::kGre, 0,
       gre(GrePptp(9, Join({Bytes{0xff, 3, 0, 0x21}, Inner()})))},
      {"erspan i", TunnelKind::kErspan, 0, gre(Gre(0x88be, frame))},
      {"erspan ii", TunnelKind::kErspan, 0, gre(Erspan2(5, frame))},
      {"erspan iii", TunnelKind::kErspan, 0, gre(Erspan3(5, frame))},
      {"erspan iii sub", TunnelKind::kErspan, 0, gre(Erspan3(5, frame, true))},
      {"ipip", TunnelKind::kIpIp, 0, Ipv4(kOuterA, kOuterB, 4, Inner())},
      {"6in4", TunnelKind::kSixInFour, 0, Ipv4(kOuterA, kOuterB, 41, Inner6())},
      {"4in6", TunnelKind::kIpIp, 0, in_six(4, Inner())},
      {"6in6", TunnelKind::kIpIp, 0, in_six(41, Inner6())},
      {"vxlan", TunnelKind::kVxlan, 4242, InUdp(4789, Vxlan(4242, frame))},
      {"vxlan-gpe", TunnelKind::kVxlan, 4242, InUdp(4789, named)},
      {"geneve", TunnelKind::kGeneve, 99,
       InUdp(6081, Geneve(99, 0x6558, frame, Bytes(12)))},
      {"geneve ip", TunnelKind::kGeneve, 99,
       InUdp(6081, Geneve(99, 0x86dd, Inner6()))},
      {"gtp-u", TunnelKind::kGtpU, 0, InUdp(2152, GtpU(0xabcdef, Inner()))},
      {"gtp-u ext", TunnelKind::kGtpU, 0,
       InUdp(2152, GtpUExtended(0xabcdef, Inner6()))},
      {"teredo", TunnelKind::kTeredo, 0, InUdp(3544, teredo)},
      {"teredo full", TunnelKind::kTeredo, 0,
       InUdp(3544, Join({TeredoAuthentication(), TeredoOrigin(), teredo}))},
      {"tzsp", TunnelKind::kTzsp, 0, InUdp(37008, Tzsp(frame))},
  };
}

TEST(TunnelTest, EveryKindGivesOuterAndInnerPacket) {
  for (const TunnelCase& c : Cases()) {
    SCOPED_TRACE(c.name);
    DecodeHarness h;
    const Bytes frame =
        Ethernet(c.packet[0] >> 4 == 4 ? 0x0800 : 0x86dd, c.packet);
    h.Decode(frame);
    ASSERT_EQ(h.out.packets.size(), 2u);
    const Packet& outer = h.out.packets[0];
    const Packet& inner = h.out.packets[1];
    EXPECT_EQ(outer.layer, 0);
    EXPECT_EQ(outer.marks, kMarkCarriesTunnel | kMarkLinkInner);
    EXPECT_EQ(outer.context, 0u);
    EXPECT_EQ(outer.frame_bytes, frame.size());
    EXPECT_EQ(outer.ip_bytes, c.packet.size());
    EXPECT_EQ(inner.layer, 1);
    EXPECT_EQ(inner.marks, 0);
    EXPECT_EQ(inner.frame_bytes, frame.size());
    EXPECT_EQ(inner.source_port, 1024);
    EXPECT_EQ(inner.destination_port, 80);
    EXPECT_EQ(h.Payload(1), "inner");
    EXPECT_EQ(inner.ordinal, outer.ordinal);
    const Context& context = h.contexts.Get(inner.context);
    ASSERT_EQ(context.tunnel_count, 1);
    EXPECT_EQ(context.tunnels[0], c.kind);
    EXPECT_EQ(context.tunnel_ids[0], c.id);
    EXPECT_EQ(context.outer_low, outer.source);
    EXPECT_EQ(context.outer_high, outer.destination);
    EXPECT_EQ(h.Anomalies(), 0u);
  }
}

TEST(TunnelTest, EveryTruncationKeepsTheOuterPacket) {
  for (const TunnelCase& c : Cases()) {
    SCOPED_TRACE(c.name);
    const size_t outer = c.packet[0] >> 4 == 4 ? 20 : 40;
    DecodeHarness h;
    for (size_t size = outer; size < c.packet.size(); ++size) {
      const Bytes cut(c.packet.begin(),
                      c.packet.begin() + static_cast<long>(size));
      h.DecodeIp(cut);
      EXPECT_GE(h.out.packets.size(), 1u) << size;
      h.Decode(cut, 0, 101, static_cast<uint32_t>(c.packet.size()));
      EXPECT_GE(h.out.packets.size(), 1u) << size;
      for (const Packet& p : h.out.packets) {
        EXPECT_EQ(p.marks & kMarkMalformed, 0) << size;
      }
    }
  }
}

TEST(TunnelTest, BothDirectionsShareTheInnerFlow) {
  DecodeHarness h;
  const Bytes back_frame =
      Ethernet(0x0800, Ipv4(kB, kA, 6, Tcp(80, 1024, kAck)));
  h.DecodeIp(InUdp(4789, Vxlan(7, Ethernet(0x0800, Inner()))));
  const Packet there = h.out.packets.at(1);
  h.DecodeIp(InUdp(4789, Vxlan(7, back_frame), true));
  EXPECT_EQ(h.out.packets.at(1).flow_hash, there.flow_hash);
  EXPECT_EQ(h.out.packets.at(1).context, there.context);
  h.DecodeIp(InUdp(4789, Vxlan(8, back_frame), true));
  EXPECT_NE(h.out.packets.at(1).flow_hash, there.flow_hash);
  // GTP tunnel ids differ by direction and do not count.
  h.DecodeIp(InUdp(2152, GtpU(1, Inner())));
  const uint32_t context = h.out.packets.at(1).context;
  h.DecodeIp(InUdp(2152, GtpU(2, Inner()), true));
  EXPECT_EQ(h.out.packets.at(1).context, context);
}

TEST(TunnelTest, InnerVlanIsPartOfTheContext) {
  DecodeHarness h;
  h.Decode(Ethernet(
      0x8100,
      Vlan(
          10, 0x0800,
          InUdp(4789, Vxlan(7, Ethernet(0x8100, Vlan(20, 0x0800, Inner())))))));
  ASSERT_EQ(h.out.packets.size(), 2u);
  const Context& outer = h.contexts.Get(h.out.packets[0].context);
  const Context& inner = h.contexts.Get(h.out.packets[1].context);
  EXPECT_EQ(outer.vlan_count, 1);
  ASSERT_EQ(inner.vlan_count, 2);
  EXPECT_EQ(inner.vlans[0], 10);
  EXPECT_EQ(inner.vlans[1], 20);
}

TEST(TunnelTest, WithoutSecondProofThePortMeansNothing) {
  const Bytes frame = Ethernet(0x0800, Inner());
  Bytes no_flag = Vxlan(7, frame);
  no_flag[0] = 0;
  Bytes reserved = Vxlan(7, frame);
  reserved[7] = 1;
  Bytes geneve_version = Geneve(7, 0x6558, frame);
  geneve_version[0] = 0x40;
  Bytes gtp_echo = GtpU(0, Inner());
  gtp_echo[1] = 1;
  Bytes gtp_length = GtpU(0, Inner());
  Set16(gtp_length, 2, 60000);
  Bytes gtp_loop = GtpUExtended(0, Inner());
  gtp_loop[12] = 0;
  Bytes tzsp = Tzsp(frame);
  tzsp[3] = 0x12;
  const struct {
    uint16_t port;
    Bytes payload;
  } kCases[] = {
      {4789, no_flag},
      {4789, reserved},
      {4789, Vxlan(7, Bytes(60, 0xab))},
      {4789, Pattern(100)},
      {6081, geneve_version},
      {6081, Geneve(7, 0x0800, Bytes(60, 0xab))},
      {2152, gtp_echo},
      {2152, gtp_length},
      {2152, gtp_loop},
      {2152, GtpU(1, Pattern(80))},
      {3544, Inner6()},
      {3544, Pattern(100)},
      {37008, tzsp},
      {37008, Bytes(100, 10)},
  };
  int i = 0;
  for (const auto& c : kCases) {
    SCOPED_TRACE(i++);
    DecodeHarness h;
    h.DecodeIp(InUdp(c.port, c.payload));
    ASSERT_EQ(h.out.packets.size(), 1u);
    EXPECT_EQ(h.out.packets[0].marks, 0);
    EXPECT_EQ(h.Anomalies(), 0u);
  }
}

TEST(TunnelTest, FourTunnelsAreReadAndTheFifthIsNamed) {
  Bytes packet = Inner();
  for (int depth = 1; depth <= 5; ++depth) {
    packet = Ipv4(kOuterA, kOuterB, 4, packet);
    DecodeHarness h;
    h.DecodeIp(packet);
    EXPECT_EQ(h.out.packets.size(), depth <= 4 ? depth + 1u : 5u);
    EXPECT_EQ(h.Count(Anomaly::kTunnelDepthExceeded), depth == 5 ? 1u : 0u);
    EXPECT_EQ(h.Decoded(), 1u);
    for (size_t i = 0; i < h.out.packets.size(); ++i) {
      EXPECT_EQ(h.out.packets[i].layer, i);
    }
  }
}

TEST(TunnelTest, FourVxlansAreReadAndTheFifthIsNamed) {
  Bytes packet = Inner();
  for (int depth = 1; depth <= 5; ++depth) {
    packet = InUdp(4789, Vxlan(7, Ethernet(0x0800, packet)));
    DecodeHarness h;
    h.Decode(Ethernet(0x0800, packet));
    EXPECT_EQ(h.out.packets.size(), depth <= 4 ? depth + 1u : 5u);
    EXPECT_EQ(h.Count(Anomaly::kTunnelDepthExceeded), depth == 5 ? 1u : 0u);
  }
}

TEST(TunnelTest, EndlessPseudowiresStopAtTheLayerLimit) {
  Bytes frame = Ethernet(0x0800, Inner());
  for (int i = 0; i < 20; ++i) frame = Ethernet(0x8847, Mpls({16}, frame));
  DecodeHarness h;
  h.Decode(frame);
  EXPECT_TRUE(h.out.packets.empty());
  EXPECT_EQ(h.Dropped(Anomaly::kLayersExceeded), 1u);
}

TEST(TunnelTest, PacketInsideItselfIsCountedOncePerLayer) {
  DecodeHarness h;
  const Bytes self = Ipv4(kOuterA, kOuterB, 4, Inner());
  h.DecodeIp(Ipv4(kOuterA, kOuterB, 4, self));
  ASSERT_EQ(h.out.packets.size(), 3u);
  EXPECT_NE(h.out.packets[0].flow_hash, h.out.packets[1].flow_hash);
}

TEST(TunnelTest, MalformedInnerLeavesTheOuterDecoded) {
  DecodeHarness h;
  Bytes inner = Inner();
  inner[0] = 0x42;
  h.DecodeIp(Ipv4(kOuterA, kOuterB, 4, inner));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.Decoded(), 1u);
  EXPECT_EQ(h.Count(Anomaly::kIpBadHeaderLength), 1u);
  EXPECT_EQ(h.out.packets[0].marks, kMarkMalformed);
  ASSERT_EQ(h.out.anomalies.size(), 1u);
  EXPECT_EQ(h.out.anomalies[0].packet, 0);
}

TEST(TunnelTest, OddGreIsNamed) {
  Bytes routed = Gre(0x0800, Inner());
  routed[0] = 0x40;
  Bytes version = Gre(0x0800, Inner());
  version[1] = 3;
  for (const Bytes& payload : {routed, version, Gre(0x0003, Inner())}) {
    DecodeHarness h;
    h.DecodeIp(Ipv4(kOuterA, kOuterB, 47, payload));
    EXPECT_EQ(h.out.packets.size(), 1u);
    EXPECT_EQ(h.Count(Anomaly::kGreUnsupported), 1u);
  }
}

TEST(TunnelTest, InnerFlowIsLinkedWhenNewOpeningOrUnseenForASecond) {
  DecodeHarness h;
  const auto linked = [&h](const Bytes& inner, UnixNanos at) {
    h.DecodeIp(Ipv4(kOuterA, kOuterB, 4, inner), at);
    return (h.out.packets.at(0).marks & kMarkLinkInner) != 0;
  };
  const Bytes syn = Ipv4(kA, kB, 6, Tcp(1024, 80, kSyn));
  EXPECT_TRUE(linked(syn, 0));
  EXPECT_TRUE(linked(syn, 1));
  EXPECT_FALSE(linked(Inner(), 2));
  EXPECT_FALSE(linked(Inner(), kSecondNanos));
  EXPECT_TRUE(linked(Inner(), 3 * kSecondNanos));
  EXPECT_FALSE(linked(Ipv4(kB, kA, 6, Tcp(80, 1024, kAck)), 3 * kSecondNanos));
  EXPECT_TRUE(linked(Ipv4(kA, kB, 6, Tcp(1025, 80, kAck)), 3 * kSecondNanos));
}

TEST(TunnelTest, ArpInsideTunnelIsALayer) {
  DecodeHarness h;
  h.DecodeIp(InUdp(4789, Vxlan(7, Ethernet(0x0806, Arp(1, TestMac(1), kA,
                                                       TestMac(0), kB)))));
  ASSERT_EQ(h.out.packets.size(), 2u);
  EXPECT_EQ(h.out.packets[1].marks, kMarkArp);
  EXPECT_NE(h.out.packets[0].marks & kMarkCarriesTunnel, 0);
}

}  // namespace
}  // namespace tapline::testing
