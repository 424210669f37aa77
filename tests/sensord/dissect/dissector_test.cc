#include "sensord/dissect/dissector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "dissect_harness.h"
#include "sensord/dissect/layer_writer.h"
#include "tests/golden/captures/decode_captures.h"
#include "tests/support/decode_harness.h"
#include "tests/support/frame_kinds.h"

namespace tapline::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(DissectorTest, ASynIsATreeOfNamesValuesAndPlaces) {
  TcpFields fields;
  fields.options = {2, 4, 5, 0xb4, 1, 3, 3, 7};
  const Bytes frame = Ethernet(
      0x8100,
      Vlan(5, 0x0800, Ipv4(kA, kB, 6, Tcp(1024, 80, kSyn, {}, fields))));
  EXPECT_EQ(TextOf(Dissect(frame)), R"(Frame (frame), bytes 0-65
  frame.number: 1
  frame.ordinal: 0
  frame.time: 2026-01-01T00:00:00Z
  frame.len: 66 bytes
  frame.cap_len: 66 bytes
  frame.encap_type: EN10MB
Ethernet II (eth), bytes 0-13
  eth.dst: 02:00:00:00:00:02                            [0-5]
  eth.src: 02:00:00:00:00:01                            [6-11]
  eth.type: 0x8100 (802.1Q)                             [12-13]
802.1Q Virtual LAN (vlan), bytes 14-17
  vlan.priority: 0                                      [14-15]
  vlan.dei: false                                       [14-15]
  vlan.id: 5                                            [14-15]
  vlan.etype: 0x0800 (IPv4)                             [16-17]
Internet Protocol Version 4 (ip), bytes 18-37
  ip.version: 4                                         [18]
  ip.hdr_len: 20 bytes                                  [18]
  ip.dsfield.dscp: 0                                    [19]
  ip.dsfield.ecn: 0                                     [19]
  ip.len: 48 bytes                                      [20-21]
  ip.id: 0x0001                                         [22-23]
  ip.flags.rb: false                                    [24-25]
  ip.flags.df: false                                    [24-25]
  ip.flags.mf: false                                    [24-25]
  ip.frag_offset: 0 bytes                               [24-25]
  ip.ttl: 64                                            [26]
  ip.proto: 6 (TCP)                                     [27]
  ip.checksum: 0x8e90                                   [28-29]
  ip.src: 192.0.2.1                                     [30-33]
  ip.dst: 198.51.100.2                                  [34-37]
Transmission Control Protocol (tcp), bytes 38-65
  tcp.srcport: 1024                                     [38-39]
  tcp.dstport: 80                                       [40-41]
  tcp.seq_raw: 1000                                     [42-45]
  tcp.ack_raw: 0                                        [46-49]
  tcp.hdr_len: 28 bytes                                 [50]
  tcp.flags: SYN                                        [50-51]
  tcp.flags.ae: false                                   [50-51]
  tcp.flags.cwr: false                                  [50-51]
  tcp.flags.ece: false                                  [50-51]
  tcp.flags.urg: false                                  [50-51]
  tcp.flags.ack: false                                  [50-51]
  tcp.flags.push: false                                 [50-51]
  tcp.flags.reset: false                                [50-51]
  tcp.flags.syn: true                                   [50-51]
  tcp.flags.fin: false                                  [50-51]
  tcp.window_size_value: 64240                          [52-53]
  tcp.checksum: 0x94b8                                  [54-55]
  tcp.urgent_pointer: 0                                 [56-57]
  tcp.options.mss_val: 1460 bytes                       [58-61]
  tcp.options.wscale.shift: 7                           [63-65]
  tcp.len: 0 bytes
)");
}

