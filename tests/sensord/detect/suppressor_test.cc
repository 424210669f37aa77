#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/sensord/detect/traffic.h"

namespace tapline {
namespace {

const IpAddress kScanner = Ip("192.0.2.66");
const IpAddress kTarget = Ip("198.51.100.7");

// What a scan of kTarget by kScanner, and refused logins at port 22, give.
std::string RulesWith(const v1::Suppression& suppression,
                      std::vector<std::string>* hits = nullptr) {
  v1::Config config = DetectTestConfig();
  *config.add_suppressions() = suppression;
  std::vector<Detection> out;
  DetectStage stage(MakePolicy(config), [&](absl::string_view id) {
    if (hits != nullptr) hits->push_back(std::string(id));
  });
  Traffic t;
  for (int i = 0; i < 6; ++i) {
    t.Wait(absl::Seconds(1));
    t.Refused({.from = kScanner, .to = kTarget, .port = 22});
  }
  for (uint16_t port = 100; port < 200; ++port) {
    t.Syn({.from = kScanner, .to = kTarget, .port = port});
  }
  stage.Process(t.batch, out);
  stage.Finish(out);
  std::string rules;
  for (const Detection& d : out) {
    if (d.alert.revision() == 1) rules += d.alert.rule() + " ";
  }
  return rules;
}

TEST(SuppressorTest, CidrHidesEitherSideOrTheOneNamed) {
  v1::Suppression s;
  s.set_cidr("192.0.2.0/24");
  EXPECT_EQ(RulesWith(s), "");
  s.set_direction(v1::DIRECTION_SOURCE);
  EXPECT_EQ(RulesWith(s), "");
  s.set_direction(v1::DIRECTION_TARGET);
  EXPECT_EQ(RulesWith(s), "brute_force port_scan ");
  s.set_cidr("198.51.100.7");
  EXPECT_EQ(RulesWith(s), "");
  s.set_direction(v1::DIRECTION_ANY);
  s.set_cidr("203.0.113.0/24");
  EXPECT_EQ(RulesWith(s), "brute_force port_scan ");
}

TEST(SuppressorTest, AFilterHidesTheAlertsItTakes) {
  v1::Suppression s;
  s.set_filter("alert.evidence.port_scan.distinct_ports > 5");
  EXPECT_EQ(RulesWith(s), "brute_force ");
  s.set_filter("ip.src == 192.0.2.0/24 and tcp");
  EXPECT_EQ(RulesWith(s), "");
  s.set_filter("severity >= critical");
  EXPECT_EQ(RulesWith(s), "brute_force port_scan ");
  s.set_filter("ip.src == 192.0.2.66");
  s.set_rule("port_scan");
  EXPECT_EQ(RulesWith(s), "brute_force ") << "all that is given must match";
}

TEST(SuppressorTest, AFilterThatDoesNotCompileHidesNothing) {
  v1::Suppression s;
  s.set_rule("port_scan");
  s.set_filter("no.such.field");
  EXPECT_EQ(RulesWith(s), "brute_force port_scan ");
}

TEST(SuppressorTest, PortAndRuleHideOnlyWhatTheyName) {
  v1::Suppression s;
  s.set_port(22);
  EXPECT_EQ(RulesWith(s), "port_scan ");
  s.set_port(0);
  s.set_rule("port_scan");
  EXPECT_EQ(RulesWith(s), "brute_force ");
}

TEST(SuppressorTest, HiddenIncidentIsCountedOnceByTheIdOfItsSuppression) {
  v1::Suppression s;
  s.set_id("0123456789abcdef");
  s.set_rule("port_scan");
  std::vector<std::string> hits;
  RulesWith(s, &hits);
  EXPECT_EQ(hits, std::vector<std::string>{"0123456789abcdef"});
}

TEST(SuppressorTest, ExpiredOneHidesNothingAndItsEndIsOnTheSignalsClock) {
  v1::Suppression s;
  s.set_rule("port_scan");
  s.mutable_expires_at()->set_seconds(1'000'000);
  EXPECT_EQ(RulesWith(s), "brute_force port_scan ");
  s.mutable_expires_at()->set_seconds(1'000'100);
  EXPECT_EQ(RulesWith(s), "brute_force ");
}

TEST(SuppressorTest, EmptyOrUnreadableOneHidesNothing) {
  EXPECT_EQ(RulesWith(v1::Suppression()), "brute_force port_scan ");
  v1::Suppression s;
  s.set_cidr("not an address");
  EXPECT_EQ(RulesWith(s), "brute_force port_scan ");
}

}  // namespace
}  // namespace tapline
