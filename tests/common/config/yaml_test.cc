#include <gtest/gtest.h>

#include <string>

#include "common/config/config.h"
#include "tests/support/status_matchers.h"

namespace tapline {
namespace {

using testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

struct Case {
  const char* yaml;
  const char* error;
};

TEST(YamlTest, AnEmptyFileGivesTheDefaults) {
  for (const char* text : {"", "# nothing\n", "detect:\n", "---\n"}) {
    const auto config = ParseYaml(text, "f.yaml");
    ASSERT_OK(config);
    EXPECT_EQ(config->SerializeAsString(), DefaultConfig().SerializeAsString());
  }
}

TEST(YamlTest, EveryKindOfValueIsRead) {
  const auto config = ParseYaml(R"(
capture: {interface: eth1, promiscuous: false, bpf: "tcp port 80"}
flow:
  timeouts: {udp: 1m30s, tcp_ssh: 1h}
  max_flows: 2000000
detect:
  suppress_window: 90s
  brute_force: {authentication_ports: [22, 3389], short_session: 500ms}
  dns_tunnel:
    min_new_ratio: 0.25
    trusted_domains: [example.com, 'example.net']
store: {keep_alerts: 30d}
access:
  roles:
    - {user: ann, role: analyst}
    - {group: "1000", role: admin}
suppressions:
  - {cidr: 192.0.2.0/24, rule: port_scan, direction: source,
     expires_at: 2030-01-31T12:00:00Z, comment: scanner}
log: {level: debug}
)",
                                "f.yaml");
  ASSERT_OK(config);
  EXPECT_EQ(config->capture().interface(), "eth1");
  EXPECT_FALSE(config->capture().promiscuous());
  EXPECT_EQ(config->capture().bpf(), "tcp port 80");
  EXPECT_EQ(config->flow().timeouts().udp().seconds(), 90);
  EXPECT_EQ(config->flow().timeouts().udp_dns().seconds(), 30);
  const auto& brute = config->detect().brute_force();
  ASSERT_EQ(brute.authentication_ports_size(), 2);
  EXPECT_EQ(brute.authentication_ports(1), 3389u);
  EXPECT_EQ(brute.short_session().nanos(), 500'000'000);
  EXPECT_EQ(config->detect().dns_tunnel().trusted_domains_size(), 2);
  EXPECT_EQ(config->store().keep_alerts().seconds(), 30 * 86400);
  EXPECT_EQ(config->access().roles(0).role(), v1::ROLE_ANALYST);
  EXPECT_EQ(config->access().roles(1).group(), "1000");
  EXPECT_EQ(config->suppressions(0).direction(), v1::DIRECTION_SOURCE);
  EXPECT_EQ(config->suppressions(0).expires_at().seconds(), 1896091200);
}

TEST(YamlTest, TheProfileChoosesTheDefaultsOfWhatIsNotSet) {
  const auto config = ParseYaml(
      "detect: {port_scan: {window: 7s}, profile: sensitive}", "f.yaml");
  ASSERT_OK(config);
  EXPECT_EQ(config->detect().profile(), v1::PROFILE_SENSITIVE);
  EXPECT_EQ(config->detect().port_scan().min_ports(), 3u);
  EXPECT_EQ(config->detect().port_scan().window().seconds(), 7);
}

TEST(YamlTest, EachMistakeNamesWhereItStandsAndWhatIsAllowed) {
  const Case cases[] = {
      {"detect:\n  port_scan:\n    min_port: 3\n",
       "f.yaml:3:5: detect.port_scan.min_port: unknown key; known are enabled, "
       "min_ports, window"},
      {"detect:\n  port_scan:\n    min_ports: many\n",
       "f.yaml:3:16: detect.port_scan.min_ports: must be a whole number; "
       "allowed 2..65535"},
      {"detect: {port_scan: {min_ports: 1}}",
       "f.yaml:1:33: detect.port_scan.min_ports: out of range; allowed "
       "2..65535"},
      {"detect: {port_scan: {min_ports: -1}}", "must be a whole number"},
      {"detect: {port_scan: {min_ports: \"10\"}}", "must be a whole number"},
      {"detect: {port_scan: {min_ports: 4294967306}}", "out of range"},
      {"detect: {port_scan: {min_ports: }}", "has no value"},
      {"detect: {port_scan: {min_ports: [3]}}", "must be a single value"},
      {"detect: {port_scan: {window: 10}}", "must be a duration like 30s"},
      {"detect: {port_scan: {window: 2h}}",
       "detect.port_scan.window: out of range; allowed 1s..1h"},
      {"detect: {port_scan: 3}",
       "detect.port_scan: must be a section with enabled"},
      {"detect: {profile: paranoid}",
       "detect.profile: must be one of default, sensitive"},
      {"capture: {promiscuous: yes}", "must be true or false"},
      {"capture: {interface: \"a\\tb\"}", "control characters"},
      {"capture: {interface: an-interface-too-long}", "is no interface name"},
      {"detect: {traffic_spike: {min_z: .nan}}", "must be a number"},
      {"detect: {brute_force: {authentication_ports: 22}}", "must be a list"},
      {"detect: {brute_force: {authentication_ports: [0]}}", "out of range"},
      {"log: {level: loud}", "must be one of trace, debug, info, warn, error"},
      {"listen: {address: 0.0.0.0:50051}", "must be unix:///path"},
      {"listen: {insecure_loopback: 0.0.0.0:50051}",
       "must be 127.0.0.1:port or [::1]:port"},
      {"access: {roles: [{user: a, group: b, role: admin}]}",
       "needs either user or group"},
      {"access: {roles: [{user: a}]}", "needs a role"},
      {"suppressions: [{cidr: 192.0.2.0/99}]", "suppressions: entry 1: cidr: "},
      {"suppressions: [{rule: nonsense}]", "there is no rule nonsense"},
      {"suppressions: [{comment: all}]", "one of cidr, port, rule and filter"},
      {"suppressions: [{cidr: 192.0.2.1, hits: 3}]", "hits: unknown key"},
      {"suppressions: [{cidr: 192.0.2.1, expires_at: soon}]",
       "must be a time like"},
      {"flow: {max_flows: 1000}", "max_embryonic_flows: must be at most"},
      {"log: {level: info}\nlog: {level: warn}\n",
       "f.yaml:2:1: log: stands twice, first in line 1"},
      {"- a\n", "configuration: must be a section"},
      {"a: b: c", "f.yaml:1:"},
      {"log: {level: info", "f.yaml:1:"},
      {"log: &x {level: info}\n", "anchors are not allowed"},
      {"log: !!map {level: info}\n", "tags are not allowed"},
      {"? [a]\n: b\n", "a key must be a name"},
      {"log: {}\n---\nlog: {}\n", "more than one document"},
      {"a\x1b[31m: 1", "a\\x1b[31m: unknown key"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(ParseYaml(c.yaml, "f.yaml"), StatusIs(kInvalid, c.error))
        << c.yaml;
  }
}

TEST(YamlTest, TooDeepTooLongAndAliasBombsAreRefused) {
  EXPECT_THAT(ParseYaml(std::string(100, '['), "f"), StatusIs(kInvalid, "f:"));
  EXPECT_THAT(ParseYaml(std::string(100'000, '['), "f"),
              StatusIs(kInvalid, "f:"));
  EXPECT_THAT(ParseYaml(std::string((1 << 20) + 1, '#'), "f"),
              StatusIs(kInvalid, "longer than 1 MiB"));
  EXPECT_THAT(ParseYaml("a: &a [x]\nb: [*a, *a]", "f"),
              StatusIs(kInvalid, "not allowed"));
}

TEST(YamlTest, NoTruncationOfAFileIsReadAsSomethingElseThanItsBeginning) {
  const std::string text =
      "detect:\n  port_scan: {min_ports: 20}\n  profile: default\n";
  for (size_t i = 0; i < text.size(); ++i) {
    const auto config = ParseYaml(text.substr(0, i), "f");
    if (!config.ok()) continue;
    const uint32_t ports = config->detect().port_scan().min_ports();
    EXPECT_TRUE(ports == 10 || ports == 20) << i;
  }
}

}  // namespace
}  // namespace tapline