TEST(DissectorTest, EveryKindOfFrameShowsItsLayers) {
  std::vector<std::string> names;
  for (const Bytes& frame : FrameKinds()) {
    names.push_back(NamesOf(Dissect(frame)));
  }
  EXPECT_THAT(names, Contains("eth ip tcp data"));
  EXPECT_THAT(names, Contains("eth ipv6 udp data"));
  EXPECT_THAT(
      names,
      Contains("eth ipv6 ipv6.hopopts ipv6.routing ipv6.dstopts udp data"));
  // Then what the analyzer makes of the error.
  EXPECT_THAT(names, Contains(StartsWith("eth ip icmp ip tcp")));
  EXPECT_THAT(names, Contains(StartsWith("eth ipv6 icmpv6 ipv6 udp")));
  EXPECT_THAT(names, Contains("eth ip sctp"));
  EXPECT_THAT(names, Contains("eth arp"));
  EXPECT_THAT(names, Contains("eth vlan vlan ip tcp data"));
  EXPECT_THAT(names, Contains("eth mpls mpls ip tcp data"));
  EXPECT_THAT(names, Contains("eth mpls pwethcw eth ip tcp data"));
  EXPECT_THAT(names, Contains("eth pppoes ppp ip tcp data"));
  EXPECT_THAT(names, Contains("eth ip gre eth ip tcp data"));
  EXPECT_THAT(names, Contains("eth ip gre erspan eth ip tcp data"));
  EXPECT_THAT(names, Contains("eth ip gre ppp ip tcp data"));
  EXPECT_THAT(names, Contains("eth ip ip tcp data"));
  EXPECT_THAT(names, Contains("eth ip ipv6 udp data"));
  EXPECT_THAT(names, Contains("eth ip udp vxlan eth ip tcp data"));
  EXPECT_THAT(names, Contains("eth ip udp geneve eth ip tcp data"));
  EXPECT_THAT(names, Contains("eth ip udp gtp ip tcp data"));
  EXPECT_THAT(names, Contains("eth ip udp teredo ipv6 udp data"));
  EXPECT_THAT(names, Contains("eth ip udp tzsp eth ip tcp data"));
}

// Of the last layers that are not a quotation.
void ExpectSame(const v1::Dissection& tree, const Packet& packet) {
  std::string source, destination, source_port, destination_port;
  for (const v1::Layer& layer : tree.layers()) {
    for (const v1::LayerField& f : layer.fields()) {
      if (f.name() == "ip.src" || f.name() == "ipv6.src") source = f.value();
      if (f.name() == "ip.dst" || f.name() == "ipv6.dst") {
        destination = f.value();
      }
      if (absl::EndsWith(f.name(), ".srcport")) source_port = f.value();
      if (absl::EndsWith(f.name(), ".dstport")) destination_port = f.value();
    }
    if (layer.name() == "icmp" || layer.name() == "icmpv6") break;
  }
  EXPECT_EQ(source, packet.source.ToString());
  EXPECT_EQ(destination, packet.destination.ToString());
  if (packet.source_port == 0) return;
  EXPECT_EQ(source_port, std::to_string(packet.source_port));
  EXPECT_EQ(destination_port, std::to_string(packet.destination_port));
}

TEST(DissectorTest, TheTreeAgreesWithTheDecoder) {
  size_t compared = 0;
  for (const Bytes& frame : FrameKinds()) {
    DecodeHarness h;
    const std::vector<Packet>& packets = h.Decode(frame);
    if (packets.empty() || packets.back().ip_version == 0) continue;
    const v1::Dissection tree = Dissect(frame);
    SCOPED_TRACE(NamesOf(tree));
    ExpectSame(tree, packets.back());
    ++compared;
  }
  EXPECT_GT(compared, 15u);
}

TEST(DissectorTest, WhatTheDecoderFindsBrokenIsRemarkedOnItsLayer) {
  Bytes frame = Ethernet(0x0800, Ipv4(kA, kB, 6, Tcp(1, 2, kSyn)));
  frame[14 + 10] ^= 1;
  const v1::Dissection tree = Dissect(frame);
  ASSERT_EQ(NamesOf(tree), "eth ip tcp");
  const v1::Layer& ip = tree.layers(2);
  EXPECT_THAT(ip.remarks(), ::testing::ElementsAre("ip.bad_checksum"));
  EXPECT_EQ(ip.severity(), v1::FINDING_SEVERITY_WARN);
  EXPECT_EQ(tree.layers(1).severity(), v1::FINDING_SEVERITY_UNSPECIFIED);
}

