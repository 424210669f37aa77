#include "sensord/pipeline/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "common/config/config.h"
#include "tests/support/fake_source.h"
#include "tests/support/packet_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tunnel_builder.h"

namespace tapline {
namespace {

using testing::Bytes;
using testing::FakeSource;
using testing::kAck;
using testing::kSyn;
using testing::TimedFrame;

constexpr UnixNanos kStart = 1'767'225'600 * kSecondNanos;

// Keeps every record as text.
class Collector final : public RecordSink {
 public:
  void Accept(absl::Span<v1::Record* const> records) override {
    for (const v1::Record* r : records) {
      lines_.push_back(r->SerializeAsString());
      if (r->has_flow()) flows_.push_back(r->flow());
      if (r->has_alert()) alerts_.push_back(r->alert());
    }
  }
  std::vector<std::string> Sorted() const {
    std::vector<std::string> sorted = lines_;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }
  std::vector<std::string> lines_;
  std::vector<v1::Flow> flows_;
  std::vector<v1::Alert> alerts_;
};

PipelineOptions Options(int workers, uint64_t seed) {
  auto policy = std::make_shared<Policy>();
  policy->config = DefaultConfig();
  PipelineOptions options;
  options.workers = workers;
  options.policy = std::move(policy);
  options.origin.source_id = "test";
  options.seed[0] = seed;
  options.seed[1] = ~seed;
  return options;
}

Bytes Segment(uint16_t from, uint16_t to, uint8_t flags, uint32_t sequence) {
  testing::TcpFields fields;
  fields.sequence = sequence;
  return testing::Tcp(from, to, flags, {}, fields);
}

Bytes Frame4(const std::string& from, const std::string& to, uint8_t protocol,
             Bytes transport) {
  return testing::Ethernet(0x0800,
                           testing::Ipv4(from, to, protocol, transport));
}

// TCP handshakes, scans, DNS, fragments, tunnels, malformed packets, silences
// and times that go back, from a fixed seed.
std::shared_ptr<const std::vector<TimedFrame>> MixedTraffic(size_t frames) {
  std::mt19937_64 random(42);
  auto traffic = std::make_shared<std::vector<TimedFrame>>();
  UnixNanos time = kStart;
  while (traffic->size() < frames) {
    time += static_cast<UnixNanos>(random() % (40 * kMillisecondNanos));
    // Silences that end most of the table, within a batch or between two.
    if (traffic->size() % 5000 == 4096) time += 90 * kSecondNanos;
    const std::string a = "192.0.2." + std::to_string(1 + random() % 30);
    const std::string b = "198.51.100." + std::to_string(1 + random() % 30);
    const uint16_t port = static_cast<uint16_t>(1024 + random() % 200);
    Bytes frame;
    switch (random() % 7) {
      case 0:
        frame = Frame4(
            a, b, 6, Segment(port, 80, kSyn, static_cast<uint32_t>(random())));
        break;
      case 1:
        frame = Frame4(b, a, 6, Segment(80, port, kSyn | kAck, 7));
        break;
      case 2:
        frame = Frame4(a, b, 17, testing::Udp(port, 53, Bytes(20, 1)));
        break;
      case 3:
        frame = Frame4(a, b, 6,
                       Segment(4000, static_cast<uint16_t>(random()), kSyn, 1));
        break;
      case 4:
        frame = Frame4(
            "203.0.113.1", "203.0.113.2", 47,
            testing::Gre(
                0x0800,
                testing::Ipv4(a, b, 17, testing::Udp(port, 99, Bytes(9, 2)))));
        break;
      case 5:
        // A TCP header that ends early.
        frame = Frame4(a, b, 6, Bytes(11, 3));
        break;
      default:
        frame = Frame4(a, b, 6, Segment(port, 80, kAck, 2));
        break;
    }
    const UnixNanos jitter = random() % 10 == 0 ? -3 * kMillisecondNanos : 0;
    traffic->push_back({time + jitter, std::move(frame)});
  }
  return traffic;
}

// What is in one and not in the other, readable.
std::string Difference(const std::vector<std::string>& a,
                       const std::vector<std::string>& b) {
  std::vector<std::string> only;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(),
                                std::back_inserter(only));
  std::string text;
  for (size_t i = 0; i < only.size() && i < 4; ++i) {
    v1::Record record;
    record.ParseFromString(only[i]);
    text += record.ShortDebugString() + "\n";
  }
  return text;
}

struct RunResult {
  std::vector<std::string> records;
  std::vector<v1::Alert> alerts;
  v1::Loss loss;
  PipelineTotals totals;
};

RunResult RunMix(int workers, size_t batch, uint64_t seed) {
  static const auto traffic = MixedTraffic(20'000);
  Collector sink;
  Pipeline pipeline(Options(workers, seed),
                    std::make_unique<FakeSource>(traffic, batch), sink);
  EXPECT_OK(pipeline.Run());
  return {sink.Sorted(), sink.alerts_, pipeline.Loss(), pipeline.totals()};
}

TEST(PipelineTest, WorkersBatchesAndSeedsDoNotChangeTheRecords) {
  const RunResult reference = RunMix(1, 512, 1);
  ASSERT_GT(reference.records.size(), 1000u);
  ASSERT_FALSE(reference.alerts.empty());
  EXPECT_EQ(Difference(RunMix(1, 7, 1).records, reference.records), "");
  EXPECT_EQ(Difference(RunMix(1, 512, 99).records, reference.records), "");
  EXPECT_EQ(Difference(RunMix(2, 512, 1).records, reference.records), "");
  EXPECT_EQ(Difference(RunMix(3, 64, 5).records, reference.records), "");
  EXPECT_EQ(Difference(RunMix(16, 33, 7).records, reference.records), "");
}

TEST(PipelineTest, EveryFrameIsOutOrDropped) {
  const RunResult result = RunMix(2, 100, 3);
  uint64_t dropped = 0;
  for (const v1::Dropped& d : result.loss.dropped()) dropped += d.count();
  EXPECT_EQ(result.loss.in(), 20'000u);
  EXPECT_EQ(result.loss.in(), result.loss.out() + dropped);
  EXPECT_EQ(result.loss.in_flight(), 0u);
}

// Their ids counted the samples of a batch.
TEST(PipelineTest, AnomalyEventsDoNotDependOnTheBatch) {
  auto traffic = std::make_shared<std::vector<TimedFrame>>();
  for (int i = 0; i < 20; ++i) {
    traffic->push_back(
        {kStart + i, Frame4("192.0.2.1", "192.0.2.2", 6, Bytes(11, 3))});
  }
  std::vector<std::string> records[2];
  for (const size_t batch : {1, 20}) {
    Collector sink;
    Pipeline pipeline(Options(1, 1),
                      std::make_unique<FakeSource>(traffic, batch), sink);
    ASSERT_OK(pipeline.Run());
    EXPECT_EQ(pipeline.totals().events, 20u);
    records[batch == 1] = sink.Sorted();
  }
  EXPECT_EQ(Difference(records[0], records[1]), "");
}

// Errors about two address pairs were one flow when the pairs shared a shard.
TEST(PipelineTest, IcmpErrorFlowsDoNotDependOnTheSeed) {
  auto traffic = std::make_shared<std::vector<TimedFrame>>();
  for (int i = 0; i < 64; ++i) {
    const Bytes quoted = testing::Ipv4(
        "192.0.2.1", "198.51.100." + std::to_string(1 + i % 8), 17,
        testing::Udp(static_cast<uint16_t>(4000 + i), 99, Bytes(8, 1)));
    traffic->push_back({kStart + i, Frame4("203.0.113.1", "192.0.2.1", 1,
                                           testing::Icmp(11, 0, 0, quoted))});
  }
  const auto run = [&traffic](uint64_t seed) {
    Collector sink;
    Pipeline pipeline(Options(1, seed),
                      std::make_unique<FakeSource>(traffic, 8), sink);
    EXPECT_OK(pipeline.Run());
    EXPECT_EQ(sink.flows_.size(), 8u);
    return sink.Sorted();
  };
  const std::vector<std::string> reference = run(1);
  for (uint64_t seed = 2; seed < 20; ++seed) {
    EXPECT_EQ(Difference(run(seed), reference), "") << seed;
  }
}

// The number that told reuses apart counted those of the whole shard.
TEST(PipelineTest, IdsOfReusedConnectionsDoNotDependOnTheSeed) {
  auto traffic = std::make_shared<std::vector<TimedFrame>>();
  for (int round = 0; round < 3; ++round) {
    for (int host = 0; host < 24; ++host) {
      const std::string client = "192.0.2." + std::to_string(1 + host);
      // All at one clock, as in captures without times.
      const uint32_t sequence = 1'000'000u * (round + 1);
      testing::TcpFields refusal;
      refusal.acknowledgment = sequence + 1;
      traffic->push_back({kStart, Frame4(client, "198.51.100.1", 6,
                                         Segment(4000, 80, kSyn, sequence))});
      traffic->push_back(
          {kStart,
           Frame4("198.51.100.1", client, 6,
                  testing::Tcp(80, 4000, testing::kRst | kAck, {}, refusal))});
    }
  }
  const auto run = [&traffic](uint64_t seed) {
    Collector sink;
    Pipeline pipeline(Options(1, seed),
                      std::make_unique<FakeSource>(traffic, 8), sink);
    EXPECT_OK(pipeline.Run());
    EXPECT_EQ(sink.flows_.size(), 72u);
    return sink.Sorted();
  };
  const std::vector<std::string> reference = run(1);
  for (uint64_t seed = 2; seed < 10; ++seed) {
    EXPECT_EQ(Difference(run(seed), reference), "") << seed;
  }
}

// A connection to port 443 with bytes that no protocol has.
std::shared_ptr<const std::vector<TimedFrame>> StrangeTalk() {
  auto traffic = std::make_shared<std::vector<TimedFrame>>();
  const Bytes strange(200, 3);
  const auto add = [&](bool client, uint8_t flags, uint32_t sequence,
                       uint32_t acknowledgment, const Bytes& payload) {
    testing::TcpFields fields;
    fields.sequence = sequence;
    fields.acknowledgment = acknowledgment;
    traffic->push_back(
        {kStart + static_cast<UnixNanos>(traffic->size()) * kMillisecondNanos,
         client ? Frame4("192.0.2.1", "192.0.2.2", 6,
                         testing::Tcp(4000, 443, flags, payload, fields))
                : Frame4("192.0.2.2", "192.0.2.1", 6,
                         testing::Tcp(443, 4000, flags, payload, fields))});
  };
  add(true, kSyn, 100, 0, {});
  add(false, kSyn | kAck, 500, 101, {});
  add(true, kAck, 101, 501, {});
  add(true, kAck, 101, 501, strange);
  add(false, kAck, 501, 301, strange);
  add(true, kAck, 301, 701, {});
  return traffic;
}

TEST(PipelineTest, AFlowSaysWhetherItsPayloadWasExamined) {
  const auto run = [](bool dpi, const char* off) {
    Collector sink;
    auto policy = std::make_shared<Policy>();
    policy->config = DefaultConfig();
    policy->config.mutable_flow()->set_dpi(dpi);
    policy->config.mutable_flow()->add_dpi_off(off);
    PipelineOptions options = Options(1, 1);
    options.policy = std::move(policy);
    Pipeline pipeline(options, std::make_unique<FakeSource>(StrangeTalk(), 8),
                      sink);
    EXPECT_OK(pipeline.Run());
    EXPECT_EQ(sink.flows_.size(), 1u);
    return sink.flows_.empty() ? v1::Flow() : sink.flows_[0];
  };
  const v1::Flow flow = run(true, "ssh");
  EXPECT_TRUE(flow.payload_examined());
  EXPECT_EQ(flow.application().basis(), v1::BASIS_PORT_HINT);
  EXPECT_EQ(flow.state(), v1::FLOW_STATE_ESTABLISHED);
  EXPECT_FALSE(run(false, "ssh").payload_examined());
  EXPECT_FALSE(run(true, "tls").payload_examined());
}

TEST(PipelineTest, TheStartMayBeTheEpochItself) {
  auto traffic = std::make_shared<std::vector<TimedFrame>>();
  for (int i = 0; i < 3; ++i) {
    traffic->push_back({i, Frame4("192.0.2.1", "192.0.2.2", 17, Bytes(8, 1))});
  }
  Collector sink;
  Pipeline pipeline(Options(1, 1), std::make_unique<FakeSource>(traffic, 1),
                    sink);
  ASSERT_OK(pipeline.Run());
  EXPECT_EQ(pipeline.totals().first_clock, 0);
  EXPECT_EQ(pipeline.totals().last_clock, 2);
}

TEST(PipelineTest, AnInnerFlowNamesTheFlowThatCarriesIt) {
  auto traffic = std::make_shared<std::vector<TimedFrame>>();
  for (int i = 0; i < 3; ++i) {
    traffic->push_back(
        {kStart + i,
         Frame4("203.0.113.1", "203.0.113.2", 47,
                testing::Gre(0x0800, testing::Ipv4("192.0.2.1", "192.0.2.2", 17,
                                                   testing::Udp(5, 6, {1}))))});
  }
  for (int workers : {1, 2, 16}) {
    Collector sink;
    Pipeline pipeline(Options(workers, 11),
                      std::make_unique<FakeSource>(traffic, 1), sink);
    ASSERT_OK(pipeline.Run());
    ASSERT_EQ(sink.flows_.size(), 2u);
    const bool first_is_inner = sink.flows_[0].transport() == v1::TRANSPORT_UDP;
    const v1::Flow& inner = sink.flows_[first_is_inner ? 0 : 1];
    const v1::Flow& outer = sink.flows_[first_is_inner ? 1 : 0];
    EXPECT_EQ(outer.transport(), v1::TRANSPORT_GRE);
    EXPECT_EQ(inner.encapsulation().outer_flow_id(), outer.id());
    EXPECT_THAT(inner.encapsulation().tunnels(), ::testing::ElementsAre("gre"));
    EXPECT_EQ(inner.from_originator().packets(), 3u);
  }
}

TEST(PipelineTest, ASuppressionHidesTheAlertAndIsTold) {
  auto traffic = std::make_shared<std::vector<TimedFrame>>();
  for (uint16_t port = 1; port <= 50; ++port) {
    traffic->push_back(
        {kStart + port * kMillisecondNanos,
         Frame4("192.0.2.9", "192.0.2.1", 6, Segment(4000, port, kSyn, 1))});
  }
  Collector loud;
  Pipeline first(Options(1, 1), std::make_unique<FakeSource>(traffic, 512),
                 loud);
  ASSERT_OK(first.Run());
  ASSERT_FALSE(loud.alerts_.empty());
  EXPECT_EQ(loud.alerts_.front().rule(), "port_scan");

  PipelineOptions options = Options(1, 1);
  auto policy = std::make_shared<Policy>(*options.policy);
  v1::Suppression& rule = *policy->config.add_suppressions();
  rule.set_id("0123456789abcdef");
  rule.set_cidr("192.0.2.9");
  rule.set_direction(v1::DIRECTION_SOURCE);
  options.policy = policy;
  std::vector<std::string> told;
  options.on_suppressed = [&told](absl::string_view id) {
    told.emplace_back(id);
  };
  Collector silent;
  Pipeline second(options, std::make_unique<FakeSource>(traffic, 512), silent);
  ASSERT_OK(second.Run());
  EXPECT_TRUE(silent.alerts_.empty());
  EXPECT_THAT(told, ::testing::Contains("0123456789abcdef"));
}

}  // namespace
}  // namespace tapline
