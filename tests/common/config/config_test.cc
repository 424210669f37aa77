#include "common/config/config.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace tapline {
namespace {

using testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::string Value(const v1::Config& config, const std::string& path) {
  for (const PathValue& setting : GetPaths(config, path)) {
    if (setting.path == path) return setting.value;
  }
  return "none";
}

TEST(ConfigTest, ALeafIsSetByItsPath) {
  v1::Config config = DefaultConfig();
  ASSERT_OK(SetPath(config, "detect.port_scan.min_ports", "25"));
  ASSERT_OK(SetPath(config, "detect.port_scan.window", "1m30s"));
  ASSERT_OK(
      SetPath(config, "detect.brute_force.authentication_ports", "[22, 3389]"));
  ASSERT_OK(SetPath(config, "detect.profile", "sensitive"));
  EXPECT_EQ(config.detect().port_scan().min_ports(), 25u);
  EXPECT_EQ(Value(config, "detect.port_scan.window"), "1m30s");
  EXPECT_EQ(Value(config, "detect.brute_force.authentication_ports"),
            "[22, 3389]");
  EXPECT_EQ(Value(config, "detect.profile"), "sensitive");
}

TEST(ConfigTest, TextNeedsNoQuotesWhateverItHolds) {
  v1::Config config = DefaultConfig();
  const std::string filter = "host 10.0.0.1 and tcp[13] & 2 != 0 # x: y";
  ASSERT_OK(SetPath(config, "capture.bpf", filter));
  EXPECT_EQ(config.capture().bpf(), filter);
  EXPECT_EQ(Value(config, "capture.bpf"), filter);
  ASSERT_OK(SetPath(config, "capture.bpf", "\"\""));
  EXPECT_EQ(config.capture().bpf(), "");
  EXPECT_EQ(Value(config, "capture.bpf"), "\"\"");
}

TEST(ConfigTest, RolesAreOneSetting) {
  v1::Config config = DefaultConfig();
  ASSERT_OK(SetPath(config, "access.roles",
                    "[{user: ann, role: reader}, {group: ops, role: admin}]"));
  EXPECT_EQ(config.access().roles(1).role(), v1::ROLE_ADMIN);
  EXPECT_EQ(Value(config, "access.roles"),
            "[{user: \"ann\", role: reader}, {group: \"ops\", role: admin}]");
}

TEST(ConfigTest, AMistakeNamesThePathAndChangesNothing) {
  v1::Config config = DefaultConfig();
  const std::string before = config.SerializeAsString();
  EXPECT_THAT(
      SetPath(config, "detect.port_scan.min_ports", "1"),
      StatusIs(kInvalid, "detect.port_scan.min_ports: out of range; allowed"));
  EXPECT_THAT(SetPath(config, "detect.port_scan", "1"),
              StatusIs(kInvalid, "detect.port_scan: is a section"));
  EXPECT_THAT(SetPath(config, "detect.nothing", "1"),
              StatusIs(kInvalid, "detect.nothing: there is no such setting"));
  EXPECT_THAT(SetPath(config, "suppressions", "[]"),
              StatusIs(kInvalid, "there is no such setting"));
  EXPECT_THAT(SetPath(config, "log.level.x", "1"),
              StatusIs(kInvalid, "there is no such setting"));
  EXPECT_THAT(SetPath(config, "", "1"), StatusIs(kInvalid, "no such setting"));
  EXPECT_THAT(
      SetPath(config, "detect.brute_force.authentication_ports", "[22, 0]"),
      StatusIs(kInvalid, "out of range"));
  EXPECT_EQ(config.SerializeAsString(), before);
}

TEST(ConfigTest, OnlyWhatIsReadByItselfCanBeSwitchedOff) {
  v1::Config config = DefaultConfig();
  ASSERT_OK(SetPath(config, "flow.dpi_off", "[smb, dns, http2, icmp]"));
  EXPECT_EQ(config.flow().dpi_off_size(), 4);
  const struct {
    const char* name;
    const char* error;
  } kBad[] = {
      {"mdns", "is read with dns: name dns"},
      {"llmnr", "is read with dns: name dns"},
      {"nfs", "is read with rpc: name rpc"},
      {"grpc", "is read with http2: name http2"},
      {"rtcp", "is read with rtp: name rtp"},
      {"esp", "is read with ike: name ike"},
      {"vxlan", "cannot be switched off"},
      {"ftp-data", "cannot be switched off"},
      {"unknown", "is no protocol that is known"},
      {"tor", "is no protocol that is known"},
      {"SMB", "is no protocol that is known"},
  };
  for (const auto& bad : kBad) {
    EXPECT_THAT(
        SetPath(config, "flow.dpi_off", absl::StrCat("[", bad.name, "]")),
        StatusIs(kInvalid, bad.error))
        << bad.name;
  }
}

TEST(ConfigTest, DurationsAreReadInAnyUnit) {
  EXPECT_EQ(ParseDuration("30s"), absl::Seconds(30));
  EXPECT_EQ(ParseDuration("1h30m"), absl::Minutes(90));
  EXPECT_EQ(ParseDuration("250ms"), absl::Milliseconds(250));
  EXPECT_EQ(ParseDuration("1.5s"), absl::Milliseconds(1500));
  EXPECT_EQ(ParseDuration("7d"), absl::Hours(168));
  EXPECT_EQ(ParseDuration("0"), absl::ZeroDuration());
  for (const char* bad : {"", "30", "s", "-1s", "1 s", "1sec", "1..2s", "inf",
                          "1e9s", "1s2", "nans"}) {
    EXPECT_EQ(ParseDuration(bad), std::nullopt) << bad;
  }
}

// What stands in these sections is read once, by who builds what they bound.
TEST(ConfigTest, OnlyWhatIsReadAgainIsInForceAtOnce) {
  const std::set<std::string> live = {
      "listen.max_streams_per_uid",
      "listen.max_streams",
      "listen.subscriber_queue",
      "listen.stall_timeout",
      "store.keep_alerts",
      "store.keep_flows",
      "store.keep_events",
      "store.keep_stats",
      "store.max_mebibytes",
      "store.flush_interval",
      "store.batch",
      "log.level",
  };
  const std::set<std::string> fixed = {"listen.address",
                                       "listen.insecure_loopback",
                                       "listen.group", "store.directory"};
  for (const PathValue& setting : GetPaths(DefaultConfig())) {
    const std::string& path = setting.path;
    const std::string section = path.substr(0, path.find('.'));
    if (section == "capture" || section == "flow" || section == "packets") {
      EXPECT_EQ(RestartOf(path), "capture") << path;
    } else if (section == "rings") {
      EXPECT_EQ(RestartOf(path), "sensor") << path;
    } else if (section == "detect" || section == "access") {
      EXPECT_EQ(RestartOf(path), "") << path;
    } else {
      ASSERT_NE(live.count(path), fixed.count(path)) << path << ": new?";
      EXPECT_EQ(RestartOf(path), fixed.count(path) > 0 ? "sensor" : "") << path;
    }
  }
}

}  // namespace
}  // namespace tapline
