// Handshakes of TCP, also simultaneous, repeated and refused ones.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow_harness.h"

namespace tapline::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

class TcpOpeningTest : public FlowTest {};

TEST_F(TcpOpeningTest, AHandshakeIsToldStepByStep) {
  t_.Handshake();
  const FlowSummary flow = Only();
  EXPECT_THAT(Kinds(engine_.out),
              ElementsAre(SignalKind::kFlowOpened, SignalKind::kSyn,
                          SignalKind::kAnswered, SignalKind::kEstablished));
  EXPECT_EQ(flow.tcp_state, TcpPhase::kEstablished);
  EXPECT_EQ(flow.responder_rtt_ns, 1'000'000u);
  EXPECT_EQ(flow.originator_rtt_ns, 1'000'000u);
  EXPECT_EQ(flow.originator, Host(1));
  EXPECT_EQ(flow.responder_port, 443);
  EXPECT_FALSE(flow.midstream);
  EXPECT_FALSE(flow.one_way);
}

TEST_F(TcpOpeningTest, AResetThatAnswersASynIsARefusal) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kServer, kClient, kRa, 0, 1001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kClosed);
  EXPECT_THAT(Kinds(engine_.out),
              ElementsAre(SignalKind::kFlowOpened, SignalKind::kSyn,
                          SignalKind::kRefused));
}

TEST_F(TcpOpeningTest, AResetWithTheWrongAcknowledgmentIsNoRefusal) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kServer, kClient, kRa, 0, 999999);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kSynSent);
  EXPECT_EQ(engine_.Count(SignalKind::kRefused), 0u);
}

TEST_F(TcpOpeningTest, ASynAgainIsARetransmissionWithoutRoundTrip) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Wait(kSecondNanos);
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kServer, kClient, kSa, 5000, 1001);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001);
  const FlowSummary flow = Only();
  EXPECT_EQ(engine_.Count(SignalKind::kSyn), 2u);
  EXPECT_EQ(flow.from_originator.retransmissions, 1u);
  EXPECT_EQ(flow.responder_rtt_ns, 0u);
  EXPECT_EQ(flow.tcp_state, TcpPhase::kEstablished);
}

TEST_F(TcpOpeningTest, TheNewestSynBeforeTheSynAckWins) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kClient, kServer, kTcpSyn, 9000);
  t_.Tcp(kServer, kClient, kSa, 5000, 1001);
  t_.Tcp(kServer, kClient, kSa, 5000, 9001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kSynReceived);
  EXPECT_THAT(engine_.Anomalies(),
              ElementsAre("tcp.syn_isn_changed", "tcp.bad_synack"));
  EXPECT_EQ(engine_.Count(SignalKind::kAnswered), 1u);
}

TEST_F(TcpOpeningTest, TheFirstSynAckWins) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kServer, kClient, kSa, 5000, 1001);
  t_.Tcp(kServer, kClient, kSa, 7000, 1001);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.synack_isn_changed"));
}

TEST_F(TcpOpeningTest, TheLastSynAckWinsWhenItIsAcknowledged) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kServer, kClient, kSa, 5000, 1001);
  t_.Tcp(kServer, kClient, kSa, 6000, 1001);
  t_.Tcp(kServer, kClient, kSa, 3'000'000'000, 1001);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 6001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kSynReceived);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 3'000'000'001);
  t_.Tcp(kServer, kClient, kTcpAck, 3'000'000'001, 1001, 50);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_THAT(engine_.Anomalies(), Not(Contains("tcp.out_of_window")));
}

TEST_F(TcpOpeningTest, SimultaneousOpenEstablishes) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kServer, kClient, kTcpSyn, 5000);
  t_.Tcp(kClient, kServer, kSa, 1000, 5001);
  t_.Tcp(kServer, kClient, kSa, 5000, 1001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_EQ(engine_.Count(SignalKind::kEstablished), 1u);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.simultaneous_open"));
}

TEST_F(TcpOpeningTest, AnOldSynOnAConnectionKeepsTheFlow) {
  t_.Handshake();
  t_.Tcp(kClient, kServer, kTcpSyn, 77);
  t_.Tcp(kServer, kClient, kTcpAck, 5001, 1001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.syn_in_connection"));
}

TEST_F(TcpOpeningTest, ASynAckFirstShowsTheResponder) {
  t_.Tcp(kServer, kClient, kSa, 5000, 1001);
  t_.Wait(kMillisecondNanos);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001);
  const FlowSummary flow = Only();
  EXPECT_EQ(flow.originator, Host(1));
  EXPECT_EQ(flow.tcp_state, TcpPhase::kEstablished);
  EXPECT_EQ(flow.originator_rtt_ns, 1'000'000u);
  EXPECT_EQ(engine_.Count(SignalKind::kAnswered), 1u);
}

TEST_F(TcpOpeningTest, OneWayTrafficIsEstablishedWithoutTheSynAck) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 50);
  const FlowSummary flow = Only();
  EXPECT_EQ(flow.tcp_state, TcpPhase::kEstablished);
  EXPECT_TRUE(flow.one_way);
}

TEST_F(TcpOpeningTest, SynWithDataIsToldAndCounted) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000, 0, 30);
  t_.Tcp(kServer, kClient, kSa, 5000, 1031);
  t_.Tcp(kClient, kServer, kTcpAck, 1031, 5001);
  const FlowSummary flow = Only();
  EXPECT_EQ(flow.tcp_state, TcpPhase::kEstablished);
  EXPECT_EQ(flow.from_originator.payload_bytes, 30u);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.syn_data"));
}

}  // namespace
}  // namespace tapline::testing
