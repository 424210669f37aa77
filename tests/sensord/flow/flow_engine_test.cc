// Timers, records and evidence.

#include "sensord/flow/flow_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "flow_harness.h"
#include "sensord/analyzers/analyzer_set.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr End kA{1, 50000};
constexpr End kB{2, 6000};

TEST(FlowEngineTest, AnIdleFlowEndsAtItsDeadlineRoundedUpToTheTick) {
  Traffic t;
  t.clock = kStart + 1;
  t.Udp(kA, kB);
  Engine e;
  e.Take(t);
  e.AdvanceTo(kStart + 60 * kSecondNanos);
  EXPECT_THAT(e.Closed(), IsEmpty());
  e.AdvanceTo(kStart + 500 * kSecondNanos);
  ASSERT_THAT(e.Closed(), SizeIs(1));
  const Signal closed = e.Of(SignalKind::kFlowClosed)[0];
  EXPECT_EQ(closed.clock, kStart + 60 * kSecondNanos + kTick);
  EXPECT_EQ(closed.phase, 0);
  EXPECT_EQ(closed.tie, closed.flow_id);
  EXPECT_EQ(e.Closed()[0].end, FlowEnd::kIdle);
}

TEST(FlowEngineTest, APacketMovesTheDeadline) {
  Traffic t;
  t.Udp(kA, kB);
  t.Wait(50 * kSecondNanos);
  t.Udp(kA, kB);
  Engine e;
  e.Take(t);
  e.AdvanceTo(kStart + 109 * kSecondNanos);
  EXPECT_THAT(e.Closed(), IsEmpty());
  e.AdvanceTo(kStart + 110 * kSecondNanos);
  EXPECT_THAT(e.Closed(), SizeIs(1));
}

// Transport, port, seconds: established TCP and UDP by protocol.
TEST(FlowEngineTest, TimeoutsFollowTransportAndProtocol) {
  struct Case {
    bool tcp;
    uint16_t port;
    int seconds;
  };
  for (const Case c :
       {Case{true, 9999, 300}, Case{true, 443, 600}, Case{true, 80, 600},
        Case{true, 22, 1800}, Case{false, 9999, 60}, Case{false, 53, 30},
        Case{false, 443, 300}, Case{false, 22, 1800}}) {
    Traffic t;
    if (c.tcp) {
      t.Handshake({1, 40000}, {2, c.port});
    } else {
      t.Udp({1, 40000}, {2, c.port});
    }
    Engine e({}, NewAnalyzerSet());
    e.Take(t);
    e.AdvanceTo(t.clock + (c.seconds - 1) * kSecondNanos);
    EXPECT_THAT(e.Closed(), IsEmpty()) << c.port;
    e.AdvanceTo(t.clock + c.seconds * kSecondNanos + kTick);
    EXPECT_THAT(e.Closed(), SizeIs(1)) << c.port;
  }
}

TEST(FlowEngineTest, FinishEndsEveryFlowInOrderOfIdAfterTheFrames) {
  Traffic t;
  for (uint16_t i = 0; i < 100; ++i) {
    t.Udp({1, static_cast<uint16_t>(2000 + i)}, kB);
  }
  Engine e;
  e.Take(t);
  e.Finish();
  const std::vector<FlowSummary> closed = e.Closed();
  ASSERT_THAT(closed, SizeIs(100));
  for (size_t i = 1; i < closed.size(); ++i) {
    EXPECT_LT(closed[i - 1].id, closed[i].id);
  }
  EXPECT_TRUE(std::is_sorted(e.out.signals.begin(), e.out.signals.end()));
  EXPECT_EQ(e.engine.counters().open_flows.Get(), 0u);
  EXPECT_EQ(closed[0].end, FlowEnd::kEndOfInput);
}

TEST(FlowEngineTest, CountersAreKeptPerDirection) {
  Traffic t;
  t.Udp(kA, kB, 10).frames = 2;
  t.Wait(kSecondNanos);
  t.Udp(kB, kA, 30);
  Engine e;
  e.Take(t);
  const FlowSummary f = e.Open()[0];
  EXPECT_EQ(f.from_originator.packets, 2u);
  EXPECT_EQ(f.from_originator.frame_bytes, 64u);
  EXPECT_EQ(f.from_originator.ip_bytes, 50u);
  EXPECT_EQ(f.from_responder.payload_bytes, 30u);
  EXPECT_EQ(f.start, kStart);
  EXPECT_EQ(f.last, kStart + kSecondNanos);
  EXPECT_FALSE(f.one_way);
  EXPECT_EQ(e.Count(SignalKind::kAnswered), 1u);
}

