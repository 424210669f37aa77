// What an end may have read otherwise (reliability.md 7, E2 and E8).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow_harness.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StrEq;

class FlowEvasionTest : public FlowTest {};

TEST_F(FlowEvasionTest, ALowTtlIsToldOnceAndTheDataIsCounted) {
  t_.Handshake();
  for (Packet& p : t_.batch.packets) p.ttl = 64;
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 100).ttl = 59;
  t_.Tcp(kServer, kClient, kTcpAck, 5001, 1101).ttl = 40;
  t_.Tcp(kClient, kServer, kTcpAck, 1101, 5001, 100).ttl = 58;
  t_.Tcp(kClient, kServer, kTcpAck, 1201, 5001, 100).ttl = 3;
  const FlowSummary flow = Only();
  // Told of the responder's first, then of the originator's: one flow, once.
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("ttl.shift"));
  EXPECT_EQ(flow.from_originator.payload_bytes, 300u);
  EXPECT_FALSE(flow.ambiguous);
  EXPECT_THAT(flow.anomalies, ElementsAre(StrEq("ttl.shift")));
}

TEST_F(FlowEvasionTest, FiveHopsLessAreNoShiftAndMoreHopsLeftAreNone) {
  t_.Handshake();
  for (Packet& p : t_.batch.packets) p.ttl = 59;
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 100).ttl = 54;
  t_.Tcp(kClient, kServer, kTcpAck, 1101, 5001, 100).ttl = 255;
  t_.Tcp(kServer, kClient, kTcpAck, 5001, 1201, 100).ttl = 54;
  EXPECT_FALSE(Only().ambiguous);
  EXPECT_THAT(engine_.Anomalies(), IsEmpty());
}

// A neighbour found with 255 hops, then an echo with the usual 64.
TEST_F(FlowEvasionTest, MessagesOfIcmpHaveATtlEach) {
  t_.Icmp(1, 2, 8).ttl = 255;
  t_.Icmp(1, 2, 8).ttl = 64;
  EXPECT_EQ(Only().from_originator.packets, 2u);
  EXPECT_THAT(engine_.Anomalies(), IsEmpty());
}

TEST_F(FlowEvasionTest, DataThatOverlapsDataOfALowTtlMakesTheFlowAmbiguous) {
  // The insertion: what only the sensor reads comes first, the real data next.
  for (const bool low_first : {true, false}) {
    Traffic t;
    Engine engine;
    t.Handshake();
    for (Packet& p : t.batch.packets) p.ttl = 64;
    t.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 100).ttl = low_first ? 4 : 64;
    t.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 100).ttl = low_first ? 64 : 4;
    engine.Take(t);
    EXPECT_THAT(engine.Anomalies(), ElementsAre("ttl.shift", "flow.ambiguous"));
    ASSERT_THAT(engine.Open(), SizeIs(1));
    EXPECT_TRUE(engine.Open()[0].ambiguous);
  }
}

TEST_F(FlowEvasionTest, ARetransmissionOfTheSamePathIsNotAmbiguous) {
  t_.Handshake();
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 100);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 100);
  for (Packet& p : t_.batch.packets) p.ttl = 64;
  EXPECT_FALSE(Only().ambiguous);
  EXPECT_THAT(engine_.Anomalies(), IsEmpty());
}

TEST(FlowAmbiguityTest,
     ADatagramOfContradictingFragmentsMakesItsFlowAmbiguous) {
  Traffic t;
  Engine engine;
  t.Udp({1, 10000}, {2, 20000}).marks |= kMarkReassembled;
  t.Udp({3, 10000}, {4, 20000}).marks |= kMarkReassembled | kMarkAmbiguous;
  t.Udp({3, 10000}, {4, 20000}).marks |= kMarkReassembled | kMarkAmbiguous;
  engine.Take(t);
  engine.Finish();
  EXPECT_THAT(engine.Anomalies(), ElementsAre("flow.ambiguous"));
  for (const FlowSummary& flow : engine.Closed()) {
    EXPECT_EQ(flow.ambiguous, flow.originator == Host(3));
    EXPECT_EQ(flow.anomalies.size(), flow.ambiguous ? 1u : 0u);
  }
}

}  // namespace
}  // namespace tapline::testing
