// Link layers and what sits between them and IP (reliability.md E13, E32, E33,
// E37).

#include <gtest/gtest.h>

#include "tests/support/decode_harness.h"

namespace tapline::testing {
namespace {

const Bytes& Syn() {
  static const auto* packet = new Bytes(Ipv4(kA, kB, 6, Tcp(1024, 80, kSyn)));
  return *packet;
}

void ExpectSyn(const DecodeHarness& h) {
  ASSERT_EQ(h.out.packets.size(), 1u);
  const Packet& p = h.out.packets[0];
  EXPECT_EQ(p.source, Ip(kA));
  EXPECT_EQ(p.destination, Ip(kB));
  EXPECT_EQ(p.source_port, 1024);
  EXPECT_EQ(p.destination_port, 80);
  EXPECT_EQ(p.tcp_flags, kTcpSyn);
  EXPECT_EQ(p.ip_bytes, 40u);
  EXPECT_EQ(p.payload_bytes, 0u);
  EXPECT_EQ(p.marks, 0);
  EXPECT_EQ(h.Anomalies(), 0u);
}

TEST(LinkTest, EthernetFrameGivesPacketWithEveryField) {
  DecodeHarness h;
  TcpFields fields;
  fields.sequence = 0x01020304;
  fields.acknowledgment = 0x05060708;
  fields.window = 4321;
  const Bytes frame = Ethernet(
      0x0800,
      Ipv4(kA, kB, 6, Tcp(1024, 80, kPsh | kAck, Text("hello"), fields)));
  h.Decode(frame, 5 * kSecondNanos);
  ASSERT_EQ(h.out.packets.size(), 1u);
  const Packet& p = h.out.packets[0];
  EXPECT_EQ(p.ip_version, 4);
  EXPECT_EQ(p.ip_protocol, 6);
  EXPECT_EQ(p.ttl, 64);
  EXPECT_EQ(p.frame_bytes, frame.size());
  EXPECT_EQ(p.ip_bytes, 45u);
  EXPECT_EQ(p.payload_bytes, 5u);
  EXPECT_EQ(h.Payload(), "hello");
  EXPECT_EQ(p.tcp_sequence, 0x01020304u);
  EXPECT_EQ(p.tcp_acknowledgment, 0x05060708u);
  EXPECT_EQ(p.tcp_window, 4321);
  EXPECT_EQ(p.tcp_flags, kTcpPsh | kTcpAck);
  EXPECT_EQ(p.tcp_window_scale, 0xff);
  EXPECT_EQ(p.time, FrameList::kStart + 5 * kSecondNanos);
  EXPECT_EQ(p.clock, p.time);
  EXPECT_EQ(p.frames, 1);
  EXPECT_EQ(p.layer, 0);
  EXPECT_EQ(p.context, 0u);
  EXPECT_EQ(h.out.clock, p.clock);
}

TEST(LinkTest, PaddingAfterIpIsIgnored) {
  DecodeHarness h;
  Bytes frame = Ethernet(0x0800, Syn());
  frame.resize(64, 0xee);
  h.Decode(frame);
  ExpectSyn(h);
  EXPECT_EQ(h.out.packets[0].frame_bytes, 64u);
}

TEST(LinkTest, EverySupportedLinkTypeReachesIp) {
  Bytes cooked = {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0};
  Bytes cooked2 = {8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0};
  Put16(cooked, 0x0800);
  const struct {
    uint16_t type;
    Bytes header;
  } kCases[] = {
      {113, cooked},
      {276, cooked2},
      {101, {}},
      {12, {}},
      {14, {}},
      {228, {}},
      {0, {0, 0, 0, 2}},
      {0, {2, 0, 0, 0}},
      {108, {0, 0, 0, 2}},
      {108, {2, 0, 0, 0}},
      {9, {0, 0x21}},
      {9, {0xff, 3, 0, 0x21}},
      {9, {0x21}},
      {50, {0xff, 3, 0, 0x21}},
      {50, {0x0f, 0, 8, 0}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.type);
    DecodeHarness h;
    h.Decode(Join({c.header, Syn()}), 0, c.type);
    ExpectSyn(h);
  }
}

TEST(LinkTest, NullLinkKnowsEveryIpv6Family) {
  const Bytes packet = Ipv6(kA6, kB6, 17, Udp(1, 2));
  for (uint8_t family : {10, 24, 28, 30}) {
    for (const Bytes& header :
         {Bytes{0, 0, 0, family}, Bytes{family, 0, 0, 0}}) {
      DecodeHarness h;
      h.Decode(Join({header, packet}), 0, 0);
      ASSERT_EQ(h.out.packets.size(), 1u);
      EXPECT_EQ(h.out.packets[0].ip_version, 6);
    }
  }
}

TEST(LinkTest, UnsupportedLinkTypeIsDroppedAndCounted) {
  for (uint16_t type : {105, 127, 147}) {
    DecodeHarness h;
    h.Decode(Bytes(100), 0, type);
    EXPECT_TRUE(h.out.packets.empty());
    EXPECT_EQ(h.Dropped(Anomaly::kLinkUnsupported), 1u);
    ASSERT_EQ(h.out.anomalies.size(), 1u);
    EXPECT_STREQ(h.out.anomalies[0].name, "link.unsupported");
    EXPECT_EQ(h.out.anomalies[0].packet, -1);
  }
}

TEST(LinkTest, UpToFourVlanTagsMakeTheContext) {
  for (uint16_t outer : {0x8100, 0x88a8, 0x9100}) {
    DecodeHarness h;
    Bytes inner = Syn();
    uint16_t type = 0x0800;
    for (uint16_t id = 4; id >= 1; --id) {
      inner = Vlan(static_cast<uint16_t>(id * 100 | 0x6000), type, inner);
      type = id == 2 ? outer : 0x8100;
    }
    h.Decode(Ethernet(outer, inner));
    ASSERT_EQ(h.out.packets.size(), 1u);
    const Context& context = h.contexts.Get(h.out.packets[0].context);
    EXPECT_EQ(context.vlan_count, 4);
    EXPECT_EQ(context.vlans, (std::array<uint16_t, 4>{100, 200, 300, 400}));
    EXPECT_EQ(context.tunnel_count, 0);
  }
}

TEST(LinkTest, FifthVlanTagStopsTheFrame) {
  DecodeHarness h;
  Bytes inner = Vlan(5, 0x0800, Syn());
  for (int i = 0; i < 4; ++i) inner = Vlan(4, 0x8100, inner);
  h.Decode(Ethernet(0x8100, inner));
  EXPECT_TRUE(h.out.packets.empty());
  EXPECT_EQ(h.Dropped(Anomaly::kVlanTooMany), 1u);
}

TEST(LinkTest, PriorityTagIsNoVlan) {
  DecodeHarness h;
  h.Decode(Ethernet(0x8100, Vlan(0xe000, 0x0800, Syn())));
  ExpectSyn(h);
  EXPECT_EQ(h.out.packets[0].context, 0u);
}

TEST(LinkTest, SameTupleInAnotherVlanIsAnotherFlow) {
  DecodeHarness h;
  const auto hash = [&h](uint16_t vlan) {
    return h.Decode(Ethernet(0x8100, Vlan(vlan, 0x0800, Syn())))[0].flow_hash;
  };
  const uint64_t first = hash(1);
  EXPECT_NE(first, hash(2));
  EXPECT_EQ(first, hash(1));
}

TEST(LinkTest, MplsLabelsUpToEightReachIp) {
  DecodeHarness h;
  h.Decode(Ethernet(0x8847, Mpls({16, 17, 18, 19, 20, 21, 22, 23}, Syn())));
  ExpectSyn(h);
  h.Decode(Ethernet(0x8848, Mpls({1, 2, 3, 4, 5, 6, 7, 8, 9}, Syn())));
  EXPECT_TRUE(h.out.packets.empty());
  EXPECT_EQ(h.Dropped(Anomaly::kMplsTooMany), 1u);
}

TEST(LinkTest, MplsWithoutBottomIsDropped) {
  DecodeHarness h;
  h.Decode(Ethernet(0x8847, {0, 1, 0, 64, 0, 1, 0, 64}));
  EXPECT_EQ(h.Dropped(Anomaly::kMplsNoBottom), 1u);
}

TEST(LinkTest, MplsPseudowireWithAndWithoutControlWordIsRead) {
  const Bytes frame = Ethernet(0x0800, Syn());
  for (const Bytes& control : {Bytes{}, Bytes{0, 0, 0, 0}}) {
    DecodeHarness h;
    h.Decode(Ethernet(0x8847, Mpls({16}, Join({control, frame}))));
    ExpectSyn(h);
  }
}

TEST(LinkTest, PseudowireWhoseAddressLooksLikeIpIsToldByItsLengths) {
  DecodeHarness h;
  const Mac four = {0x45, 0, 0, 1, 2, 3};
  h.Decode(
      Ethernet(0x8847, Mpls({16}, Ethernet(0x0800, Syn(), TestMac(1), four))));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].source_port, 1024);
}