TEST(FlowEngineTest, ContextMakesAnotherFlow) {
  Traffic t;
  t.Udp(kA, kB);
  Packet& p = t.Udp(kA, kB);
  p.context = 3;
  t.Rekey(p);
  Engine e;
  e.Take(t);
  EXPECT_THAT(e.Open(), SizeIs(2));
}

TEST(FlowEngineTest, AnAnswerFromAServicePortComesFromTheResponder) {
  Traffic t;
  t.Udp({2, 53}, {1, 50000});
  Engine e;
  e.Take(t);
  EXPECT_EQ(e.Open()[0].originator, Host(1));
  EXPECT_EQ(e.Open()[0].from_responder.packets, 1u);
}

TEST(FlowEngineTest, APacketWithoutTransportCountsOnAPortlessFlow) {
  Traffic t;
  Packet& p = t.Tcp({1, 0}, {2, 0}, 0, 0);
  p.marks |= kMarkNoTransport;
  Engine e;
  e.Take(t);
  ASSERT_THAT(e.Open(), SizeIs(1));
  EXPECT_EQ(e.Count(SignalKind::kStealthProbe), 0u);
  EXPECT_EQ(e.engine.counters().updated.Get(), 1u);
}

TEST(FlowEngineTest, AnEchoReplyAnswersTheRequest) {
  Traffic t;
  t.Icmp(1, 2, 8);
  t.Icmp(2, 1, 0);
  Engine e;
  e.Take(t);
  const FlowSummary f = e.Open()[0];
  EXPECT_EQ(f.originator, Host(1));
  EXPECT_EQ(f.icmp_type, 8);
  EXPECT_EQ(f.from_responder.packets, 1u);
  EXPECT_EQ(e.Count(SignalKind::kAnswered), 1u);
}

TEST(FlowEngineTest, AnUnreachableRefusesTheQuotedFlowOnce) {
  Traffic t;
  const Packet quoted = t.Udp(kA, kB);
  t.Unreachable(9, quoted);
  t.Unreachable(9, quoted);
  Engine e;
  e.Take(t);
  EXPECT_EQ(e.Count(SignalKind::kRefused), 1u);
  bool found = false;
  for (const FlowSummary& f : e.Open()) {
    if (f.ip_protocol != kIpProtoUdp) continue;
    found = true;
    EXPECT_EQ(f.icmp_errors, 2);
  }
  EXPECT_TRUE(found);
}

TEST(FlowEngineTest, AnUnreachableOfAnAnsweredFlowIsNoRefusal) {
  Traffic t;
  const Packet quoted = t.Udp(kA, kB);
  t.Udp(kB, kA);
  t.Unreachable(9, quoted);
  Engine e;
  e.Take(t);
  EXPECT_EQ(e.Count(SignalKind::kRefused), 0u);
}

TEST(FlowEngineTest, ArpIsToldAndBelongsToNoFlow) {
  Traffic t;
  Packet& p = t.Add(0, {1, 0}, {2, 0});
  p.ip_version = 0;
  p.marks |= kMarkArp;
  ArpMessage& arp = t.batch.arps.emplace_back();
  arp.operation = 2;
  arp.sender = arp.target = Host(1);
  Engine e;
  e.Take(t);
  ASSERT_EQ(e.Count(SignalKind::kArp), 1u);
  EXPECT_TRUE(e.out.arps[0].gratuitous);
  EXPECT_FALSE(e.out.arps[0].request);
  EXPECT_EQ(e.engine.counters().not_flow.Get(), 1u);
}

TEST(FlowEngineTest, ALongFlowIsCutIntoRecordsThatAddUp) {
  FlowOptions options;
  options.rotate_after = 10 * kSecondNanos;
  Traffic t;
  for (int i = 0; i < 30; ++i) {
    t.Udp(kA, kB, 100);
    t.Wait(kSecondNanos);
  }
  Engine e(options);
  e.Take(t);
  e.Finish();
  EXPECT_EQ(e.Count(SignalKind::kFlowUpdated), 2u);
  uint64_t packets = 0, deltas = 0;
  for (const FlowSummary& f : e.out.flows) {
    packets += f.from_originator.packets;
    EXPECT_EQ(f.id, e.out.flows[0].id);
  }
  for (const TrafficData& s : e.out.traffic) {
    for (const FlowDelta& d : s.deltas) deltas += d.originator_packets;
  }
  EXPECT_EQ(packets, 30u);
  EXPECT_EQ(deltas, 30u);
  EXPECT_EQ(e.out.flows[0].end, FlowEnd::kRotated);
}

