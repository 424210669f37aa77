// TCP states of flows (reliability.md 7, E14-E31 without reassembly).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow_harness.h"

namespace tapline::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr uint8_t kSa = kTcpSyn | kTcpAck;
constexpr uint8_t kFa = kTcpFin | kTcpAck;
constexpr uint8_t kRa = kTcpRst | kTcpAck;

class FlowTcpTest : public FlowTest {
 protected:
  void CloseBothSides() {
    t_.Tcp(kClient, kServer, kFa, 1001, 5001);
    t_.Tcp(kServer, kClient, kFa, 5001, 1002);
    t_.Tcp(kClient, kServer, kTcpAck, 1002, 5002);
  }
};

TEST_F(FlowTcpTest, AHandshakeIsToldStepByStep) {
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

TEST_F(FlowTcpTest, BothFinsAcknowledgedIsTimeWaitAndEndsAsFin) {
  t_.Handshake();
  CloseBothSides();
  EXPECT_EQ(Only().tcp_state, TcpPhase::kTimeWait);
  engine_.AdvanceTo(t_.clock + 31 * kSecondNanos);
  ASSERT_THAT(engine_.Closed(), SizeIs(1));
  EXPECT_EQ(engine_.Closed()[0].end, FlowEnd::kFin);
}

TEST_F(FlowTcpTest, OneFinIsFinWait) {
  t_.Handshake();
  t_.Tcp(kClient, kServer, kFa, 1001, 5001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kFinWait);
}

TEST_F(FlowTcpTest, AnExactResetClosesWithinFiveSeconds) {
  t_.Handshake();
  t_.Tcp(kServer, kClient, kTcpRst, 5001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kClosed);
  engine_.AdvanceTo(t_.clock + 5 * kSecondNanos + kTick);
  ASSERT_THAT(engine_.Closed(), SizeIs(1));
  EXPECT_EQ(engine_.Closed()[0].end, FlowEnd::kRst);
  EXPECT_THAT(engine_.Anomalies(), IsEmpty());
}

TEST_F(FlowTcpTest, AResetOutsideTheWindowChangesNothing) {
  t_.Handshake();
  t_.Tcp(kServer, kClient, kTcpRst, 5001 + 0x40000000);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.bad_rst"));
}

TEST_F(FlowTcpTest, AResetWithABadChecksumChangesNothing) {
  t_.Handshake();
  t_.Tcp(kServer, kClient, kTcpRst, 5001).marks |= kMarkBadChecksum;
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.bad_rst"));
}

TEST_F(FlowTcpTest, AnInWindowResetClosesOnlyAfterSilence) {
  t_.Handshake();
  t_.Tcp(kServer, kClient, kTcpRst, 5101);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.rst_challenge"));
  engine_.AdvanceTo(t_.clock + 60 * kSecondNanos + kTick);
  ASSERT_THAT(engine_.Closed(), SizeIs(1));
  EXPECT_EQ(engine_.Closed()[0].end, FlowEnd::kRst);
}

TEST_F(FlowTcpTest, DataAfterAnInWindowResetKeepsTheConnection) {
  t_.Handshake();
  t_.Tcp(kServer, kClient, kTcpRst, 5101);
  t_.Tcp(kServer, kClient, kTcpAck, 5001, 1001, 10);
  engine_.Take(t_);
  engine_.AdvanceTo(t_.clock + 100 * kSecondNanos);
  EXPECT_THAT(engine_.Closed(), IsEmpty());
}

TEST_F(FlowTcpTest, AResetThatAnswersASynIsARefusal) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kServer, kClient, kRa, 0, 1001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kClosed);
  EXPECT_THAT(Kinds(engine_.out),
              ElementsAre(SignalKind::kFlowOpened, SignalKind::kSyn,
                          SignalKind::kRefused));
}

TEST_F(FlowTcpTest, AResetWithTheWrongAcknowledgmentIsNoRefusal) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kServer, kClient, kRa, 0, 999999);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kSynSent);
  EXPECT_EQ(engine_.Count(SignalKind::kRefused), 0u);
}

