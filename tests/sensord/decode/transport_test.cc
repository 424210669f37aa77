// Transports: TCP, UDP, ICMP, SCTP and portless protocols (reliability.md E10-
// E12).

#include <gtest/gtest.h>

#include "sensord/decode/flow_key.h"
#include "tests/support/decode_harness.h"

namespace tapline::testing {
namespace {

TEST(TcpTest, OptionsOfSynAreRead) {
  DecodeHarness h;
  TcpFields fields;
  fields.options = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0,
                    0, 1, 0, 0,    0, 0, 1, 3,  3, 7};
  h.DecodeIp(Ipv4(kA, kB, 6, Tcp(1, 2, kSyn, {}, fields)));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].tcp_window_scale, 7);
  EXPECT_EQ(h.out.packets[0].marks, kMarkTimestamps);
}

TEST(TcpTest, WindowScaleCountsOnSynOnlyAndIsAtMost14) {
  DecodeHarness h;
  TcpFields fields;
  fields.options = {3, 3, 200};
  h.DecodeIp(Ipv4(kA, kB, 6, Tcp(1, 2, kSyn, {}, fields)));
  EXPECT_EQ(h.out.packets.at(0).tcp_window_scale, 14);
  h.DecodeIp(Ipv4(kA, kB, 6, Tcp(1, 2, kAck, {}, fields)));
  EXPECT_EQ(h.out.packets.at(0).tcp_window_scale, 0xff);
}

TEST(TcpTest, PaddedTimestampsAreSeen) {
  DecodeHarness h;
  TcpFields fields;
  fields.options = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
  h.DecodeIp(Ipv4(kA, kB, 6, Tcp(1, 2, kAck, Text("x"), fields)));
  EXPECT_EQ(h.out.packets.at(0).marks, kMarkTimestamps);
  EXPECT_EQ(h.Payload(), "x");
}

TEST(TcpTest, BadOptionIsNamedAndThePacketStays) {
  for (const Bytes& options :
       {Bytes{3, 0, 0, 0}, Bytes{3, 9, 0, 0}, Bytes{1, 1, 1, 3}}) {
    DecodeHarness h;
    TcpFields fields;
    fields.options = options;
    h.DecodeIp(Ipv4(kA, kB, 6, Tcp(1, 2, kSyn, Text("xy"), fields)));
    EXPECT_EQ(h.Count(Anomaly::kTcpBadOption), 1u);
    EXPECT_EQ(h.Payload(), "xy");
    EXPECT_EQ(h.out.packets.at(0).marks, kMarkMalformed);
  }
}

TEST(TcpTest, DataOffsetLiesAreNamedAndGiveNoPayload) {
  for (uint8_t offset : {0x00, 0x40, 0xf0}) {
    DecodeHarness h;
    Bytes segment = Tcp(1024, 80, kAck, Text("12345678"));
    segment[12] = offset;
    h.DecodeIp(Ipv4(kA, kB, 6, segment));
    ASSERT_EQ(h.out.packets.size(), 1u);
    const Packet& p = h.out.packets[0];
    EXPECT_EQ(p.destination_port, 80);
    EXPECT_EQ(p.payload_bytes, 0u);
    EXPECT_EQ(p.payload_captured, 0u);
    EXPECT_EQ(p.marks, kMarkMalformed);
    EXPECT_EQ(h.Count(Anomaly::kTcpBadDataOffset), 1u);
  }
}

TEST(TcpTest, HeaderCutOnTheWireIsNamed) {
  for (size_t size = 0; size < 20; ++size) {
    DecodeHarness h;
    Bytes segment = Tcp(1024, 80, kSyn);
    segment.resize(size);
    h.DecodeIp(Ipv4(kA, kB, 6, segment));
    ASSERT_EQ(h.out.packets.size(), 1u) << size;
    EXPECT_EQ(h.Count(Anomaly::kTcpTruncated), 1u) << size;
    // Flags that were not seen are not a NULL scan.
    EXPECT_EQ((h.out.packets[0].marks & kMarkNoTransport) != 0, size < 14);
  }
}

TEST(TcpTest, HeaderCutBySnapLengthIsNotMalformed) {
  const Bytes packet = Ipv4(kA, kB, 6, Tcp(1024, 80, kSyn));
  for (long size = 20; size < 40; ++size) {
    DecodeHarness h;
    h.Decode(Bytes(packet.begin(), packet.begin() + size), 0, 101, 40);
    ASSERT_EQ(h.out.packets.size(), 1u);
    const uint16_t marks = h.out.packets[0].marks;
    EXPECT_NE(marks & kMarkTruncated, 0);
    EXPECT_EQ(marks & kMarkMalformed, 0);
    EXPECT_EQ((marks & kMarkNoTransport) != 0, size < 34) << size;
    EXPECT_EQ(h.out.packets[0].payload_captured, size < 34 ? size - 20 : 0);
  }
}

