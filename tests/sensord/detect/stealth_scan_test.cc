#include <gtest/gtest.h>

#include "tests/sensord/detect/traffic.h"

namespace tapline {
namespace {

const IpAddress kScanner = Ip("192.0.2.66");
const IpAddress kTarget = Ip("198.51.100.7");

Path Port(int port) {
  return {.from = kScanner, .to = kTarget, .port = static_cast<uint16_t>(port)};
}

TEST(StealthScanTest, FifthProbeRaisesWithKindsCounted) {
  Traffic t;
  t.Stealth(Port(1), 0x00);
  t.Stealth(Port(2), 0x01);
  t.Stealth(Port(3), 0x29);
  t.Stealth(Port(4), 0x03);
  DetectRun run;
  EXPECT_EQ(run.Feed(t).RuleNames(), "");
  t.Stealth(Port(5), 0x29);
  ASSERT_EQ(run.Feed(t).RuleNames(), "stealth_scan");
  const v1::Alert alert = run.Alerts()[0];
  EXPECT_EQ(alert.severity(), v1::SEVERITY_HIGH);
  EXPECT_EQ(alert.target().address(), "198.51.100.7");
  const v1::StealthScanEvidence& e = alert.evidence().stealth_scan();
  EXPECT_EQ(e.null_probes(), 1u);
  EXPECT_EQ(e.fin_probes(), 1u);
  EXPECT_EQ(e.xmas_probes(), 2u);
  EXPECT_EQ(e.syn_fin_probes(), 1u);
  EXPECT_EQ(e.distinct_ports(), 5u);
}

TEST(StealthScanTest, ScanOfManyHostsIsOneAlertWithoutTarget) {
  Traffic t;
  for (int i = 0; i < 50; ++i) {
    Path path = Port(80);
    path.to = IpAddress::FromV4(0xc6336401 + static_cast<uint32_t>(i));
    t.Stealth(path, 0);
  }
  DetectRun run;
  ASSERT_EQ(run.Feed(t).Finish().RuleNames(), "stealth_scan");
  EXPECT_FALSE(run.Alerts()[0].has_target());
  EXPECT_EQ(run.Alerts()[0].count(), 50u);
}

TEST(StealthScanTest, DeviceThatRepeatsOneBrokenPacketIsSilent) {
  Traffic t;
  for (int i = 0; i < 100; ++i) t.Stealth(Port(80), 0x01);
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(StealthScanTest, ProbesSlowerThanTheWindowAreSilent) {
  Traffic t;
  for (int port = 1; port <= 30; ++port) {
    t.Wait(absl::Seconds(16)).Stealth(Port(port), 0);
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

}  // namespace
}  // namespace tapline
