// IPv4 and IPv6 headers (reliability.md E9, E12, E36, E47).

#include <gtest/gtest.h>

#include "tests/support/decode_harness.h"

namespace tapline::testing {
namespace {

Bytes Syn4() { return Ipv4(kA, kB, 6, Tcp(1024, 80, kSyn)); }
Bytes Syn6() { return Ipv6(kA6, kB6, 6, Tcp(1024, 80, kSyn)); }

Bytes WithExtensions(uint8_t first, const Bytes& extensions,
                     uint8_t protocol = 6) {
  Ipv6Fields fields;
  fields.first_extension = first;
  fields.extensions = extensions;
  return Ipv6(kA6, kB6, protocol, Tcp(1024, 80, kSyn), fields);
}

TEST(Ip4Test, OptionsAreSkipped) {
  DecodeHarness h;
  Ipv4Fields fields;
  fields.options = {1, 7, 3, 4, 148, 4, 0, 0};  // nop, record route, alert
  h.DecodeIp(Ipv4(kA, kB, 6, Tcp(1024, 80, kSyn), fields));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].destination_port, 80);
  EXPECT_EQ(h.Anomalies(), 0u);
}

TEST(Ip4Test, OptionBeyondTheHeaderIsNamed) {
  DecodeHarness h;
  Ipv4Fields fields;
  fields.options = {7, 200, 4, 0};
  h.DecodeIp(Ipv4(kA, kB, 6, Tcp(1024, 80, kSyn), fields));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].destination_port, 80);
  EXPECT_EQ(h.out.packets[0].marks, kMarkMalformed);
  EXPECT_EQ(h.Count(Anomaly::kIpBadOption), 1u);
}

TEST(Ip4Test, BadHeaderIsDroppedByName) {
  const struct {
    size_t at;
    uint8_t value;
    Anomaly anomaly;
  } kCases[] = {
      {0, 0x55, Anomaly::kIpBadVersion},
      {0, 0x44, Anomaly::kIpBadHeaderLength},
      {0, 0x4f, Anomaly::kIpBadHeaderLength},
      {3, 19, Anomaly::kIpBadTotalLength},
  };
  for (const auto& c : kCases) {
    DecodeHarness h;
    Bytes packet = Syn4();
    packet[c.at] = c.value;
    h.Decode(packet, 0, 228);
    EXPECT_TRUE(h.out.packets.empty());
    EXPECT_EQ(h.Dropped(c.anomaly), 1u) << AnomalyName(c.anomaly);
    ASSERT_EQ(h.out.anomalies.size(), 1u);
    EXPECT_STREQ(h.out.anomalies[0].name, AnomalyName(c.anomaly));
  }
}

TEST(Ip4Test, TotalLengthBeyondTheFrameUsesTheFrame) {
  DecodeHarness h;
  Bytes packet = Ipv4(kA, kB, 17, Udp(1, 2, Pattern(20)));
  Set16(packet, 2, 60000);
  FillIpv4Checksum(packet);
  h.DecodeIp(packet);
  ASSERT_EQ(h.out.packets.size(), 1u);
  const Packet& p = h.out.packets[0];
  EXPECT_EQ(p.ip_bytes, 48u);
  EXPECT_EQ(p.payload_bytes, 20u);
  EXPECT_EQ(p.payload_captured, 20u);
  EXPECT_EQ(p.marks, kMarkMalformed);
  EXPECT_EQ(h.Count(Anomaly::kIpLengthExceedsFrame), 1u);
}

TEST(Ip4Test, ZeroTotalLengthOfOffloadUsesTheFrame) {
  DecodeHarness h;
  Bytes packet = Ipv4(kA, kB, 6, Tcp(1, 2, kAck, Pattern(3000)));
  Set16(packet, 2, 0);
  FillIpv4Checksum(packet);
  h.DecodeIp(packet);
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].payload_bytes, 3000u);
  EXPECT_EQ(h.out.packets[0].ip_bytes, 3040u);
  EXPECT_EQ(h.out.packets[0].marks, 0);
  EXPECT_EQ(h.Count(Anomaly::kIpZeroLength), 1u);
}

TEST(Ip4Test, BadChecksumIsMarkedAndZeroIsOffload) {
  DecodeHarness h;
  Bytes packet = Syn4();
  packet[10] ^= 0x55;
  h.DecodeIp(packet);
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].marks, kMarkMalformed | kMarkBadHeader);
  EXPECT_EQ(h.Count(Anomaly::kIpBadChecksum), 1u);
  Set16(packet, 10, 0);
  h.DecodeIp(packet);
  EXPECT_EQ(h.out.packets[0].marks, 0);
  EXPECT_EQ(h.Count(Anomaly::kIpBadChecksum), 1u);
}

TEST(Ip4Test, SnapLengthKeepsTheWireCounts) {
  DecodeHarness h;
  const Bytes whole =
      Ethernet(0x0800, Ipv4(kA, kB, 6, Tcp(1024, 80, kAck, Pattern(1000))));
  h.Decode(whole);
  const Packet full = h.out.packets.at(0);
  for (size_t snap = 54; snap < whole.size(); snap += 17) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(snap));
    h.Decode(cut, 0, 1, static_cast<uint32_t>(whole.size()));
    ASSERT_EQ(h.out.packets.size(), 1u);
    const Packet& p = h.out.packets[0];
    EXPECT_EQ(p.marks, kMarkTruncated);
    EXPECT_EQ(p.frame_bytes, full.frame_bytes);
    EXPECT_EQ(p.ip_bytes, full.ip_bytes);
    EXPECT_EQ(p.payload_bytes, 1000u);
    EXPECT_EQ(p.payload_captured, snap - 54);
    EXPECT_EQ(p.flow_hash, full.flow_hash);
    EXPECT_EQ(p.tcp_flags, full.tcp_flags);
  }
  EXPECT_EQ(h.Anomalies(), 0u);
}