TEST_F(FlowTcpTest, DataAfterAResetReopensTheSameFlow) {
  t_.Handshake();
  t_.Tcp(kServer, kClient, kTcpRst, 5001);
  t_.Wait(kSecondNanos);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 10);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.data_after_rst"));
  engine_.AdvanceTo(t_.clock + 100 * kSecondNanos);
  EXPECT_THAT(engine_.Closed(), IsEmpty());
}

TEST_F(FlowTcpTest, ASynAgainIsARetransmissionWithoutRoundTrip) {
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

TEST_F(FlowTcpTest, TheNewestSynBeforeTheSynAckWins) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kClient, kServer, kTcpSyn, 9000);
  t_.Tcp(kServer, kClient, kSa, 5000, 1001);
  t_.Tcp(kServer, kClient, kSa, 5000, 9001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kSynReceived);
  EXPECT_THAT(engine_.Anomalies(),
              ElementsAre("tcp.syn_isn_changed", "tcp.bad_synack"));
  EXPECT_EQ(engine_.Count(SignalKind::kAnswered), 1u);
}

TEST_F(FlowTcpTest, TheFirstSynAckWins) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kServer, kClient, kSa, 5000, 1001);
  t_.Tcp(kServer, kClient, kSa, 7000, 1001);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.synack_isn_changed"));
}

TEST_F(FlowTcpTest, TheLastSynAckWinsWhenItIsAcknowledged) {
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

TEST_F(FlowTcpTest, SimultaneousOpenEstablishes) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kServer, kClient, kTcpSyn, 5000);
  t_.Tcp(kClient, kServer, kSa, 1000, 5001);
  t_.Tcp(kServer, kClient, kSa, 5000, 1001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_EQ(engine_.Count(SignalKind::kEstablished), 1u);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.simultaneous_open"));
}

TEST_F(FlowTcpTest, AnOldSynOnAConnectionKeepsTheFlow) {
  t_.Handshake();
  t_.Tcp(kClient, kServer, kTcpSyn, 77);
  t_.Tcp(kServer, kClient, kTcpAck, 5001, 1001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.syn_in_connection"));
}

TEST_F(FlowTcpTest, ASynAckToANewSynOnADeadConnectionIsANewFlow) {
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

TEST_F(FlowTcpTest, ReuseInTimeWaitIsANewFlowWithANewId) {
  t_.Handshake();
  CloseBothSides();
  t_.Tcp(kClient, kServer, kTcpSyn, 2000);
  const FlowSummary flow = Only();
  ASSERT_THAT(engine_.Closed(), SizeIs(1));
  EXPECT_EQ(engine_.Closed()[0].end, FlowEnd::kReused);
  EXPECT_NE(engine_.Closed()[0].id, flow.id);
  EXPECT_EQ(flow.tcp_state, TcpPhase::kSynSent);
}

TEST_F(FlowTcpTest, ReusesWithinOneClockValueHaveDifferentIds) {
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

TEST_F(FlowTcpTest, ARetransmittedSynInTimeWaitIsNoReuse) {
  t_.Handshake();
  CloseBothSides();
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kTimeWait);
}

TEST_F(FlowTcpTest, AnOlderSynInTimeWaitIsNoReuseUntilItIsAnswered) {
  t_.Handshake();
  CloseBothSides();
  t_.Tcp(kClient, kServer, kTcpSyn, 500);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kTimeWait);
  t_.Tcp(kServer, kClient, kSa, 90000, 501);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kSynReceived);
  ASSERT_THAT(engine_.Closed(), SizeIs(1));
  EXPECT_EQ(engine_.Closed()[0].end, FlowEnd::kReused);
}

TEST_F(FlowTcpTest, RepeatedDataIsARetransmissionAndAFilledHoleIsOutOfOrder) {
  t_.Handshake();
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 100);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 100);
  t_.Tcp(kClient, kServer, kTcpAck, 1201, 5001, 100);
  t_.Tcp(kClient, kServer, kTcpAck, 1101, 5001, 100);
  const FlowSummary flow = Only();
  EXPECT_EQ(flow.from_originator.retransmissions, 1u);
  EXPECT_EQ(flow.from_originator.out_of_order, 1u);
  EXPECT_EQ(flow.from_originator.payload_bytes, 400u);
}