TEST(UdpTest, LengthLiesUseTheSmaller) {
  const struct {
    uint16_t length;
    uint32_t payload;
    Anomaly anomaly;
  } kCases[] = {
      {7, 10, Anomaly::kUdpBadLength},   {0, 10, Anomaly::kUdpBadLength},
      {19, 10, Anomaly::kUdpBadLength},  {65535, 10, Anomaly::kUdpBadLength},
      {12, 4, Anomaly::kUdpLengthShort}, {8, 0, Anomaly::kUdpLengthShort},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.length);
    DecodeHarness h;
    Bytes datagram = Udp(1, 2, Pattern(10));
    Set16(datagram, 4, c.length);
    h.DecodeIp(Ipv4(kA, kB, 17, datagram));
    ASSERT_EQ(h.out.packets.size(), 1u);
    EXPECT_EQ(h.out.packets[0].payload_bytes, c.payload);
    EXPECT_EQ(h.out.packets[0].payload_captured, c.payload);
    EXPECT_EQ(h.Count(c.anomaly), 1u);
    EXPECT_EQ(h.out.packets[0].destination_port, 2);
  }
}

TEST(UdpTest, CutHeaderHasNoTransport) {
  for (size_t size = 0; size < 8; ++size) {
    DecodeHarness h;
    Bytes datagram = Udp(1, 2);
    datagram.resize(size);
    h.DecodeIp(Ipv4(kA, kB, 17, datagram));
    ASSERT_EQ(h.out.packets.size(), 1u);
    EXPECT_NE(h.out.packets[0].marks & kMarkNoTransport, 0);
    EXPECT_EQ(h.Count(Anomaly::kUdpTruncated), 1u);
  }
}

TEST(UdpTest, ZeroChecksumIsOddOnIpv6Only) {
  DecodeHarness h;
  Bytes packet = Ipv6(kA6, kB6, 17, Udp(1, 2));
  Set16(packet, 46, 0);
  h.DecodeIp(packet);
  EXPECT_EQ(h.Count(Anomaly::kUdpZeroChecksum6), 1u);
  EXPECT_EQ(h.out.packets.at(0).marks, 0);
  packet = Ipv4(kA, kB, 17, Udp(1, 2));
  Set16(packet, 26, 0);
  h.DecodeIp(packet);
  EXPECT_EQ(h.Anomalies(), 1u);
}

TEST(TcpTest, ReservedBitsAreToldButNotThoseOfAccurateEcn) {
  for (const uint8_t bits : {0x02, 0x08, 0x01}) {
    DecodeHarness h;
    Bytes segment = Tcp(1, 2, kAck);
    segment[12] = static_cast<uint8_t>(segment[12] | bits);
    h.Decode(Ethernet(0x0800, Ipv4(kA, kB, 6, segment)));
    ASSERT_EQ(h.out.packets.size(), 1u);
    EXPECT_EQ(h.out.packets[0].tcp_flags, kAck);
    EXPECT_EQ(h.Count(Anomaly::kTcpReservedBits), bits == 0x01 ? 0u : 1u);
  }
}

TEST(ChecksumTest, BadTransportChecksumIsMarkedWhenVerified) {
  DecoderOptions options;
  options.verify_checksums = true;
  const struct {
    Bytes packet;
    size_t at;
    Anomaly anomaly;
  } kCases[] = {
      {Ipv4(kA, kB, 6, Tcp(1, 2, kAck, Text("odd"))), 36,
       Anomaly::kTcpBadChecksum},
      {Ipv6(kA6, kB6, 6, Tcp(1, 2, kAck, Text("even"))), 56,
       Anomaly::kTcpBadChecksum},
      {Ipv4(kA, kB, 17, Udp(1, 2, Text("odd"))), 26, Anomaly::kUdpBadChecksum},
      {Ipv6(kA6, kB6, 17, Udp(1, 2, Text("even"))), 46,
       Anomaly::kUdpBadChecksum},
  };
  for (const auto& c : kCases) {
    DecodeHarness h(options);
    h.DecodeIp(c.packet);
    EXPECT_EQ(h.out.packets.at(0).marks, 0);
    EXPECT_EQ(h.Anomalies(), 0u);
    Bytes broken = c.packet;
    broken[c.at] ^= 0x10;
    h.DecodeIp(broken);
    EXPECT_EQ(h.out.packets.at(0).marks, kMarkBadChecksum);
    EXPECT_EQ(h.Count(c.anomaly), 1u);
    DecodeHarness off;
    off.DecodeIp(broken);
    EXPECT_EQ(off.out.packets.at(0).marks, 0);
  }
}