TEST(FlowEngineTest, EachSecondTellsWhatMovedInIt) {
  Traffic t;
  t.Udp(kA, kB, 46);
  Packet& inner = t.Udp({5, 1}, {2, 6000}, 46);
  inner.layer = 1;
  t.Rekey(inner);
  t.Wait(kSecondNanos);
  t.Udp(kB, kA, 46);
  Engine e;
  e.Take(t);
  e.AdvanceTo(kStart + 10 * kSecondNanos);
  uint64_t packets = 0, bytes = 0, flows = 0, moved = 0;
  for (const TrafficData& s : e.out.traffic) {
    packets += s.packets;
    bytes += s.bytes;
    flows += s.new_flows;
    for (const FlowDelta& d : s.deltas) {
      moved += d.originator_packets + d.responder_packets;
    }
  }
  EXPECT_EQ(packets, 2u);
  EXPECT_EQ(bytes, 200u);
  EXPECT_EQ(flows, 2u);
  EXPECT_EQ(moved, 3u);
  for (const Signal& s : e.Of(SignalKind::kTraffic)) {
    EXPECT_EQ(s.clock % kSecondNanos, 0);
    EXPECT_EQ(s.phase, 0);
  }
}

TEST(FlowEngineTest, RatesRiseAndDecay) {
  Traffic t;
  Engine e;
  for (int second = 0; second < 60; ++second) {
    for (int i = 0; i < 100; ++i) t.Udp(kA, kB, 46);
    t.Wait(kSecondNanos);
    t.batch.clock = t.clock;
    e.Take(t);
  }
  EXPECT_NEAR(e.Open()[0].originator_packets_per_second, 100, 2);
  EXPECT_NEAR(e.Open()[0].originator_bits_per_second, 80000, 1600);
  e.AdvanceTo(t.clock + 5 * kSecondNanos);
  EXPECT_NEAR(e.Open()[0].originator_packets_per_second, 50, 2);
  EXPECT_NEAR(e.Open()[0].staleness_ratio, 6.0 / 60, 0.001);
}

TEST(FlowEngineTest, ClockJumpsEndOnlyWhatIsDueAndNothingIsNegative) {
  constexpr UnixNanos kMax = std::numeric_limits<UnixNanos>::max();
  constexpr UnixNanos kMin = std::numeric_limits<UnixNanos>::min();
  for (UnixNanos start : {kMin, UnixNanos{-1}, UnixNanos{0}, kStart}) {
    Traffic t;
    t.clock = start;
    t.Udp(kA, kB);
    t.clock = start + 10 * 365 * 86400 * kSecondNanos;
    t.Udp(kA, kB);
    t.clock = kMax;
    t.Udp(kA, {3, 7});
    Engine e;
    e.Take(t);
    e.Finish();
    for (const FlowSummary& f : e.Closed()) EXPECT_LE(f.start, f.last);
    EXPECT_EQ(e.Closed().size(), 3u);
    EXPECT_TRUE(std::is_sorted(e.out.signals.begin(), e.out.signals.end()));
  }
}

TEST(FlowEngineTest, AClockThatStandsStillKeepsEverything) {
  Traffic t;
  for (int i = 0; i < 1000; ++i) t.Udp(kA, kB);
  t.clock = kStart - 3600 * kSecondNanos;
  t.Udp(kA, kB);
  Engine e;
  e.Take(t);
  EXPECT_EQ(e.Open()[0].from_originator.packets, 1001u);
  EXPECT_EQ(e.Open()[0].last, kStart);
}

TEST(FlowEngineTest, DatagramsAreAskedAnsweredOrRefused) {
  Traffic t;
  t.Udp({1, 40000}, {2, 53});
  t.Udp({1, 40001}, {2, 9999});
  t.Udp({2, 9999}, {1, 40001});
  Engine engine;
  engine.Take(t);
  engine.AdvanceTo(kStart + 100 * kSecondNanos);
  std::vector<FlowState> states;
  for (const FlowSummary& flow : engine.Closed()) {
    states.push_back(flow.state);
    EXPECT_FALSE(flow.payload_examined);
  }
  EXPECT_THAT(states, ::testing::UnorderedElementsAre(FlowState::kAsked,
                                                      FlowState::kAnswered));
}

}  // namespace
}  // namespace tapline::testing
