// TCP between handshake and end: counts, order, windows, what is no connection
// (reliability.md 7, E14-E31 without reassembly). tcp_opening_test.cc and
// tcp_ending_test.cc have the rest.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow_harness.h"

namespace tapline::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FlowTcpTest : public FlowTest {};

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
