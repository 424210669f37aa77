#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sensord/detect/traffic.h"

namespace tapline {
namespace {

using ::testing::ElementsAre;

const IpAddress kScanner = Ip("192.0.2.66");
const IpAddress kTarget = Ip("198.51.100.7");

Path Port(int port, uint16_t from_port = 40000) {
  return {.from = kScanner,
          .to = kTarget,
          .port = static_cast<uint16_t>(port),
          .from_port = from_port};
}

TEST(PortScanTest, TenthPortRaisesHighAlertWithTheSignalThatCrossed) {
  Traffic t;
  for (int port = 1; port <= 9; ++port) t.Syn(Port(port));
  DetectRun run;
  EXPECT_TRUE(run.Feed(t).detections.empty());
  t.Wait(absl::Seconds(1)).Syn(Port(10));
  ASSERT_EQ(run.Feed(t).detections.size(), 1u);
  const Detection& d = run.detections[0];
  EXPECT_EQ(d.clock, t.now());
  EXPECT_EQ(d.alert.rule(), "port_scan");
  EXPECT_EQ(d.alert.severity(), v1::SEVERITY_HIGH);
  EXPECT_EQ(d.alert.technique(), "T1046");
  EXPECT_EQ(d.alert.source().address(), "192.0.2.66");
  EXPECT_EQ(d.alert.target().address(), "198.51.100.7");
  EXPECT_EQ(d.alert.first_seen().seconds(), 1'000'000);
  EXPECT_EQ(d.alert.last_seen().seconds(), 1'000'001);
  EXPECT_EQ(d.alert.count(), 10u);
  EXPECT_EQ(d.alert.revision(), 1u);
  EXPECT_EQ(d.alert.id().size(), 16u);
  EXPECT_THAT(d.alert.evidence().port_scan().ports(),
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
}

TEST(PortScanTest, NinePortsAreSilentHoweverOftenTried) {
  Traffic t;
  for (int i = 0; i < 90; ++i) t.Syn(Port(1 + i % 9));
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(PortScanTest, SlowScanWithinTheWindowRaisesAndBeyondItIsSilent) {
  Traffic slow;
  for (int port = 1; port <= 10; ++port) {
    slow.Syn(Port(port));
    slow.Wait(absl::Seconds(6.6));
  }
  EXPECT_EQ(DetectRun().Feed(slow).RuleNames(), "port_scan");
  Traffic slower;
  for (int port = 1; port <= 30; ++port) {
    slower.Syn(Port(port));
    slower.Wait(absl::Seconds(6.7));
  }
  EXPECT_EQ(DetectRun().Feed(slower).RuleNames(), "");
}

TEST(PortScanTest, WholeRangeRaisesOneAlertThatCountsEveryPort) {
  Traffic t;
  for (int port = 1; port <= 200; ++port) {
    if (port == 22 || port == 80) {
      t.HalfOpen(Port(port));
    } else {
      t.Refused(Port(port));
    }
  }
  DetectRun run;
  run.Feed(t).Finish();
  ASSERT_EQ(run.RuleNames(), "port_scan");
  const v1::PortScanEvidence e = run.Alerts()[0].evidence().port_scan();
  EXPECT_EQ(e.distinct_ports(), 200u);
  EXPECT_EQ(e.open_ports(), 2u);
  EXPECT_EQ(e.ports_size(), 32);
  EXPECT_EQ(run.Alerts()[0].count(), 200u);
}

TEST(PortScanTest, ClientWithConnectionsToManyPortsIsSilent) {
  Traffic t;
  for (int port = 30000; port < 30100; ++port) {
    t.Session(Port(port), absl::Milliseconds(20), 100, 5000);
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(PortScanTest, ConnectScanOfOpenPortsRaises) {
  Traffic t;
  for (int port = 1; port <= 10; ++port) {
    t.Session(Port(port), absl::Milliseconds(1), 0, 0, FlowEnd::kRst);
  }
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "port_scan");
}

TEST(PortScanTest, UdpScanRaisesAndUdpServicesThatAnswerAreSilent) {
  Traffic scan;
  for (int port = 1; port <= 10; ++port) scan.UdpRefused(Port(port));
  DetectRun run;
  ASSERT_EQ(run.Feed(scan).Finish().RuleNames(), "port_scan");
  EXPECT_EQ(run.Alerts()[0].evidence().port_scan().transport(),
            v1::TRANSPORT_UDP);
  Traffic calls;
  for (int port = 20000; port < 20100; ++port) calls.Udp(Port(port), true);
  EXPECT_EQ(DetectRun().Feed(calls).Finish().RuleNames(), "");
}

TEST(PortScanTest, UdpTracerouteIsSilent) {
  Traffic t;
  for (int port = 33434; port < 33524; ++port) t.UdpRefused(Port(port));
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(PortScanTest, AnswersOfAResolverSeenAloneAreSilent) {
  Traffic t;
  for (int port = 40000; port < 40100; ++port) t.Udp(Port(port, 53), false);
  EXPECT_EQ(DetectRun().Feed(t).Finish().RuleNames(), "");
}

TEST(PortScanTest, TwoTargetsAreTwoIncidents) {
  Traffic t;
  for (int port = 1; port <= 10; ++port) {
    t.Syn(Port(port));
    Path other = Port(port);
    other.to = Ip("2001:db8::7");
    t.Syn(other);
  }
  DetectRun run;
  EXPECT_EQ(run.Feed(t).Finish().RuleNames(), "port_scan port_scan");
  EXPECT_NE(run.Alerts()[0].id(), run.Alerts()[1].id());
}

TEST(PortScanTest, OrdinaryUseAfterAScanDoesNotKeepTheIncidentOpen) {
  Traffic t;
  for (int port = 1; port <= 10; ++port) t.Refused(Port(port));
  for (int i = 0; i < 400; ++i) {
    t.Wait(absl::Seconds(1));
    t.Session(Port(443), absl::Milliseconds(5), 100, 100);
  }
  DetectRun run;
  run.Feed(t).Finish();
  ASSERT_EQ(run.RuleNames(), "port_scan");
  EXPECT_EQ(run.Alerts()[0].last_seen().seconds(), 1'000'001);
}

TEST(PortScanTest, ThresholdBeyondTheItemBudgetStaysBounded) {
  v1::Config config = DetectTestConfig();
  config.mutable_detect()->set_max_keys(8);
  config.mutable_detect()->mutable_host_sweep()->set_enabled(false);
  config.mutable_detect()->mutable_syn_flood()->set_enabled(false);
  config.mutable_detect()->mutable_port_scan()->set_min_ports(60000);
  Traffic t;
  for (int port = 1; port <= 5000; ++port) t.Syn(Port(port));
  DetectRun run(config);
  run.Feed(t).Finish();
  EXPECT_EQ(run.RuleNames(), "");
  EXPECT_EQ(run.stage.counters().forgotten_keys.Get(), 5000u - 8 * 16);
}

}  // namespace
}  // namespace tapline