TEST_F(FlowTcpTest, AnOverlapIsToldOnceAndCounted) {
  t_.Handshake();
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 100);
  t_.Tcp(kClient, kServer, kTcpAck, 1051, 5001, 100);
  t_.Tcp(kClient, kServer, kTcpAck, 1101, 5001, 100);
  EXPECT_EQ(Only().from_originator.retransmissions, 2u);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.overlap"));
}

TEST_F(FlowTcpTest, SequenceNumbersWrapAndBytesGoPastFourGiB) {
  t_.Tcp(kClient, kServer, kTcpSyn, 0xfffffff0);
  t_.Tcp(kServer, kClient, kSa, 0xffffffff, 0xfffffff1);
  t_.Tcp(kClient, kServer, kTcpAck, 0xfffffff1, 0);
  uint32_t sequence = 0xfffffff1;
  constexpr uint32_t kSegment = 60000;
  constexpr uint32_t kSegments = 90000;  // 5.03 GiB
  for (uint32_t i = 0; i < kSegments; ++i) {
    t_.Tcp(kClient, kServer, kTcpAck, sequence, 0, kSegment);
    sequence += kSegment;
    if (i % 64 == 63) engine_.Take(t_);
  }
  const FlowSummary flow = Only();
  EXPECT_EQ(flow.from_originator.payload_bytes, 5'400'000'000u);
  EXPECT_EQ(flow.from_originator.retransmissions, 0u);
  EXPECT_EQ(flow.from_originator.out_of_order, 0u);
  EXPECT_THAT(engine_.Anomalies(), IsEmpty());
}

TEST_F(FlowTcpTest, AKeepAliveIsNoPayloadAndNoRetransmission) {
  t_.Handshake();
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 10);
  t_.Tcp(kClient, kServer, kTcpAck, 1010, 5001, 1);
  const FlowSummary flow = Only();
  EXPECT_EQ(flow.from_originator.payload_bytes, 10u);
  EXPECT_EQ(flow.from_originator.packets, 4u);
  EXPECT_EQ(flow.from_originator.retransmissions, 0u);
}

TEST_F(FlowTcpTest, ZeroWindowsAreCountedWithoutAStorm) {
  t_.Handshake();
  for (int i = 0; i < 3; ++i) {
    t_.Tcp(kServer, kClient, kTcpAck, 5001, 1001).tcp_window = 0;
  }
  EXPECT_EQ(Only().from_responder.zero_windows, 3u);
  EXPECT_THAT(engine_.Anomalies(), IsEmpty());
}

TEST_F(FlowTcpTest, AnAckThatAsksAgainIsADuplicate) {
  t_.Handshake();
  t_.Tcp(kServer, kClient, kTcpAck, 5001, 1001);
  // Nothing is on its way.
  t_.Tcp(kServer, kClient, kTcpAck, 5001, 1001);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 100);
  t_.Tcp(kClient, kServer, kTcpAck, 1201, 5001, 100);
  for (int i = 0; i < 3; ++i) t_.Tcp(kServer, kClient, kTcpAck, 5001, 1001);
  // With data, another window or a FIN it says something new.
  t_.Tcp(kServer, kClient, kTcpAck, 5001, 1001, 10);
  t_.Tcp(kServer, kClient, kTcpAck, 5011, 1001).tcp_window = 77;
  t_.Tcp(kServer, kClient, kFa, 5011, 1001).tcp_window = 77;
  t_.Tcp(kServer, kClient, kTcpAck, 5012, 1301);
  const FlowSummary flow = Only();
  EXPECT_EQ(flow.from_responder.duplicate_acks, 3u);
  EXPECT_EQ(flow.from_originator.duplicate_acks, 0u);
}

TEST_F(FlowTcpTest, DataBeyondTheWindowDoesNotMoveTheState) {
  t_.Handshake();
  t_.Tcp(kClient, kServer, kFa, 1001 + 10'000'000, 5001, 10);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 10);
  const FlowSummary flow = Only();
  EXPECT_EQ(flow.tcp_state, TcpPhase::kEstablished);
  EXPECT_EQ(flow.from_originator.payload_bytes, 20u);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.out_of_window"));
}

