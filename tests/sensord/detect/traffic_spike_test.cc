#include <gtest/gtest.h>

#include "tests/sensord/detect/traffic.h"

namespace tapline {
namespace {

// Seconds of about 2 MB/s, 10 % up and down, over 16 shards.
void Usual(Traffic& t, int seconds) {
  for (int i = 0; i < seconds; ++i) {
    t.Wait(absl::Seconds(1));
    for (int shard = 0; shard < 16; ++shard) {
      TrafficData data;
      data.bytes = i % 2 == 0 ? 112'500 : 137'500;
      t.Second(data);
    }
  }
}

void Burst(Traffic& t, uint64_t bytes) {
  t.Wait(absl::Seconds(1));
  for (int shard = 0; shard < 16; ++shard) {
    TrafficData data;
    data.bytes = bytes / 16;
    t.Second(data);
  }
}

TEST(TrafficSpikeTest, SecondThreeDeviationsAboveRaisesMedium) {
  Traffic t;
  DetectRun run;
  Usual(t, 60);
  Burst(t, 2'640'000);  // z = 3.2
  run.Feed(t).Advance(t.now() + 100 * kMillisecondNanos);
  ASSERT_EQ(run.RuleNames(), "traffic_spike");
  const v1::Alert alert = run.Alerts()[0];
  EXPECT_EQ(alert.severity(), v1::SEVERITY_MEDIUM);
  EXPECT_FALSE(alert.has_source());
  EXPECT_FALSE(alert.has_target());
  const v1::TrafficSpikeEvidence& e = alert.evidence().traffic_spike();
  EXPECT_DOUBLE_EQ(e.bytes_per_second(), 2'640'000);
  EXPECT_NEAR(e.mean(), 2'000'000, 20'000);
  EXPECT_NEAR(e.z(), 3.2, 0.1);
}

TEST(TrafficSpikeTest, SmallerRiseIsSilent) {
  Traffic t;
  Usual(t, 60);
  Burst(t, 2'560'000);  // z = 2.8
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(TrafficSpikeTest, NothingIsJudgedBeforeWarmUp) {
  Traffic t;
  Usual(t, 59);
  Burst(t, 900'000'000);
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(TrafficSpikeTest, RiseOnAnIdleLinkBelowTheFloorIsSilent) {
  Traffic t;
  for (int i = 0; i < 100; ++i) Burst(t, 160);
  Burst(t, 900'000);
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(TrafficSpikeTest, LongSpikeIsOneAlertAndBecomesUsual) {
  Traffic t;
  Usual(t, 60);
  for (int i = 0; i < 1200; ++i) Burst(t, 20'000'000);
  DetectRun run;
  run.Feed(t).Finish();
  ASSERT_EQ(run.RuleNames(), "traffic_spike");
  EXPECT_GT(run.Alerts()[0].count(), 5u);
  EXPECT_LT(run.Alerts()[0].count(), 600u);
}

TEST(TrafficSpikeTest, SpikeDoesNotHideTheNextOne) {
  Traffic t;
  Usual(t, 60);
  Burst(t, 500'000'000);
  Usual(t, 400);
  Burst(t, 4'000'000);
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(),
            "traffic_spike traffic_spike");
}

}  // namespace
}  // namespace tapline