TEST(IcmpTest, EchoGivesTypeAndCodeWithoutPorts) {
  DecodeHarness h;
  h.DecodeIp(Ipv4(kA, kB, 1, Icmp(8, 0, 0x12340001, Text("ping"))));
  ASSERT_EQ(h.out.packets.size(), 1u);
  const Packet& p = h.out.packets[0];
  EXPECT_EQ(p.icmp_type, 8);
  EXPECT_EQ(p.icmp_code, 0);
  EXPECT_EQ(p.source_port, 0);
  EXPECT_EQ(h.Payload(), "ping");
  EXPECT_EQ(p.marks, 0);
  const uint64_t request = p.flow_hash;
  h.DecodeIp(Ipv4(kB, kA, 1, Icmp(0, 0, 0x12340001, Text("ping"))));
  EXPECT_EQ(h.out.packets.at(0).flow_hash, request);
}

TEST(IcmpTest, ErrorsQuoteTheFlowTheyAreAbout) {
  const Bytes tcp4 = Ipv4(kA, kB, 6, Tcp(1024, 80, kSyn));
  const Bytes tcp6 = Ipv6(kA6, kB6, 6, Tcp(1024, 80, kSyn));
  for (uint8_t type : {3, 4, 5, 11, 12, 101, 102, 103, 104}) {
    SCOPED_TRACE(static_cast<int>(type));
    const bool six = type > 100;
    const Bytes& cause = six ? tcp6 : tcp4;
    DecodeHarness h;
    const Packet flow = h.DecodeIp(cause).at(0);
    h.DecodeIp(six ? Ipv6("2001:db8:9::9", kA6, 58,
                          Icmp(static_cast<uint8_t>(type - 100), 4, 0, cause))
                   : Ipv4("203.0.113.9", kA, 1, Icmp(type, 1, 0, cause)));
    ASSERT_EQ(h.out.packets.size(), 1u);
    const Packet& p = h.out.packets[0];
    ASSERT_EQ(p.marks, kMarkQuote);
    const QuotedPacket& q = h.out.quotes.at(p.aux);
    EXPECT_EQ(q.source, flow.source);
    EXPECT_EQ(q.destination, flow.destination);
    EXPECT_EQ(q.source_port, 1024);
    EXPECT_EQ(q.destination_port, 80);
    EXPECT_EQ(q.ip_protocol, 6);
    EXPECT_EQ(q.flow_hash, flow.flow_hash);
    EXPECT_EQ(p.shard, flow.shard);
  }
}

TEST(IcmpTest, QuoteOfEightBytesIsEnoughForPorts) {
  DecodeHarness h;
  Bytes cause = Ipv4(kA, kB, 17, Udp(5000, 53, Pattern(30)));
  cause.resize(28);
  h.DecodeIp(Ipv4(kB, kA, 1, Icmp(3, 3, 0, cause)));
  ASSERT_EQ(h.out.quotes.size(), 1u);
  EXPECT_EQ(h.out.quotes[0].destination_port, 53);
  EXPECT_EQ(h.Anomalies(), 0u);
}

TEST(IcmpTest, QuoteOfLaterFragmentHasNoPorts) {
  DecodeHarness h;
  Ipv4Fields fields;
  fields.offset = 1480;
  const Bytes cause = Ipv4(kA, kB, 17, Pattern(8), fields);
  h.DecodeIp(Ipv4(kB, kA, 1, Icmp(3, 1, 0, cause)));
  ASSERT_EQ(h.out.quotes.size(), 1u);
  EXPECT_EQ(h.out.quotes[0].source_port, 0);
  EXPECT_EQ(h.out.quotes[0].destination_port, 0);
}

TEST(IcmpTest, GarbageQuoteIsNamed) {
  DecodeHarness h;
  h.DecodeIp(Ipv4(kB, kA, 1, Icmp(3, 1, 0, Bytes(28, 0xff))));
  EXPECT_TRUE(h.out.quotes.empty());
  EXPECT_EQ(h.Count(Anomaly::kIcmpBadQuote), 1u);
  EXPECT_EQ(h.out.packets.at(0).icmp_type, 3);
}