TEST_F(FlowTcpTest, MidstreamDataFromAServicePortComesFromTheResponder) {
  t_.Tcp(kServer, kClient, kTcpAck, 5001, 1001, 100);
  const FlowSummary flow = Only();
  EXPECT_TRUE(flow.midstream);
  EXPECT_TRUE(flow.one_way);
  EXPECT_EQ(flow.tcp_state, TcpPhase::kMidstream);
  EXPECT_EQ(flow.originator, Host(1));
  EXPECT_EQ(flow.from_responder.packets, 1u);
}

TEST_F(FlowTcpTest, ASynAckFirstShowsTheResponder) {
  t_.Tcp(kServer, kClient, kSa, 5000, 1001);
  t_.Wait(kMillisecondNanos);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001);
  const FlowSummary flow = Only();
  EXPECT_EQ(flow.originator, Host(1));
  EXPECT_EQ(flow.tcp_state, TcpPhase::kEstablished);
  EXPECT_EQ(flow.originator_rtt_ns, 1'000'000u);
  EXPECT_EQ(engine_.Count(SignalKind::kAnswered), 1u);
}

TEST_F(FlowTcpTest, OneWayTrafficIsEstablishedWithoutTheSynAck) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001);
  t_.Tcp(kClient, kServer, kTcpAck, 1001, 5001, 50);
  const FlowSummary flow = Only();
  EXPECT_EQ(flow.tcp_state, TcpPhase::kEstablished);
  EXPECT_TRUE(flow.one_way);
}

TEST_F(FlowTcpTest, EachStealthProbeIsToldAndCounted) {
  const uint8_t kinds[] = {0, kTcpFin, kTcpFin | kTcpPsh | kTcpUrg,
                           kTcpSyn | kTcpFin};
  uint16_t port = 100;
  for (uint8_t flags : kinds) t_.Tcp(kClient, {2, port++}, flags, 1);
  engine_.Take(t_);
  const std::vector<Signal> probes = engine_.Of(SignalKind::kStealthProbe);
  ASSERT_THAT(probes, SizeIs(4));
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(probes[i].tcp_flags, kinds[i]);
  EXPECT_EQ(engine_.Count(SignalKind::kSyn), 0u);
  EXPECT_EQ(engine_.engine.counters().opened_flows.Get(), 4u);
}

TEST_F(FlowTcpTest, AStealthFlagSetOnAConnectionIsNoProbe) {
  t_.Handshake();
  t_.Tcp(kClient, kServer, kTcpFin, 1001);
  EXPECT_EQ(Only().tcp_state, TcpPhase::kEstablished);
  EXPECT_EQ(engine_.Count(SignalKind::kStealthProbe), 0u);
  EXPECT_THAT(engine_.Anomalies(), Contains("tcp.bad_flags"));
}

TEST_F(FlowTcpTest, SynWithDataIsToldAndCounted) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000, 0, 30);
  t_.Tcp(kServer, kClient, kSa, 5000, 1031);
  t_.Tcp(kClient, kServer, kTcpAck, 1031, 5001);
  const FlowSummary flow = Only();
  EXPECT_EQ(flow.tcp_state, TcpPhase::kEstablished);
  EXPECT_EQ(flow.from_originator.payload_bytes, 30u);
  EXPECT_THAT(engine_.Anomalies(), ElementsAre("tcp.syn_data"));
}

TEST_F(FlowTcpTest, FullRetransmissionCountsRotateTheRecord) {
  t_.Handshake();
  for (int i = 0; i < 70000; ++i) {
    t_.Tcp(kClient, kServer, kTcpSyn, 1000);
    if (i % 512 == 0) engine_.Take(t_);
  }
  engine_.Take(t_);
  engine_.Finish();
  uint64_t retransmissions = 0, packets = 0;
  for (const FlowSummary& f : engine_.out.flows) {
    retransmissions += f.from_originator.retransmissions;
    packets += f.from_originator.packets;
  }
  EXPECT_EQ(engine_.Count(SignalKind::kFlowUpdated), 1u);
  EXPECT_EQ(retransmissions, 70000u);
  EXPECT_EQ(packets, 70002u);
}

}  // namespace
}  // namespace tapline::testing
