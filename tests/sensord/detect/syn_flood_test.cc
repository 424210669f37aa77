#include <gtest/gtest.h>

#include "tests/sensord/detect/traffic.h"

namespace tapline {
namespace {

const IpAddress kAttacker = Ip("192.0.2.66");
const IpAddress kTarget = Ip("198.51.100.7");

Path From(const IpAddress& source, uint16_t port = 80) {
  return {.from = source, .to = kTarget, .port = port};
}
IpAddress Spoofed(int n) {
  return IpAddress::FromV4(0x0b000000 + static_cast<uint32_t>(n) * 7919);
}

TEST(SynFloodTest, HundredSynsOfOneSourceRaiseOneCriticalAlert) {
  Traffic t;
  for (int i = 0; i < 100; ++i)
    t.Wait(absl::Milliseconds(10)).Syn(From(kAttacker));
  DetectRun run;
  run.Feed(t).Advance(t.now() + kSecondNanos);
  ASSERT_EQ(run.RuleNames(), "syn_flood");
  const v1::Alert alert = run.Alerts()[0];
  EXPECT_EQ(alert.severity(), v1::SEVERITY_CRITICAL);
  EXPECT_EQ(alert.source().address(), "192.0.2.66");
  EXPECT_EQ(alert.target().address(), "198.51.100.7");
  EXPECT_EQ(alert.target().port(), 80u);
  EXPECT_EQ(alert.evidence().syn_flood().syns(), 100u);
  EXPECT_LE(run.detections[0].clock - t.now(), 300 * kMillisecondNanos);
}

TEST(SynFloodTest, NinetyNineSynsAreSilentAndSoAreHundredSlowOnes) {
  Traffic few;
  for (int i = 0; i < 99; ++i) few.Syn(From(kAttacker));
  EXPECT_EQ(DetectRun().Feed(few).Finish().RuleNames(), "");
  Traffic slow;
  for (int i = 0; i < 300; ++i) {
    slow.Wait(absl::Milliseconds(110)).Syn(From(kAttacker));
  }
  EXPECT_EQ(DetectRun().Feed(slow).Finish().RuleNames(), "");
}

TEST(SynFloodTest, FloodAnsweredWithSynAcksIsStillOneFlood) {
  Traffic t;
  for (int i = 0; i < 20000; ++i) {
    t.Wait(absl::Microseconds(10)).HalfOpen(From(kAttacker));
  }
  DetectRun run;
  ASSERT_EQ(run.Feed(t).Finish().RuleNames(), "syn_flood");
  EXPECT_EQ(run.Alerts()[0].count(), 20000u);
  EXPECT_EQ(run.Alerts()[0].evidence().syn_flood().syns(), 20000u);
  EXPECT_GT(run.Alerts()[0].evidence().syn_flood().answered(), 18000u);
}

TEST(SynFloodTest, FloodAtAClosedPortIsNotAlsoBruteForce) {
  for (absl::Duration gap : {absl::Microseconds(10), absl::Milliseconds(1),
                             absl::Milliseconds(20)}) {
    Traffic t;
    for (int i = 0; i < 400; ++i) t.Wait(gap).Refused(From(kAttacker));
    EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "syn_flood") << gap;
  }
}

TEST(SynFloodTest, FloodAtAPortThatWasScannedBeforeIsNotAlsoBruteForce) {
  Traffic t;
  t.Refused(From(kAttacker));
  t.Wait(absl::Seconds(2));
  for (int i = 0; i < 400; ++i) {
    t.Wait(absl::Milliseconds(1)).Refused(From(kAttacker));
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "syn_flood");
}

TEST(SynFloodTest, SpoofedSourcesRaiseOneAlertWithoutSource) {
  Traffic t;
  for (int i = 0; i < 5000; ++i) {
    t.Wait(absl::Microseconds(100)).HalfOpen(From(Spoofed(i)));
  }
  DetectRun run;
  ASSERT_EQ(run.Feed(t).Finish().RuleNames(), "syn_flood");
  const v1::Alert alert = run.Alerts()[0];
  EXPECT_FALSE(alert.has_source());
  EXPECT_EQ(alert.target().port(), 80u);
  EXPECT_NEAR(alert.evidence().syn_flood().sources(), 5000, 1000);
}

TEST(SynFloodTest, SpoofedSourcesBelowTheTargetsThresholdAreSilent) {
  Traffic t;
  for (int i = 0; i < 999; ++i) t.Syn(From(Spoofed(i)));
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(SynFloodTest, BusyServerIsSilent) {
  Traffic t;
  for (int i = 0; i < 20000; ++i) {
    t.Wait(absl::Microseconds(100)).Connect(From(Spoofed(i % 3000)));
  }
  // A proxy in front of it.
  for (int i = 0; i < 5000; ++i) {
    t.Wait(absl::Milliseconds(1)).Connect(From(kAttacker));
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(SynFloodTest, ManyConnectionsOpenedWithinOneRoundTripAreSilent) {
  Traffic t;
  for (int i = 0; i < 500; ++i) t.Syn(From(kAttacker));
  t.Wait(absl::Milliseconds(150));
  for (int i = 0; i < 500; ++i)
    t.Add(SignalKind::kEstablished, From(kAttacker));
  t.Wait(absl::Seconds(5));
  EXPECT_EQ(DetectRun().Feed(t).Advance(t.now()).Finish().RuleNames(), "");
}

TEST(SynFloodTest, FastScanOfEveryPortIsAScanAndNoFlood) {
  Traffic t;
  for (int i = 0; i < 30000; ++i) {
    const auto port = static_cast<uint16_t>(1 + i);
    t.Wait(absl::Microseconds(50)).Refused(From(kAttacker, port));
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "port_scan");
}

TEST(SynFloodTest, SweepOfManyHostsIsASweepAndNoFlood) {
  Traffic t;
  for (int i = 0; i < 30000; ++i) {
    t.Wait(absl::Microseconds(50))
        .Syn({.from = kAttacker, .to = Spoofed(i), .port = 445});
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "host_sweep");
}

}  // namespace
}  // namespace tapline
