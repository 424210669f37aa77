#include "sensord/stats/stats_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "sensord/event/protocol.h"

namespace tapline {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kStart = 1'000'020;  // a multiple of 60

FlowDelta Delta(uint32_t host, uint64_t sent, uint64_t received,
                Protocol protocol, uint8_t ip_protocol = 6) {
  FlowDelta d;
  d.originator = IpAddress::FromV4(0x0a000000 + host);
  d.responder = IpAddress::FromV4(0xc0000201u);
  d.originator_bytes = sent;
  d.responder_bytes = received;
  d.originator_packets = sent > 0;
  d.responder_packets = received > 0;
  d.protocol = static_cast<uint16_t>(protocol);
  d.ip_protocol = ip_protocol;
  d.encrypted = IsEncrypted(protocol);
  return d;
}

class StatsStageTest : public ::testing::Test {
 protected:
  // One shard's part of the second that ends `second` after the start.
  void Second(int64_t second, TrafficData data, uint32_t shard = 0) {
    SignalBatch batch;
    Signal s;
    s.clock = (kStart + second) * kSecondNanos;
    s.phase = 0;
    s.kind = SignalKind::kTraffic;
    s.index = shard;
    batch.signals.push_back(s);
    batch.traffic.push_back(std::move(data));
    stage_.Process(batch, out_);
  }
  void Advance(int64_t second) {
    stage_.AdvanceClock((kStart + second) * kSecondNanos + 1, out_);
  }
  std::vector<int64_t> Windows() const {
    std::vector<int64_t> seconds;
    for (const v1::Stats& s : out_) seconds.push_back(s.window().seconds());
    return seconds;
  }

  StatsStage stage_;
  std::vector<v1::Stats> out_;
};

TEST_F(StatsStageTest, ShardsOfASecondAreSummedAndDividedIntoShares) {
  TrafficData a;
  a.open_flows = 3;
  a.new_flows = 1;
  a.packets = 10;
  a.bytes = 1000;
  a.deltas = {Delta(1, 600, 0, Protocol::kTls),
              Delta(2, 100, 0, Protocol::kDns)};
  TrafficData b;
  b.open_flows = 4;
  b.new_flows = 2;
  b.packets = 5;
  b.bytes = 500;
  b.deltas = {Delta(3, 0, 300, Protocol::kUnknown, 17)};
  Second(1, a);
  Second(1, b, 1);
  EXPECT_TRUE(out_.empty());
  Advance(1);
  ASSERT_EQ(out_.size(), 1u);
  const v1::Stats& s = out_[0];
  EXPECT_EQ(s.time().seconds(), kStart + 1);
  EXPECT_EQ(s.window().seconds(), 1);
  EXPECT_EQ(s.packets(), 15u);
  EXPECT_EQ(s.bytes(), 1500u);
  EXPECT_EQ(s.packets_per_second(), 15);
  EXPECT_EQ(s.bits_per_second(), 12'000);
  EXPECT_EQ(s.active_flows(), 7u);
  EXPECT_EQ(s.new_flows(), 3u);
  EXPECT_DOUBLE_EQ(s.encrypted_ratio(), 0.6);
  ASSERT_EQ(s.protocols_size(), 3);
  EXPECT_EQ(s.protocols(0).protocol(), "tls");
  EXPECT_EQ(s.protocols(1).protocol(), "udp");
  EXPECT_EQ(s.protocols(1).bytes(), 300u);
  EXPECT_EQ(s.protocols(2).protocol(), "dns");
  EXPECT_EQ(s.top_talkers(0).address(), "10.0.0.1");
  EXPECT_EQ(s.top_talkers(1).address(), "192.0.2.1");
  EXPECT_EQ(stage_.Latest(absl::Seconds(1)).packets(), 15u);
}

TEST_F(StatsStageTest, TenAndSixtySecondWindowsEndOnTheirMultiples) {
  for (int i = 1; i <= 60; ++i) {
    TrafficData data;
    data.packets = 1;
    data.bytes = 100;
    data.open_flows = static_cast<uint64_t>(i);
    Second(i, data);
  }
  Advance(60);
  int tens = 0;
  for (const v1::Stats& s : out_) {
    if (s.window().seconds() != 10) continue;
    ++tens;
    EXPECT_EQ(s.packets(), 10u);
    EXPECT_EQ(s.bits_per_second(), 800);
    EXPECT_EQ(s.time().seconds() % 10, 0);
  }
  EXPECT_EQ(tens, 6);
  ASSERT_EQ(out_.back().window().seconds(), 60);
  EXPECT_EQ(out_.back().packets(), 60u);
  EXPECT_EQ(out_.back().active_flows(), 60u);
  EXPECT_EQ(stage_.Latest(absl::Seconds(60)).packets(), 60u);
}

TEST_F(StatsStageTest, WindowsEndWithNothingOnTheWire) {
  Second(1, TrafficData());
  Advance(10);
  EXPECT_THAT(Windows(), ElementsAre(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 10));
}

TEST_F(StatsStageTest, LeapOfTheClockEndsWindowsOnceAndNotPerSecond) {
  Second(1, TrafficData());
  Advance(1'000'000'000);
  EXPECT_THAT(Windows(), ElementsAre(1, 10, 60));
  stage_.AdvanceClock(INT64_MAX, out_);
  EXPECT_LE(out_.size(), 9u);
}

TEST_F(StatsStageTest, EndOfInputEndsWhatHasBegun) {
  Second(1, TrafficData());
  stage_.Finish(out_);
  EXPECT_THAT(Windows(), ElementsAre(1, 10, 60));
  stage_.Finish(out_);
  EXPECT_EQ(out_.size(), 3u);
}

TEST_F(StatsStageTest, DropsGoIntoTheNextWindowOfEachLength) {
  Second(1, TrafficData());
  Advance(1);
  stage_.SetDropped(7);
  Advance(2);
  stage_.SetDropped(9);
  Advance(10);
  EXPECT_EQ(out_[0].dropped_packets(), 0u);
  EXPECT_EQ(out_[1].dropped_packets(), 7u);
  EXPECT_EQ(out_[2].dropped_packets(), 2u);
  EXPECT_EQ(out_.back().window().seconds(), 10);
  EXPECT_EQ(out_.back().dropped_packets(), 9u);
}

TEST_F(StatsStageTest, TopTalkersCoverTheLastMinuteAndForget) {
  TrafficData data;
  data.deltas = {Delta(1, 1'000'000, 0, Protocol::kTls)};
  Second(1, data);
  for (int i = 2; i <= 50; ++i) {
    data.deltas = {Delta(2, 100, 0, Protocol::kTls)};
    Second(i, data);
  }
  Advance(50);
  EXPECT_EQ(stage_.TopTalkers(1)[0].address(), "10.0.0.1");
  for (int i = 51; i <= 75; ++i) Second(i, data);
  Advance(75);
  ASSERT_EQ(stage_.TopTalkers(10).size(), 1u);
  EXPECT_EQ(stage_.TopTalkers(10)[0].address(), "10.0.0.2");
}

TEST_F(StatsStageTest, NothingBeforeTheFirstSecond) {
  Advance(100);
  stage_.Finish(out_);
  EXPECT_TRUE(out_.empty());
  EXPECT_EQ(stage_.Latest(absl::Seconds(1)).packets(), 0u);
  EXPECT_TRUE(stage_.TopTalkers(5).empty());
}

}  // namespace
}  // namespace tapline