TEST(IcmpTest, ExtensionHeadersOfTheQuoteAreWalked) {
  DecodeHarness h;
  Ipv6Fields fields;
  fields.first_extension = 60;
  fields.extensions = Join({Extension(43), Extension(17)});
  const Bytes cause = Ipv6(kA6, kB6, 17, Udp(5000, 53), fields);
  h.DecodeIp(Ipv6(kB6, kA6, 58, Icmp(1, 4, 0, cause)));
  ASSERT_EQ(h.out.quotes.size(), 1u);
  EXPECT_EQ(h.out.quotes[0].ip_protocol, 17);
  EXPECT_EQ(h.out.quotes[0].destination_port, 53);
}

TEST(TransportTest, SctpHasPortsAndOthersNone) {
  DecodeHarness h;
  h.DecodeIp(Ipv4(kA, kB, 132, Sctp(5000, 5060, Text("chunk"))));
  EXPECT_EQ(h.out.packets.at(0).source_port, 5000);
  EXPECT_EQ(h.out.packets.at(0).destination_port, 5060);
  EXPECT_EQ(h.Payload(), "chunk");
  for (uint8_t protocol : {2, 50, 51, 88, 89, 112}) {
    h.DecodeIp(Ipv4(kA, kB, protocol, Pattern(40)));
    ASSERT_EQ(h.out.packets.size(), 1u);
    const Packet& p = h.out.packets[0];
    EXPECT_EQ(p.ip_protocol, protocol);
    EXPECT_EQ(p.source_port, 0);
    EXPECT_EQ(p.destination_port, 0);
    EXPECT_EQ(p.payload_bytes, 40u);
  }
  EXPECT_EQ(h.Anomalies(), 0u);
}

TEST(FlowKeyTest, BothDirectionsAreOneKeyAndOthersAreNot) {
  DecodeHarness h;
  const auto decode = [&h](const char* source, const char* destination,
                           uint16_t from, uint16_t to, uint8_t protocol) {
    const Bytes segment = protocol == 6 ? Tcp(from, to, kAck) : Udp(from, to);
    return h.DecodeIp(Ipv4(source, destination, protocol, segment)).at(0);
  };
  const Packet one = decode(kA, kB, 1024, 80, 6);
  const Packet back = decode(kB, kA, 80, 1024, 6);
  EXPECT_TRUE(FlowKeyOf(one) == FlowKeyOf(back));
  EXPECT_EQ(one.flow_hash, back.flow_hash);
  EXPECT_EQ(one.shard, back.shard);
  EXPECT_LT(one.shard, 16);
  for (const Packet& other :
       {decode(kA, kB, 1025, 80, 6), decode(kA, kB, 80, 1024, 6),
        decode(kA, kB, 1024, 80, 17),
        decode(kA, "198.51.100.3", 1024, 80, 6)}) {
    EXPECT_FALSE(FlowKeyOf(one) == FlowKeyOf(other));
    EXPECT_NE(one.flow_hash, other.flow_hash);
  }
  // Ports do not choose the shard.
  EXPECT_EQ(decode(kA, kB, 7, 9, 17).shard, one.shard);
}

TEST(FlowKeyTest, NeighbouringPairsSpreadOverAllShards) {
  for (const SipKey& secret : {SipKey{0, 0}, SipKey{0x1234, 0xabcdef}}) {
    for (bool six : {false, true}) {
      int count[16] = {};
      for (uint32_t i = 0; i < 4096; ++i) {
        uint8_t bytes[16] = {0x20, 0x01};
        bytes[6] = static_cast<uint8_t>(i >> 6 & 3);
        bytes[15] = static_cast<uint8_t>(i);
        const IpAddress server = Ip(six ? kB6 : kB);
        const IpAddress client =
            six ? IpAddress::FromV6(bytes) : IpAddress::FromV4(0x0a000000 + i);
        const FlowKey key = MakeFlowKey(client, server, 1, 2, 6, 0);
        const uint8_t shard = HashFlowKey(secret, key).shard;
        ASSERT_LT(shard, 16);
        ++count[shard];
      }
      for (int n : count) {
        EXPECT_GT(n, 128);
        EXPECT_LT(n, 512);
      }
    }
  }
}

TEST(FlowKeyTest, SameAddressOnBothSidesIsOrderedByPort) {
  DecodeHarness h;
  const Packet one = h.DecodeIp(Ipv4(kA, kA, 17, Udp(9, 5))).at(0);
  const Packet back = h.DecodeIp(Ipv4(kA, kA, 17, Udp(5, 9))).at(0);
  EXPECT_EQ(one.flow_hash, back.flow_hash);
  EXPECT_EQ(FlowKeyOf(one).low_port, 5);
}

}  // namespace
}  // namespace tapline::testing