TEST(LinkTest, MplsPayloadThatIsNothingIsAmbiguous) {
  DecodeHarness h;
  h.Decode(Ethernet(0x8847, Mpls({16}, Bytes(40, 0xff))));
  EXPECT_EQ(h.Dropped(Anomaly::kMplsAmbiguous), 1u);
}

TEST(LinkTest, PppoeSessionReachesIp) {
  DecodeHarness h;
  h.Decode(Ethernet(0x8864, Pppoe(7, 0x0021, Syn())));
  ExpectSyn(h);
  h.Decode(Ethernet(0x8864, Pppoe(7, 0x0057, Ipv6(kA6, kB6, 17, Udp(1, 2)))));
  ASSERT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.out.packets[0].ip_version, 6);
}

TEST(LinkTest, PppoeLiesAreNamed) {
  DecodeHarness h;
  Bytes frame = Ethernet(0x8864, Pppoe(7, 0x0021, Syn()));
  Set16(frame, 18, 2000);
  h.Decode(frame);
  EXPECT_EQ(h.out.packets.size(), 1u);
  EXPECT_EQ(h.Count(Anomaly::kPppoeBadLength), 1u);
  frame[14] = 0x21;
  h.Decode(frame);
  EXPECT_EQ(h.Dropped(Anomaly::kPppoeBadHeader), 1u);
}

