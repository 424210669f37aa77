#include "sensord/inspect/packet_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sensord/inspect/packet_hex.h"
#include "sensord/inspect/stream_follow.h"
#include "tests/support/frame_list.h"
#include "tests/support/packet_builder.h"
#include "tests/support/tunnel_builder.h"

namespace tapline::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kClient = "192.0.2.1";
constexpr const char* kServer = "198.51.100.2";

Bytes Segment(bool up, uint32_t sequence, const std::string& text) {
  TcpFields fields;
  fields.sequence = sequence;
  return Ethernet(
      0x0800,
      Ipv4(up ? kClient : kServer, up ? kServer : kClient, 6,
           Tcp(up ? 40000 : 80, up ? 80 : 40000, kAck, Text(text), fields)));
}

// Frames, one a second, that went through decoder and ring.
class RingTest : public ::testing::Test {
 protected:
  void Add(const Bytes& frame) {
    frames_.Add(frame, ++seconds_ * kSecondNanos);
  }
  std::unique_ptr<PacketRing> Ring(bool payload) {
    PacketRingOptions options;
    options.payload = payload;
    auto ring = std::make_unique<PacketRing>(options);
    ContextTable contexts;
    Decoder decoder(DecoderOptions(), contexts);
    DecodedBatch decoded;
    decoder.Decode(frames_.batch(), decoded);
    ring->Add(frames_.batch(), decoded);
    return ring;
  }
  // From the first to the third second.
  v1::Flow Flow() const {
    v1::Flow flow;
    flow.set_ip_protocol(6);
    flow.mutable_originator()->set_address(kClient);
    flow.mutable_originator()->set_port(40000);
    flow.mutable_responder()->set_address(kServer);
    flow.mutable_responder()->set_port(80);
    flow.mutable_start()->set_seconds(FrameList::kStart / kSecondNanos + 1);
    flow.mutable_end()->set_seconds(FrameList::kStart / kSecondNanos + 3);
    return flow;
  }

  FrameList frames_;
  UnixNanos seconds_ = 0;
};

TEST_F(RingTest, ARecordOfHeadersIsTheRecordOfTheFrame) {
  Add(Segment(true, 1, "GET / HTTP/1.1"));
  PacketView view((Origin()));
  const v1::Record headers = view.RecordOf(*Ring(false)->Get(0));
  const v1::Record whole = view.RecordOf(*Ring(true)->Get(0));
  EXPECT_EQ(headers.SerializeAsString(), whole.SerializeAsString());
  EXPECT_EQ(headers.packet().source().address(), kClient);
  EXPECT_EQ(headers.packet().payload_bytes(), 14u);
}

TEST_F(RingTest, AFrameWithoutAPacketHasItsTimeAndSize) {
  Add(Ethernet(0x88cc, Pattern(40)));
  PacketView view((Origin()));
  const v1::Packet packet = view.RecordOf(*Ring(false)->Get(0)).packet();
  EXPECT_EQ(packet.frame_bytes(), 54u);
  EXPECT_FALSE(packet.has_source());
  EXPECT_TRUE(packet.has_time());
}

// The same addresses and ports of two customers.
TEST_F(RingTest, TurnsAreOfOneVlanOnly) {
  for (const uint16_t vlan : {101, 102}) {
    const std::string text = vlan == 101 ? "GET /1" : "GET /2";
    Bytes ip = Segment(true, 1, text);
    ip.erase(ip.begin(), ip.begin() + 14);
    Add(Ethernet(0x8100, Vlan(vlan, 0x0800, ip)));
  }
  const auto ring = Ring(true);
  v1::Flow flow = Flow();
  EXPECT_THAT(TurnsOf(flow, *ring, true).turns, IsEmpty());
  flow.mutable_encapsulation()->add_vlan_ids(102);
  const StreamTurns second = TurnsOf(flow, *ring, true);
  ASSERT_THAT(second.turns, SizeIs(1));
  EXPECT_EQ(second.turns[0].preview(), "GET /2");
  EXPECT_EQ(second.packets, 1u);
}

TEST_F(RingTest, TurnsAreOfOneTunnelOnly) {
  const auto tunnelled = [&](uint32_t vni, const char* from,
                             const std::string& text) {
    return Ethernet(0x0800,
                    Ipv4(from, "203.0.113.9", 17,
                         Udp(50000, 4789, Vxlan(vni, Segment(true, 1, text)))));
  };
  Add(tunnelled(7, "203.0.113.1", "GET /7"));
  Add(tunnelled(8, "203.0.113.1", "GET /8"));
  // A flow record does not tell the ends of tunnels.
  Add(tunnelled(7, "203.0.113.2", "other"));
  const auto ring = Ring(true);
  v1::Flow flow = Flow();
  flow.mutable_encapsulation()->add_tunnels("vxlan");
  flow.mutable_encapsulation()->set_vni(7);
  const StreamTurns seven = TurnsOf(flow, *ring, true);
  ASSERT_THAT(seven.turns, SizeIs(1));
  EXPECT_EQ(seven.turns[0].preview(), "GET /7");
  flow.mutable_encapsulation()->set_vni(8);
  EXPECT_EQ(TurnsOf(flow, *ring, true).turns.at(0).preview(), "GET /8");
}