TEST(DissectorTest, EveryAnomalyOfOneFrameIsRemarked) {
  for (const GoldenCapture& capture : DecodeCaptures()) {
    if (capture.frames.size() != 1) continue;
    SCOPED_TRACE(capture.name);
    const v1::Dissection tree =
        Dissect(capture.frames[0], static_cast<uint16_t>(capture.link_type));
    std::vector<std::string> remarks;
    for (const v1::Layer& layer : tree.layers()) {
      for (const std::string& remark : layer.remarks()) {
        remarks.push_back(remark);
      }
    }
    for (const std::string& anomaly : capture.anomalies) {
      // Fragments wait for their datagram; what then happens is no fact of
      // the frame.
      if (anomaly == "ip.fragment_incomplete") continue;
      EXPECT_THAT(remarks, Contains(anomaly));
    }
  }
}

TEST(DissectorTest, FlagsAndWindowsThatMeanTroubleAreRemarked) {
  const auto text = [](uint8_t flags, uint16_t window) {
    TcpFields fields;
    fields.window = window;
    return TextOf(Dissect(
        Ethernet(0x0800, Ipv4(kA, kB, 6, Tcp(1, 2, flags, {}, fields)))));
  };
  EXPECT_THAT(text(kRst | kAck, 0), AllOf(HasSubstr("note: connection reset"),
                                          Not(HasSubstr("zero window"))));
  EXPECT_THAT(text(kSyn | kFin, 100), HasSubstr("warn: SYN and FIN together"));
  EXPECT_THAT(text(0, 100), HasSubstr("warn: neither SYN, ACK, RST nor FIN"));
  EXPECT_THAT(text(kAck, 0), HasSubstr("warn: zero window"));
  EXPECT_THAT(text(kAck, 1),
              AllOf(Not(HasSubstr("warn")), Not(HasSubstr("note"))));
}

TEST(DissectorTest, AFragmentIsNotTakenForAMessage) {
  const Bytes whole = Ipv4(kA, kB, 17, Udp(1, 2, Pattern(64)));
  const std::vector<Bytes> pieces = FragmentIpv4(whole, 24);
  EXPECT_EQ(NamesOf(Dissect(Ethernet(0x0800, pieces[0]))), "eth ip udp data");
  const v1::Dissection second = Dissect(Ethernet(0x0800, pieces[1]));
  EXPECT_EQ(NamesOf(second), "eth ip data");
  EXPECT_EQ(second.layers(3).title(), "Fragment");
  EXPECT_EQ(ValueOf(second, "data.len"), "24");
}

TEST(DissectorTest, AnErrorIsShownOnceWithWhatItQuotes) {
  const Bytes quoted = Ipv4(kB, kA, 17, Udp(5000, 53, Pattern(8)));
  const Bytes four = Ethernet(0x0800, Ipv4(kA, kB, 1, Icmp(3, 3, 0, quoted)));
  EXPECT_EQ(NamesOf(Dissect(four)), "eth ip icmp ip udp");
  const Bytes six = Ipv6("2001:db8::2", "2001:db8::1", 17, Udp(5000, 53, {}));
  EXPECT_EQ(NamesOf(Dissect(Ethernet(0x86dd, Ipv6("2001:db8::1", "2001:db8::2",
                                                  58, Icmp(1, 4, 0, six))))),
            "eth ipv6 icmpv6 ipv6 udp");
  // An echo's data is data.
  const v1::Dissection echo =
      Dissect(Ethernet(0x0800, Ipv4(kA, kB, 1, Icmp(8, 0, 7, Pattern(8)))));
  EXPECT_EQ(NamesOf(echo), "eth ip icmp data");
  EXPECT_EQ(ValueOf(echo, "icmp.type"), "8 (echo request)");
}