TEST(Ip6Test, HeaderGivesPacket) {
  DecodeHarness h;
  h.DecodeIp(Syn6());
  ASSERT_EQ(h.out.packets.size(), 1u);
  const Packet& p = h.out.packets[0];
  EXPECT_EQ(p.ip_version, 6);
  EXPECT_EQ(p.source, Ip(kA6));
  EXPECT_EQ(p.destination, Ip(kB6));
  EXPECT_EQ(p.ip_bytes, 60u);
  EXPECT_EQ(p.source_port, 1024);
  EXPECT_EQ(p.tcp_flags, kTcpSyn);
  EXPECT_EQ(p.marks, 0);
}

TEST(Ip6Test, ExtensionHeadersAreWalked) {
  DecodeHarness h;
  h.DecodeIp(WithExtensions(
      0, Join({Extension(60), Extension(43), Extension(60, 2), Extension(6)})));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].ip_protocol, 6);
  EXPECT_EQ(h.out.packets[0].destination_port, 80);
  EXPECT_EQ(h.out.packets[0].marks, 0);
  EXPECT_EQ(h.Anomalies(), 0u);
}

TEST(Ip6Test, EachOddChainIsNamedAndThePacketStays) {
  Bytes eleven;
  for (int i = 0; i < 10; ++i) Append(eleven, Extension(60));
  Append(eleven, Extension(6));
  Bytes hundred;
  for (int i = 0; i < 99; ++i) Append(hundred, Extension(60));
  Append(hundred, Extension(6));
  Bytes long_header = Extension(6);
  long_header[1] = 200;
  const struct {
    uint8_t first;
    Bytes extensions;
    Anomaly anomaly;
    bool transport;
  } kCases[] = {
      {60, eleven, Anomaly::kIp6ExtHeaderLimit, false},
      {60, hundred, Anomaly::kIp6ExtHeaderLimit, false},
      {60, long_header, Anomaly::kIp6ExtHeaderCut, false},
      {60, Join({Extension(0), Extension(6)}), Anomaly::kIp6HopByHopNotFirst,
       true},
      {43, Join({Extension(43), Extension(6)}), Anomaly::kIp6DuplicateHeader,
       true},
      {43, Extension(6, 0), Anomaly::kIp6RoutingType0, true},
      {60, Extension(59), Anomaly::kIp6NoNextHeaderData, false},
      {44, FragmentExtension(6, 0, false, 9), Anomaly::kIp6AtomicFragment,
       true},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(AnomalyName(c.anomaly));
    DecodeHarness h;
    h.DecodeIp(WithExtensions(c.first, c.extensions));
    ASSERT_EQ(h.out.packets.size(), 1u);
    EXPECT_EQ(h.Count(c.anomaly), 1u);
    EXPECT_EQ(h.Anomalies(), 1u);
    const Packet& p = h.out.packets[0];
    EXPECT_EQ(p.destination_port, c.transport ? 80 : 0);
    ASSERT_EQ(h.out.anomalies.size(), 1u);
    EXPECT_EQ(h.out.anomalies[0].packet, 0);
    // An atomic fragment is odd, not malformed.
    EXPECT_EQ((p.marks & kMarkMalformed) != 0,
              c.anomaly != Anomaly::kIp6AtomicFragment);
  }
}

TEST(Ip6Test, UnknownNextHeaderIsPortless) {
  DecodeHarness h;
  h.DecodeIp(WithExtensions(60, Extension(253), 253));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].ip_protocol, 253);
  EXPECT_EQ(h.out.packets[0].source_port, 0);
  EXPECT_EQ(h.out.packets[0].destination_port, 0);
}

TEST(Ip6Test, ZeroPayloadLengthUsesTheFrame) {
  DecodeHarness h;
  Bytes packet = Ipv6(kA6, kB6, 6, Tcp(1, 2, kAck, Pattern(3000)));
  Set16(packet, 4, 0);
  h.DecodeIp(packet);
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].payload_bytes, 3000u);
  EXPECT_EQ(h.Count(Anomaly::kIpZeroLength), 1u);
}

TEST(Ip6Test, MappedAddressOnTheWireIsNamed) {
  DecodeHarness h;
  h.DecodeIp(Ipv6("::ffff:192.0.2.1", kB6, 17, Udp(1, 2)));
  EXPECT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.Count(Anomaly::kIp6MappedAddress), 1u);
}

TEST(Ip6Test, PayloadLengthBeyondTheFrameUsesTheFrame) {
  DecodeHarness h;
  Bytes packet = Syn6();
  Set16(packet, 4, 5000);
  h.DecodeIp(packet);
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].ip_bytes, 60u);
  EXPECT_EQ(h.Count(Anomaly::kIpLengthExceedsFrame), 1u);
}

}  // namespace
}  // namespace tapline::testing
