#include <gtest/gtest.h>

#include "tests/sensord/detect/traffic.h"

namespace tapline {
namespace {

const IpAddress kScanner = Ip("192.0.2.66");

IpAddress Host(int n) {
  return IpAddress::FromV4(0xc6336400 + static_cast<uint32_t>(n));
}

Path To(int host, uint16_t port = 445) {
  return {.from = kScanner, .to = Host(host), .port = port};
}

TEST(HostSweepTest, FifteenRefusingHostsRaiseAtOnce) {
  Traffic t;
  for (int i = 1; i <= 14; ++i) t.Refused(To(i));
  DetectRun run;
  EXPECT_EQ(run.Feed(t).RuleNames(), "");
  t.Refused(To(15));
  ASSERT_EQ(run.Feed(t).RuleNames(), "host_sweep");
  const v1::Alert alert = run.Alerts()[0];
  EXPECT_EQ(alert.severity(), v1::SEVERITY_HIGH);
  EXPECT_FALSE(alert.has_target());
  EXPECT_EQ(alert.evidence().host_sweep().distinct_hosts(), 15u);
  EXPECT_EQ(alert.evidence().host_sweep().port(), 445u);
  EXPECT_EQ(alert.evidence().host_sweep().hosts(14), "198.51.100.15");
}

TEST(HostSweepTest, SilentHostsRaiseWithinASecondWithoutFurtherTraffic) {
  Traffic t;
  for (int i = 1; i <= 15; ++i) t.Syn(To(i));
  DetectRun run;
  EXPECT_EQ(run.Feed(t).RuleNames(), "");
  run.Advance(t.now() + kSecondNanos);
  ASSERT_EQ(run.RuleNames(), "host_sweep");
  EXPECT_EQ(run.detections[0].clock, t.now() + 500 * kMillisecondNanos);
}

TEST(HostSweepTest, FourteenSilentHostsStaySilentHoweverOftenTried) {
  Traffic t;
  for (int i = 0; i < 140; ++i) {
    t.Wait(absl::Milliseconds(200)).Syn(To(1 + i % 14));
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(HostSweepTest, WholeSubnetRaisesOneAlertThatCountsEveryHost) {
  Traffic t;
  for (int i = 1; i <= 254; ++i) {
    t.Wait(absl::Milliseconds(10)).Syn(To(i));
  }
  DetectRun run;
  run.Feed(t).Finish();
  ASSERT_EQ(run.RuleNames(), "host_sweep");
  EXPECT_GE(run.Alerts()[0].evidence().host_sweep().distinct_hosts(), 230u);
  EXPECT_LE(run.detections[0].clock, 1'000'001 * kSecondNanos);
}

TEST(HostSweepTest, BrowserThatReachesManyHostsIsSilent) {
  Traffic t;
  for (int i = 1; i <= 60; ++i) {
    t.Session(To(i, 443), absl::Milliseconds(30), 500, 9000);
  }
  // Opened together, answered together.
  for (int i = 61; i <= 120; ++i) t.Syn(To(i, 443));
  t.Wait(absl::Milliseconds(300));
  for (int i = 61; i <= 120; ++i) {
    t.Add(SignalKind::kAnswered, To(i, 443));
    t.Add(SignalKind::kEstablished, To(i, 443));
  }
  // A few that are down.
  for (int i = 121; i <= 140; ++i) t.Syn(To(i, 443));
  t.Wait(absl::Seconds(2));
  EXPECT_EQ(DetectRun().Feed(t).Advance(t.now()).Finish().RuleNames(), "");
}

TEST(HostSweepTest, HalfOpenScanOfLiveHostsRaises) {
  Traffic t;
  for (int i = 1; i <= 15; ++i) t.HalfOpen(To(i, 22));
  EXPECT_EQ(DetectRun().Feed(t).Advance(t.now() + kSecondNanos).RuleNames(),
            "host_sweep");
}

TEST(HostSweepTest, PingsToFifteenHostsRaise) {
  Traffic t;
  for (int i = 1; i <= 15; ++i) t.Ping(kScanner, Host(i));
  DetectRun run;
  ASSERT_EQ(run.Feed(t).RuleNames(), "host_sweep");
  EXPECT_EQ(run.Alerts()[0].evidence().host_sweep().transport(),
            v1::TRANSPORT_ICMP);
}

TEST(HostSweepTest, UdpToSilentHostsRaisesAndResolverIsSilent) {
  Traffic sweep;
  for (int i = 1; i <= 15; ++i) sweep.Udp(To(i, 161), false);
  EXPECT_EQ(
      DetectRun().Feed(sweep).Advance(sweep.now() + kSecondNanos).RuleNames(),
      "host_sweep");
  Traffic resolver;
  for (int i = 0; i < 2000; ++i) {
    resolver.Wait(absl::Milliseconds(10)).Udp(To(i, 53), i % 10 != 0);
  }
  EXPECT_EQ(DetectRun().Feed(resolver).Finish().RuleNames(), "");
}

TEST(HostSweepTest, QuicAndGroupsAreSilent) {
  Traffic t;
  for (int i = 1; i <= 50; ++i) {
    t.Udp(To(i, 443), false);
    t.Udp({.from = kScanner,
           .to = IpAddress::FromV4(0xef000000 + static_cast<uint32_t>(i)),
           .port = 5000},
          false);
  }
  t.Wait(absl::Seconds(2));
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(HostSweepTest, ArpForAbsentHostsRaises) {
  Traffic t;
  for (int i = 1; i <= 15; ++i) t.ArpRequest(kScanner, Mac(1), Host(i));
  DetectRun run;
  run.Feed(t).Advance(t.now() + kSecondNanos);
  ASSERT_EQ(run.RuleNames(), "host_sweep");
  EXPECT_EQ(run.Alerts()[0].evidence().host_sweep().transport(),
            v1::TRANSPORT_ARP);
}

TEST(HostSweepTest, RouterAskingForLiveHostsIsSilent) {
  Traffic t;
  for (int i = 1; i <= 60; ++i) {
    // Half are known from their own requests, half answer.
    const MacAddress mac = Mac(static_cast<uint8_t>(i));
    if (i % 2 == 0) t.ArpRequest(Host(i), mac, kScanner);
    t.Wait(absl::Milliseconds(100));
    t.ArpRequest(kScanner, Mac(99), Host(i));
    if (i % 2 == 1) t.ArpReply(Host(i), mac, kScanner);
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

}  // namespace
}  // namespace tapline