// "PASS" went before: the packet alone does not tell.
TEST_F(RingTest, BytesOfALoginAreBlankByWhatWasSaidBefore) {
  const auto segment = [](bool up, uint32_t sequence, const std::string& text,
                          uint8_t flags) {
    TcpFields fields;
    fields.sequence = sequence;
    return Ethernet(0x0800,
                    Ipv4(up ? kClient : kServer, up ? kServer : kClient, 6,
                         Tcp(up ? 40000 : 2121, up ? 2121 : 40000, flags,
                             Text(text), fields)));
  };
  Add(segment(true, 0, "", kSyn));
  Add(segment(false, 0, "", kSyn | kAck));
  Add(segment(false, 1, "220 ftp.example FTP ready\r\n", kAck));
  Add(segment(true, 1, "USER ann\r\n", kAck));
  Add(segment(false, 28, "331 password, please\r\n", kAck));
  Add(segment(true, 11, "PASS hun", kAck));
  Add(segment(true, 19, "ter2\r\n", kAck));
  // Sent again.
  Add(segment(true, 11, "PASS hunter2\r\n", kAck));
  const auto ring = Ring(true);
  const auto text = [&](uint64_t ordinal) {
    google::protobuf::RepeatedPtrField<v1::HexLine> lines;
    WriteHex(*ring->Get(ordinal), *ring, lines);
    std::string ascii;
    for (const v1::HexLine& line : lines) ascii += line.ascii();
    return ascii.substr(54);
  };
  EXPECT_EQ(text(2), "220 ftp.example FTP ready..");
  EXPECT_EQ(text(3), "USER ann..");
  EXPECT_EQ(text(5), "PASS ***");
  EXPECT_EQ(text(6), "****..");
  EXPECT_EQ(text(7).find("hunter2"), std::string::npos);
}

TEST_F(RingTest, BytesOfALoginAreBlankAlsoWhenNothingIsKeptBefore) {
  TcpFields fields;
  fields.sequence = 900;
  Add(Ethernet(0x0800,
               Ipv4(kClient, kServer, 6,
                    Tcp(40000, 389, kAck, Text("ldapsecret"), fields))));
  const auto ring = Ring(true);
  google::protobuf::RepeatedPtrField<v1::HexLine> lines;
  WriteHex(*ring->Get(0), *ring, lines);
  std::string ascii;
  for (const v1::HexLine& line : lines) ascii += line.ascii();
  EXPECT_EQ(ascii.substr(54), "**********");
}

TEST_F(RingTest, PreviewsFollowThePortOfAnUnknownProtocol) {
  Add(Segment(true, 1, "GET /"));
  v1::Flow flow = Flow();
  const auto ring = Ring(true);
  EXPECT_EQ(TurnsOf(flow, *ring, true).turns.at(0).preview(), "GET /");
  flow.mutable_application()->set_protocol("ldap");
  EXPECT_EQ(TurnsOf(flow, *ring, true).turns.at(0).preview(),
            "[redacted: 5 bytes of ldap]");
}

TEST_F(RingTest, TurnsAreThoseOfTheFlowWhileItLasted) {
  Add(Segment(true, 1, "GET /"));
  Add(Segment(false, 1, "HTTP/1.1 200"));
  Add(Ethernet(0x0800,
               Ipv4(kClient, kServer, 6, Tcp(40001, 80, kAck, Text("x")))));
  Add(Segment(true, 6, "later"));
  const StreamTurns metadata = TurnsOf(Flow(), *Ring(false), false);
  ASSERT_THAT(metadata.turns, SizeIs(2));
  EXPECT_EQ(metadata.packets, 2u);
  EXPECT_EQ(metadata.turns[0].payload_bytes(), 5u);
  EXPECT_EQ(metadata.turns[1].payload_bytes(), 12u);
  EXPECT_EQ(metadata.turns[1].preview(), "");
  const StreamTurns full = TurnsOf(Flow(), *Ring(true), true);
  EXPECT_EQ(full.turns[0].preview(), "GET /");
  EXPECT_EQ(full.turns[1].preview(), "HTTP/1.1 200");
}

}  // namespace
}  // namespace tapline::testing