TEST(DissectorTest, OptionsOfNeighbourDiscoveryAreFields) {
  const Bytes option = {1, 1, 2, 0, 0, 0, 0, 9};
  const Bytes prefix =
      Join({{3, 4, 64, 0xc0, 0, 0, 0x0e, 0x10, 0, 0, 7, 8, 0, 0, 0, 0},
            Address("2001:db8:1::")});
  const v1::Dissection router = Dissect(Ethernet(
      0x86dd,
      Ipv6("fe80::1", "ff02::1", 58,
           Icmp(134, 0, 0x40800708, Join({Bytes(8, 0), option, prefix})))));
  EXPECT_EQ(NamesOf(router), "eth ipv6 icmpv6");
  EXPECT_EQ(ValueOf(router, "icmpv6.opt.linkaddr"), "02:00:00:00:00:09");
  EXPECT_EQ(ValueOf(router, "icmpv6.opt.prefix"), "2001:db8:1::");
  EXPECT_EQ(ValueOf(router, "icmpv6.opt.prefix.length"), "64");
  EXPECT_EQ(ValueOf(router, "icmpv6.nd.ra.router_lifetime"), "1800");
  const v1::LayerField* field = FieldOf(router, "icmpv6.opt.linkaddr");
  ASSERT_NE(field, nullptr);
  EXPECT_EQ(field->offset(), 14u + 40 + 16 + 2);
  const v1::Dissection cut =
      Dissect(Ethernet(0x86dd, Ipv6("fe80::1", "ff02::1", 58,
                                    Icmp(133, 0, 0, Bytes{1, 9, 2, 0}))));
  EXPECT_THAT(TextOf(cut), HasSubstr("an option without its end"));
}

TEST(DissectorTest, PiecesOfADatagramDoNotMeetInLaterCalls) {
  const Bytes whole = Ipv4(kA, kB, 17, Udp(1, 2, Pattern(64)));
  Dissector dissector;
  std::vector<std::string> names;
  for (const Bytes& piece : FragmentIpv4(whole, 40)) {
    const OwnFrame own(Ethernet(0x0800, piece));
    names.push_back(NamesOf(dissector.Dissect(own.frame)));
  }
  EXPECT_THAT(names, ::testing::ElementsAre("eth ip udp data", "eth ip data"));
}

TEST(DissectorTest, APayloadThatIsNotThereIsSaidSo) {
  Bytes frame =
      Ethernet(0x0800, Ipv4(kA, kB, 6, Tcp(1, 2, kAck, Pattern(100))));
  const uint32_t wire = static_cast<uint32_t>(frame.size());
  frame.resize(wire - 100);
  EXPECT_THAT(TextOf(Dissect(frame, 1, wire, true)),
              HasSubstr("data.len: 100 bytes"));
  EXPECT_THAT(TextOf(Dissect(frame, 1, wire, true)),
              EndsWith("note: not kept in metadata mode\n"));
  EXPECT_THAT(TextOf(Dissect(frame, 1, wire, false)),
              EndsWith("note: not captured completely\n"));
}

void ExpectPlacesWithin(const v1::Dissection& tree, size_t size) {
  for (const v1::Layer& layer : tree.layers()) {
    ASSERT_LE(layer.offset() + layer.size(), size) << layer.name();
    for (const v1::LayerField& f : layer.fields()) {
      ASSERT_LE(f.offset() + f.size(), size) << f.name();
    }
  }
}

TEST(DissectorTest, AnyTruncationIsATreeWithinTheFrame) {
  for (const Bytes& frame : FrameKinds()) {
    for (size_t size = 0; size <= frame.size(); ++size) {
      const Bytes cut(frame.begin(),
                      frame.begin() + static_cast<ptrdiff_t>(size));
      for (const uint32_t wire : {0u, static_cast<uint32_t>(frame.size())}) {
        const v1::Dissection tree = Dissect(cut, 1, wire);
        ASSERT_GE(tree.layers_size(), 1);
        ExpectPlacesWithin(tree, size);
      }
    }
  }
}

TEST(DissectorTest, HeadersWithoutEndAreCutOff) {
  Bytes labels;
  for (int i = 0; i < 1000; ++i) Append(labels, Bytes{0, 1, 0, 64});
  const v1::Dissection tree = Dissect(Ethernet(0x8847, labels));
  EXPECT_LE(tree.layers_size(), LayerWriter::kMaxLayers);
  EXPECT_THAT(TextOf(tree), HasSubstr("mpls.too_many_labels"));
  EXPECT_TRUE(tree.truncated());
  labels.resize(4 * 10);
  EXPECT_FALSE(Dissect(Ethernet(0x8847, labels)).truncated());
}

TEST(DissectorTest, ALinkTypeNobodyKnowsIsData) {
  const v1::Dissection tree = Dissect(Pattern(40), 147);
  EXPECT_EQ(NamesOf(tree), "data");
  EXPECT_THAT(tree.layers(0).remarks(), Contains("link.unsupported"));
}

}  // namespace
}  // namespace tapline::testing
