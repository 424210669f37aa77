#include <gtest/gtest.h>

#include "tests/sensord/detect/traffic.h"

namespace tapline {
namespace {

const IpAddress kAttacker = Ip("192.0.2.66");
const IpAddress kTarget = Ip("198.51.100.7");

Path Port(uint16_t port) {
  return {.from = kAttacker, .to = kTarget, .port = port};
}

TEST(BruteForceTest, FifthRefusalRaisesWithTheSignalThatCrossed) {
  Traffic t;
  DetectRun run;
  for (int i = 0; i < 4; ++i) t.Wait(absl::Seconds(1)).Refused(Port(8443));
  EXPECT_EQ(run.Feed(t).RuleNames(), "");
  t.Wait(absl::Seconds(1)).Refused(Port(8443));
  ASSERT_EQ(run.Feed(t).RuleNames(), "brute_force");
  const v1::Alert alert = run.Alerts()[0];
  EXPECT_EQ(run.detections[0].clock, t.now());
  EXPECT_EQ(alert.severity(), v1::SEVERITY_HIGH);
  EXPECT_EQ(alert.technique(), "T1110");
  EXPECT_EQ(alert.target().port(), 8443u);
  EXPECT_EQ(alert.evidence().brute_force().failures(), 5u);
  EXPECT_EQ(alert.evidence().brute_force().resets(), 5u);
}

TEST(BruteForceTest, SixQuickRefusalsRaiseAsSoonAsTheyPause) {
  for (absl::Duration gap : {absl::Microseconds(300), absl::Milliseconds(8),
                             absl::Milliseconds(90)}) {
    Traffic t;
    for (int i = 0; i < 6; ++i) t.Wait(gap).Refused(Port(22));
    DetectRun run;
    run.Feed(t).Advance(t.now() + kSecondNanos);
    ASSERT_EQ(run.RuleNames(), "brute_force") << gap;
    EXPECT_LE(run.detections[0].clock - t.now(), 600 * kMillisecondNanos);
  }
}

TEST(BruteForceTest, FourRefusalsAndSlowOnesAreSilent) {
  Traffic t;
  for (int i = 0; i < 4; ++i) t.Refused(Port(22));
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
  Traffic slow;
  for (int i = 0; i < 20; ++i) slow.Wait(absl::Seconds(8)).Refused(Port(22));
  EXPECT_EQ(DetectRun().Feed(slow).Finish().RuleNames(), "");
}

TEST(BruteForceTest, SynSentAgainAfterARefusalIsTheSameFailure) {
  Traffic t;
  for (int login = 0; login < 4; ++login) {
    for (int i = 0; i < 3; ++i) {
      t.Wait(absl::Milliseconds(500)).Refused(Port(22));
      t.batch.signals.back().flow_id = 1000 + static_cast<uint64_t>(login);
    }
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(BruteForceTest, ShortLoginsRaiseOneAlertThatCounts) {
  Traffic t;
  for (int i = 0; i < 8; ++i) {
    t.Session(Port(22), absl::Seconds(2), 3000, 3500);
  }
  DetectRun run;
  ASSERT_EQ(run.Feed(t).Finish().RuleNames(), "brute_force");
  const v1::BruteForceEvidence e = run.Alerts()[0].evidence().brute_force();
  EXPECT_EQ(e.failures(), 8u);
  EXPECT_EQ(e.short_sessions(), 8u);
  EXPECT_EQ(e.resets(), 0u);
  EXPECT_EQ(e.service(), "ssh");
}

TEST(BruteForceTest, OrdinarySessionsAreSilent) {
  Traffic t;
  for (int i = 0; i < 20; ++i) {
    t.Session(Port(80), absl::Milliseconds(20), 300, 5000);     // web
    t.Session(Port(5432), absl::Milliseconds(20), 300, 5000);   // database
    t.Session(Port(22), absl::Milliseconds(20), 60'000, 5000);  // copy
    t.Session(Port(22), absl::Milliseconds(1), 0, 21);          // health check
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(BruteForceTest, RepeatedScansOfClosedPortsAreOnlyAScan) {
  Traffic t;
  for (int run = 0; run < 8; ++run) {
    for (uint16_t port = 20; port < 60; ++port) t.Refused(Port(port));
    t.Wait(absl::Seconds(2));
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "port_scan");
}

TEST(BruteForceTest, RefusalsSoonAfterAScanOrFloodStillRaise) {
  Traffic t;
  for (uint16_t port = 1; port < 60; ++port) t.Refused(Port(port));
  for (int i = 0; i < 2000; ++i) t.Syn(Port(80));
  t.Wait(absl::Seconds(10));
  for (int i = 0; i < 6; ++i) t.Wait(absl::Milliseconds(30)).Refused(Port(22));
  t.Wait(absl::Seconds(1));
  EXPECT_EQ(DetectRun().Feed(t).Advance(t.now()).RuleNames(),
            "brute_force port_scan syn_flood");
}

}  // namespace
}  // namespace tapline