TEST(LinkTest, LlcAndSnapAreReadByLength) {
  DecodeHarness h;
  const Bytes snap = Join({{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, Syn()});
  Bytes frame = Ethernet(static_cast<uint16_t>(snap.size()), snap);
  frame.resize(80);  // padding
  h.Decode(frame);
  ExpectSyn(h);
  // Spanning tree.
  h.Decode(Ethernet(3, {0x42, 0x42, 3}));
  EXPECT_TRUE(h.out.packets.empty());
  EXPECT_EQ(h.Decoded(), 2u);
  h.Decode(Ethernet(3, {0x12, 0x34, 3}));
  EXPECT_EQ(h.Dropped(Anomaly::kLlcUnknown), 1u);
  h.Decode(Ethernet(1400, snap));
  EXPECT_EQ(h.Count(Anomaly::kLlcBadLength), 1u);
  EXPECT_EQ(h.out.packets.size(), 1u);
}

TEST(LinkTest, TypeBetweenLengthAndEtherTypeIsRefused) {
  for (uint16_t type : {1501, 1535, 0xdead}) {
    DecodeHarness h;
    h.Decode(Ethernet(type, Syn()));
    EXPECT_EQ(h.Dropped(Anomaly::kLinkUnknownType), 1u) << type;
  }
}

TEST(LinkTest, KnownLinkProtocolsWithoutFlowsCountAsDecoded) {
  for (uint16_t type : {0x88cc, 0x888e, 0x8863, 0x8809}) {
    DecodeHarness h;
    h.Decode(Ethernet(type, Bytes(46)));
    EXPECT_TRUE(h.out.packets.empty());
    EXPECT_EQ(h.Decoded(), 1u) << type;
    EXPECT_EQ(h.Anomalies(), 0u);
  }
}

TEST(LinkTest, ArpGivesItsMessage) {
  DecodeHarness h;
  h.Decode(Ethernet(0x0806, Arp(2, TestMac(7), kA, TestMac(8), kB)));
  ASSERT_EQ(h.out.packets.size(), 1u);
  const Packet& p = h.out.packets[0];
  EXPECT_EQ(p.marks, kMarkArp);
  EXPECT_EQ(p.ip_version, 0);
  EXPECT_EQ(p.ip_bytes, 0u);
  EXPECT_EQ(p.source, Ip(kA));
  ASSERT_EQ(h.out.arps.size(), 1u);
  const ArpMessage& m = h.out.arps[p.aux];
  EXPECT_EQ(m.operation, 2);
  EXPECT_EQ(m.sender_mac.ToString(), "02:00:00:00:00:07");
  EXPECT_EQ(m.target_mac.ToString(), "02:00:00:00:00:08");
  EXPECT_EQ(m.sender, Ip(kA));
  EXPECT_EQ(m.target, Ip(kB));
}

TEST(LinkTest, ForeignOrCutArpIsNamed) {
  DecodeHarness h;
  Bytes arp = Ethernet(0x0806, Arp(1, TestMac(7), kA, TestMac(8), kB));
  Bytes cut(arp.begin(), arp.begin() + 30);
  h.Decode(cut);
  EXPECT_EQ(h.Dropped(Anomaly::kArpTruncated), 1u);
  arp[14 + 4] = 8;
  h.Decode(arp);
  EXPECT_EQ(h.Dropped(Anomaly::kArpUnsupported), 1u);
}

}  // namespace
}  // namespace tapline::testing
