// How connections of TCP end, and what begins anew on their ports.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "flow_harness.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TcpEndingTest : public FlowTest {
 protected:
  void CloseBothSides() {
    t_.Tcp(kClient, kServer, kFa, 1001, 5001);
    t_.Tcp(kServer, kClient, kFa, 5001, 1002);
    t_.Tcp(kClient, kServer, kTcpAck, 1002, 5002);
  }
};

TEST_F(TcpEndingTest, BothFinsAcknowledgedIsTimeWaitAndEndsAsFin) {
  t_.Handshake();
  CloseBothSides();
  EXPECT_EQ(Only().tcp_state, TcpPhase::kTimeWait);
  engine_.AdvanceTo(t_.clock + 31 * kSecondNanos);
  ASSERT_THAT(engine_.Closed(), SizeIs(1));
  EXPECT_EQ(engine_.Closed()[0].end, FlowEnd::kFin);
}

TEST_F(TcpEndingTest, OneFinIsFinWait) {
  t_.Handshake();
  t_.Tcp(kClient, kServer, kFa, 1001, 5001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kFinWait);
}

TEST_F(TcpEndingTest, AnExactResetClosesWithinFiveSeconds) {
  t_.Handshake();
  t_.Tcp(kServer, kClient, kTcpRst, 5001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kClosed);
  engine_.AdvanceTo(t_.clock + 5 * kSecondNanos + kTick);
  ASSERT_THAT(engine_.Closed(), SizeIs(1));
  EXPECT_EQ(engine_.Closed()[0].end, FlowEnd::kRst);
  EXPECT_THAT(engine_.Anomalies(), IsEmpty());
}

TEST_F(TcpEndingTest, AResetOutsideTheWindowChangesNothing) {
  t_.Handshake();
  t_.Tcp(kServer, kClient, kTcpRst, 5001 + 0x40000000);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.bad_rst"));
}

TEST_F(TcpEndingTest, AResetWithABadChecksumChangesNothing) {
  t_.Handshake();
  t_.Tcp(kServer, kClient, kTcpRst, 5001).marks |= kMarkBadChecksum;
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.bad_rst"));
}

TEST_F(TcpEndingTest, AnInWindowResetClosesOnlyAfterSilence) {
  t_.Handshake();
  t_.Tcp(kServer, kClient, kTcpRst, 5101);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.rst_challenge"));
  engine_.AdvanceTo(t_.clock + 60 * kSecondNanos + kTick);
  ASSERT_THAT(engine_.Closed(), SizeIs(1));
  EXPECT_EQ(engine_.Closed()[0].end, FlowEnd::kRst);
}

TEST_F(TcpEndingTest, DataAfterAnInWindowResetKeepsTheConnection) {
  t_.Handshake();
  t_.Tcp(kServer, kClient, kTcpRst, 5101);
  t_.Tcp(kServer, kClient, kTcpAck, 5001, 1001, 10);
  engine_.Take(t_);
  engine_.AdvanceTo(t_.clock + 100 * kSecondNanos);
  EXPECT_THAT(engine_.Closed(), IsEmpty());
}

TEST_F(TcpEndingTest, DataAfterAResetReopensTheSameFlow) {
  t_.Handshake();
  t_.Tcp(kServer, kClient, kTcpRst, 5001);
  t_.Wait(kSecondNanos);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 10);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.data_after_rst"));
  engine_.AdvanceTo(t_.clock + 100 * kSecondNanos);
  EXPECT_THAT(engine_.Closed(), IsEmpty());
}

TEST_F(TcpEndingTest, ASynAckToANewSynOnADeadConnectionIsANewFlow) {
  t_.Handshake();
  t_.Wait(kSecondNanos);
  t_.Tcp(kClient, kServer, kTcpSyn, 77000);
  t_.Tcp(kServer, kClient, kSa, 90000, 77001);
  const FlowSummary flow = Only();
  EXPECT_EQ(flow.originator, Host(1));
  EXPECT_EQ(flow.tcp_state, TcpPhase::kSynReceived);
  ASSERT_THAT(engine_.Closed(), SizeIs(1));
  EXPECT_EQ(engine_.Closed()[0].end, FlowEnd::kReused);
}

TEST_F(TcpEndingTest, ReuseInTimeWaitIsANewFlowWithANewId) {
  t_.Handshake();
  CloseBothSides();
  t_.Tcp(kClient, kServer, kTcpSyn, 2000);
  const FlowSummary flow = Only();
  ASSERT_THAT(engine_.Closed(), SizeIs(1));
  EXPECT_EQ(engine_.Closed()[0].end, FlowEnd::kReused);
  EXPECT_NE(engine_.Closed()[0].id, flow.id);
  EXPECT_EQ(flow.tcp_state, TcpPhase::kSynSent);
}

TEST_F(TcpEndingTest, ReusesWithinOneClockValueHaveDifferentIds) {
  for (uint32_t i = 0; i < 5; ++i) {
    t_.Tcp(kClient, kServer, kTcpSyn, 1000 * i);
    t_.Tcp(kServer, kClient, kRa, 0, 1000 * i + 1);
  }
  engine_.Take(t_);
  engine_.Finish();
  std::vector<FlowSummary> closed = engine_.Closed();
  ASSERT_THAT(closed, SizeIs(5));
  for (size_t i = 0; i < 5; ++i) {
    for (size_t j = 0; j < i; ++j) EXPECT_NE(closed[i].id, closed[j].id);
  }
}

TEST_F(TcpEndingTest, ARetransmittedSynInTimeWaitIsNoReuse) {
  t_.Handshake();
  CloseBothSides();
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kTimeWait);
}

TEST_F(TcpEndingTest, AnOlderSynInTimeWaitIsNoReuseUntilItIsAnswered) {
  t_.Handshake();
  CloseBothSides();
  t_.Tcp(kClient, kServer, kTcpSyn, 500);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kTimeWait);
  t_.Tcp(kServer, kClient, kSa, 90000, 501);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kSynReceived);
  ASSERT_THAT(engine_.Closed(), SizeIs(1));
  EXPECT_EQ(engine_.Closed()[0].end, FlowEnd::kReused);
}

}  // namespace
}  // namespace tapline::testing
