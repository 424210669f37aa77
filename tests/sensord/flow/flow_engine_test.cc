// Timers, records, evidence, caps and order.

#include "sensord/flow/flow_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

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

TEST(FlowEngineTest, ADatagramOfContradictingFragmentsMakesItsFlowAmbiguous) {
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

// 16 flows at most in each of the 16 shards, 4 of them embryonic.
FlowOptions SmallCaps() {
  FlowOptions options;
  options.max_flows = 256;
  options.max_embryonic_flows = 64;
  return options;
}

TEST(FlowCapTest, AFloodIsAggregatedExactlyAndConnectionsSurvive) {
  Traffic t;
  Engine e(SmallCaps());
  for (uint16_t i = 0; i < 40; ++i) {
    t.Handshake({1, static_cast<uint16_t>(10000 + i)}, {200u + i, 443});
    t.Tcp({1, static_cast<uint16_t>(10000 + i)}, {200u + i, 443}, kTcpAck, 1001,
          5001, 100);
  }
  const uint64_t established = 40;
  constexpr uint32_t kFlood = 20000;
  for (uint32_t i = 0; i < kFlood; ++i) {
    t.Tcp({5000 + i, 1234}, {3, 80}, kTcpSyn, i);
    if (i % 1000 == 0) {
      t.Wait(kSecondNanos / 10);
      e.Take(t);
    }
  }
  for (uint16_t i = 0; i < 40; ++i) {
    t.Tcp({1, static_cast<uint16_t>(10000 + i)}, {200u + i, 443}, kTcpAck, 1101,
          5001, 100);
  }
  e.Take(t);
  e.Finish();
  const FlowCounters& c = e.engine.counters();
  EXPECT_GT(c.aggregated_flows.Get(), 19000u);
  EXPECT_LE(c.peak_open_flows.Get(), 256u);
  EXPECT_EQ(c.packets.Get(), c.updated.Get());
  EXPECT_EQ(e.Count(SignalKind::kSyn), kFlood + established);
  uint64_t packets = 0, bytes = 0, flows = 0, complete = 0;
  for (const FlowSummary& f : e.Closed()) {
    packets += f.from_originator.packets + f.from_responder.packets;
    bytes += f.from_originator.frame_bytes + f.from_responder.frame_bytes;
    flows += f.aggregated_flows;
    if (f.end == FlowEnd::kEndOfInput &&
        f.tcp_state == TcpPhase::kEstablished) {
      EXPECT_EQ(f.from_originator.payload_bytes, 200u);
      ++complete;
    }
  }
  EXPECT_EQ(complete, established);
  EXPECT_EQ(flows, kFlood + established);
  EXPECT_EQ(packets, kFlood + established * 5);
  EXPECT_EQ(bytes, kFlood * 54 + established * (5 * 54 + 200));
}

TEST(FlowCapTest, AnAggregatedAttemptThatIsAnsweredBecomesAFlow) {
  Traffic t;
  Engine e(SmallCaps());
  for (uint32_t i = 0; i < 2000; ++i) {
    t.Tcp({5000 + i, 1234}, {3, 80}, kTcpSyn, i);
  }
  t.Handshake({7, 4000}, {3, 80});
  e.Take(t);
  EXPECT_EQ(e.Count(SignalKind::kEstablished), 1u);
  EXPECT_GT(e.engine.counters().embryonic_evicted_flows.Get(), 0u);
}

TEST(FlowCapTest, AggregateRowsAreBounded) {
  Traffic t;
  Engine e(SmallCaps());
  for (uint32_t i = 0; i < 20000; ++i) {
    t.Udp({5, 1234}, {1000 + i, 9999});
  }
  e.Take(t);
  e.AdvanceTo(kStart + kSecondNanos);
  uint64_t rows = 0, flows = 0;
  for (const FlowSummary& f : e.Closed()) {
    if (f.end != FlowEnd::kAggregated) continue;
    ++rows;
    flows += f.aggregated_flows;
  }
  EXPECT_LE(rows, 16u * 257);
  EXPECT_EQ(flows, e.engine.counters().aggregated_flows.Get());
  EXPECT_EQ(flows + e.engine.counters().opened_flows.Get(), 20000u);
}

TEST(FlowCapTest, AFullTableEvictsTheConnectionIdleForLongest) {
  FlowOptions options;
  options.max_flows = 16 * 4;
  options.max_embryonic_flows = 16 * 4;
  Traffic t;
  Engine e(options);
  // One address pair, so one shard.
  for (uint16_t i = 0; i < 8; ++i) {
    t.Handshake({1, static_cast<uint16_t>(10000 + i)}, kServer);
    t.Tcp({1, 10000}, kServer, kTcpAck, 1001, 5001, 10);
  }
  e.Take(t);
  bool first_lives = false;
  for (const FlowSummary& f : e.Open()) {
    first_lives |= f.originator_port == 10000;
  }
  EXPECT_TRUE(first_lives);
  EXPECT_THAT(e.Open(), SizeIs(4));
  EXPECT_EQ(e.engine.counters().evicted_flows.Get(), 4u);
}

uint32_t Pick(std::mt19937& random, uint32_t count) {
  return static_cast<uint32_t>(1 + random() % count);
}

// Random traffic that opens, closes, reuses, floods and quotes.
void Mix(Traffic& t, uint32_t seed, int count) {
  std::mt19937 random(seed);
  for (int i = 0; i < count; ++i) {
    const End a{Pick(random, 40), static_cast<uint16_t>(1 + random() % 6)};
    const End b{Pick(random, 40), static_cast<uint16_t>(1 + random() % 6)};
    t.Wait(random() % (kSecondNanos / 20));
    switch (random() % 4) {
      case 0:
        t.Udp(a, b, random() % 1000);
        break;
      case 1:
        t.Icmp(a.host, b.host, random() % 20);
        break;
      default:
        t.Tcp(a, b, static_cast<uint8_t>(random() % 64), random() % 3000,
              random() % 3000, random() % 100);
    }
  }
}

std::vector<Signal> Merged(int engines, uint32_t batch, uint64_t seed,
                           const FlowOptions& options, std::string* records) {
  std::vector<std::unique_ptr<Engine>> all;
  for (int i = 0; i < engines; ++i) {
    ShardMask mask = 0;
    for (int s = i; s < kShards; s += engines) mask |= 1 << s;
    all.push_back(std::make_unique<Engine>(options, NewAnalyzerSet(), mask));
  }
  Traffic t(seed);
  Mix(t, 1, 20000);
  DecodedBatch part;
  for (size_t at = 0; at < t.batch.packets.size(); at += batch) {
    const size_t end = std::min(t.batch.packets.size(), at + batch);
    part.packets.assign(t.batch.packets.begin() + at,
                        t.batch.packets.begin() + end);
    part.clock = part.packets.back().clock;
    for (auto& e : all) e->engine.Process(part, e->out);
  }
  std::vector<std::pair<Signal, std::string>> signals;
  for (auto& e : all) {
    e->Finish();
    EXPECT_TRUE(std::is_sorted(e->out.signals.begin(), e->out.signals.end()));
    for (const Signal& s : e->out.signals) {
      if (s.kind == SignalKind::kTraffic) continue;
      std::string text;
      if (s.kind == SignalKind::kFlowClosed) {
        const FlowSummary& f = e->out.flows[s.detail];
        text = std::to_string(f.id) + " " + std::to_string(f.start) + " " +
               std::to_string(f.last) + " " +
               std::to_string(f.from_originator.frame_bytes) + " " +
               std::to_string(f.from_responder.frame_bytes) + " " +
               std::to_string(static_cast<int>(f.end)) + "\n";
      }
      signals.emplace_back(s, text);
    }
  }
  std::sort(signals.begin(), signals.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Signal> out;
  for (auto& [signal, text] : signals) {
    out.push_back(signal);
    *records += text;
  }
  return out;
}

TEST(FlowOrderTest, EnginesBatchesAndSeedsDoNotChangeTheSignals) {
  std::string expected;
  const std::vector<Signal> one = Merged(1, 512, 7, {}, &expected);
  ASSERT_GT(one.size(), 5000u);
  for (const auto& [engines, batch, seed] :
       {std::tuple{2, 512, 7}, std::tuple{3, 1, 7}, std::tuple{16, 100, 7},
        std::tuple{1, 33, 99}, std::tuple{4, 512, 12345}}) {
    std::string records;
    const std::vector<Signal> many =
        Merged(engines, static_cast<uint32_t>(batch),
               static_cast<uint64_t>(seed), {}, &records);
    ASSERT_EQ(many.size(), one.size()) << engines;
    for (size_t i = 0; i < one.size(); ++i) {
      ASSERT_EQ(std::tie(many[i].clock, many[i].phase, many[i].tie,
                         many[i].index, many[i].flow_id),
                std::tie(one[i].clock, one[i].phase, one[i].tie, one[i].index,
                         one[i].flow_id))
          << engines << " " << i;
      ASSERT_EQ(many[i].kind, one[i].kind);
    }
    EXPECT_EQ(records, expected);
  }
}

TEST(FlowOrderTest, CapsEvictAlikeForAnyNumberOfEngines) {
  std::string expected, records;
  const auto one = Merged(1, 512, 7, SmallCaps(), &expected);
  const auto many = Merged(5, 77, 7, SmallCaps(), &records);
  EXPECT_EQ(one.size(), many.size());
  EXPECT_EQ(records, expected);
}

}  // namespace
}  // namespace tapline::testing
