#include "sensord/inspect/packet_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

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
    const std::string text = vlan == 101 ? "one" : "two";
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
  EXPECT_EQ(second.turns[0].preview(), "two");
  EXPECT_EQ(second.packets, 1u);
}

TEST_F(RingTest, TurnsAreOfOneTunnelOnly) {
  const auto tunnelled = [&](uint32_t vni, const char* from,
                             const std::string& text) {
    return Ethernet(0x0800,
                    Ipv4(from, "203.0.113.9", 17,
                         Udp(50000, 4789, Vxlan(vni, Segment(true, 1, text)))));
  };
  Add(tunnelled(7, "203.0.113.1", "seven"));
  Add(tunnelled(8, "203.0.113.1", "eight"));
  // A flow record does not tell the ends of tunnels.
  Add(tunnelled(7, "203.0.113.2", "other"));
  const auto ring = Ring(true);
  v1::Flow flow = Flow();
  flow.mutable_encapsulation()->add_tunnels("vxlan");
  flow.mutable_encapsulation()->set_vni(7);
  const StreamTurns seven = TurnsOf(flow, *ring, true);
  ASSERT_THAT(seven.turns, SizeIs(1));
  EXPECT_EQ(seven.turns[0].preview(), "seven");
  flow.mutable_encapsulation()->set_vni(8);
  EXPECT_EQ(TurnsOf(flow, *ring, true).turns.at(0).preview(), "eight");
}

TEST_F(RingTest, TurnsAreThoseOfTheFlowWhileItLasted) {
  Add(Segment(true, 1, "GET"));
  Add(Segment(false, 1, "200 OK"));
  Add(Ethernet(0x0800,
               Ipv4(kClient, kServer, 6, Tcp(40001, 80, kAck, Text("x")))));
  Add(Segment(true, 4, "later"));
  const StreamTurns metadata = TurnsOf(Flow(), *Ring(false), false);
  ASSERT_THAT(metadata.turns, SizeIs(2));
  EXPECT_EQ(metadata.packets, 2u);
  EXPECT_EQ(metadata.turns[0].payload_bytes(), 3u);
  EXPECT_EQ(metadata.turns[1].payload_bytes(), 6u);
  EXPECT_EQ(metadata.turns[1].preview(), "");
  const StreamTurns full = TurnsOf(Flow(), *Ring(true), true);
  EXPECT_EQ(full.turns[0].preview(), "GET");
  EXPECT_EQ(full.turns[1].preview(), "200 OK");
}

}  // namespace
}  // namespace tapline::testing
