// Caps and order: what a shard sheds, whatever the engines.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

#include "flow_harness.h"
#include "sensord/analyzers/analyzer_set.h"
#include "sensord/flow/flow_engine.h"

namespace tapline::testing {
namespace {

using ::testing::SizeIs;

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
    part.FillShards();
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
