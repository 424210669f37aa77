#include "sensord/detect/detect_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/sensord/detect/traffic.h"

namespace tapline {
namespace {

using ::testing::ElementsAre;

const IpAddress kTarget = Ip("198.51.100.7");

void Scan(Traffic& t, const IpAddress& from, int ports) {
  for (int port = 1; port <= ports; ++port) {
    t.Syn({.from = from, .to = kTarget, .port = static_cast<uint16_t>(port)});
  }
}

std::vector<uint32_t> Revisions(const DetectRun& run) {
  std::vector<uint32_t> revisions;
  for (const Detection& d : run.detections) {
    revisions.push_back(d.alert.revision());
  }
  return revisions;
}

TEST(DetectStageTest, IncidentIsUpdatedOnceAMinuteWhileItChanges) {
  Traffic t;
  DetectRun run;
  Scan(t, Ip("192.0.2.1"), 10);
  for (int i = 0; i < 119; ++i) {
    t.Wait(absl::Seconds(1));
    Scan(t, Ip("192.0.2.1"), 1);
  }
  run.Feed(t);
  EXPECT_THAT(Revisions(run), ElementsAre(1, 2));
  EXPECT_EQ(run.detections[1].clock, 1'000'060 * kSecondNanos);
  EXPECT_EQ(run.detections[1].alert.id(), run.detections[0].alert.id());
  EXPECT_EQ(run.detections[1].alert.count(), 69u);
}

TEST(DetectStageTest, IncidentEndsWithALastRevisionAfterTheSuppressWindow) {
  Traffic t;
  DetectRun run;
  Scan(t, Ip("192.0.2.1"), 12);
  const UnixNanos last = t.now();
  run.Feed(t).Advance(last + 59 * kSecondNanos);
  EXPECT_THAT(Revisions(run), ElementsAre(1));
  run.Advance(last + 60 * kSecondNanos);
  EXPECT_THAT(Revisions(run), ElementsAre(1, 2));
  run.Advance(last + 1000 * kSecondNanos);
  EXPECT_THAT(Revisions(run), ElementsAre(1, 2));
}

TEST(DetectStageTest, SameScanAfterTheIncidentEndedIsANewAlert) {
  Traffic t;
  DetectRun run;
  Scan(t, Ip("192.0.2.1"), 10);
  t.Wait(absl::Seconds(299));
  Scan(t, Ip("192.0.2.1"), 10);
  run.Feed(t);
  EXPECT_EQ(run.Alerts().size(), 1u);
  t.Wait(absl::Seconds(301));
  Scan(t, Ip("192.0.2.1"), 10);
  run.Feed(t).Finish();
  ASSERT_EQ(run.Alerts().size(), 2u);
  EXPECT_NE(run.Alerts()[0].id(), run.Alerts()[1].id());
}

std::vector<std::string> RunInSteps(const std::vector<Signal>& signals,
                                    size_t step, bool ticks) {
  DetectRun run;
  for (size_t i = 0; i < signals.size(); i += step) {
    Traffic t;
    const size_t end = std::min(i + step, signals.size());
    t.batch.signals.assign(signals.begin() + i, signals.begin() + end);
    run.Feed(t);
    if (ticks && end < signals.size()) run.Advance(signals[end].clock);
  }
  run.Finish();
  std::vector<std::string> all;
  for (const Detection& d : run.detections) {
    all.push_back(std::to_string(d.clock) + d.alert.SerializeAsString());
  }
  return all;
}

TEST(DetectStageTest, AlertsDoNotDependOnBatchesOrTicks) {
  Traffic t;
  for (int i = 0; i < 3000; ++i) {
    const auto n = static_cast<uint32_t>(i * 7919 % 23);
    t.HalfOpen({.from = IpAddress::FromV4(0xc0000200 + n % 5),
                .to = IpAddress::FromV4(0xc6336400 + n),
                .port = static_cast<uint16_t>(i * 31 % 97)});
    t.Wait(absl::Milliseconds(i * 13 % 350));
  }
  const std::vector<std::string> whole =
      RunInSteps(t.batch.signals, 1 << 20, false);
  EXPECT_GT(whole.size(), 5u);
  EXPECT_EQ(RunInSteps(t.batch.signals, 1, false), whole);
  EXPECT_EQ(RunInSteps(t.batch.signals, 7, true), whole);
}

TEST(DetectStageTest, RuleSwitchedOffGivesNothing) {
  v1::Config config = DetectTestConfig();
  config.mutable_detect()->mutable_port_scan()->set_enabled(false);
  Traffic t;
  Scan(t, Ip("192.0.2.1"), 100);
  EXPECT_EQ(DetectRun(config).Feed(t).Finish().RuleNames(), "");
}

TEST(DetectStageTest, NewThresholdHoldsForTheSignalsThatFollow) {
  Traffic t;
  DetectRun run;
  Scan(t, Ip("192.0.2.1"), 9);
  run.Feed(t);
  v1::Config config = DetectTestConfig();
  config.mutable_detect()->mutable_port_scan()->set_min_ports(3);
  run.stage.SetPolicy(MakePolicy(config));
  EXPECT_EQ(run.RuleNames(), "");
  Scan(t, Ip("192.0.2.1"), 1);
  EXPECT_EQ(run.Feed(t).RuleNames(), "port_scan");
  Scan(t, Ip("192.0.2.2"), 3);
  EXPECT_EQ(run.Feed(t).RuleNames(), "port_scan port_scan");
}

TEST(DetectStageTest, CoverageIsStampedOnAlerts) {
  Traffic t;
  DetectRun run;
  run.stage.SetCoverage(0.5);
  Scan(t, Ip("192.0.2.1"), 10);
  run.Feed(t);
  ASSERT_EQ(run.detections.size(), 1u);
  EXPECT_EQ(run.detections[0].alert.coverage(), 0.5);
}

TEST(DetectStageTest, ClockThatLeapsOrStartsAnywhereIsSurvived) {
  for (UnixNanos start : {INT64_MIN + 1, int64_t{0}, INT64_MAX - 1}) {
    Traffic t;
    Scan(t, Ip("192.0.2.1"), 10);
    for (Signal& s : t.batch.signals) s.clock = start;
    DetectRun run;
    run.Feed(t).Advance(INT64_MAX).Finish();
    EXPECT_EQ(run.RuleNames(), "port_scan") << start;
  }
}

TEST(DetectStageTest, EveryRuleHasItsFacts) {
  for (const RuleInfo& rule : Rules()) {
    EXPECT_FALSE(rule.description.empty()) << rule.name;
    EXPECT_EQ(rule.technique[0], 'T') << rule.name;
    EXPECT_GE(rule.version, 1u);
  }
}

}  // namespace
}  // namespace tapline
