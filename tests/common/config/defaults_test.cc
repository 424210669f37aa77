#include "common/config/defaults.h"

#include <gtest/gtest.h>

#include <functional>

#include "common/config/config.h"
#include "common/schema/field_info.h"
#include "tests/support/status_matchers.h"

namespace tapline {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Calls `visit` with the path of every leaf below `type`.
void ForEachLeaf(const Descriptor& type, const std::string& path,
                 const std::function<void(const std::string&,
                                          const FieldDescriptor&)>& visit) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string here = path + (path.empty() ? "" : ".") + field.name();
    if (IsLeaf(field)) {
      visit(here, field);
    } else if (!field.is_repeated()) {
      ForEachLeaf(*field.message_type(), here, visit);
    }
  }
}

TEST(DefaultsTest, EveryNumberAndDurationHasLimits) {
  int leaves = 0;
  ForEachLeaf(*v1::Config::descriptor(), "",
              [&](const std::string& path, const FieldDescriptor& field) {
                const auto type = field.cpp_type();
                const bool limited = IsDuration(field) ||
                                     type == FieldDescriptor::CPPTYPE_UINT32 ||
                                     type == FieldDescriptor::CPPTYPE_UINT64 ||
                                     type == FieldDescriptor::CPPTYPE_DOUBLE;
                EXPECT_EQ(FindLimits(path) != nullptr, limited) << path;
                ++leaves;
              });
  EXPECT_GT(leaves, 70);
}

TEST(DefaultsTest, BothProfilesAreValidAndEveryValueCanBeSetAgain) {
  for (const v1::Profile profile :
       {v1::PROFILE_DEFAULT, v1::PROFILE_SENSITIVE}) {
    const v1::Config config = DefaultConfig(profile);
    EXPECT_OK(CheckConfig(config));
    for (const PathValue& setting : GetPaths(config)) {
      v1::Config copy = config;
      EXPECT_OK(SetPath(copy, setting.path, setting.value)) << setting.value;
      EXPECT_EQ(copy.SerializeAsString(), config.SerializeAsString())
          << setting.path << " " << setting.value;
    }
  }
}

TEST(DefaultsTest, TheDefaultProfileHasTheThresholdsOfTheRules) {
  const v1::DetectConfig detect = DefaultConfig().detect();
  EXPECT_EQ(detect.port_scan().min_ports(), 10u);
  EXPECT_EQ(detect.port_scan().window().seconds(), 60);
  EXPECT_EQ(detect.brute_force().min_failures(), 5u);
  EXPECT_EQ(detect.brute_force().window().seconds(), 30);
  EXPECT_EQ(detect.syn_flood().min_syns_per_source(), 100u);
  EXPECT_EQ(detect.syn_flood().window().seconds(), 10);
  EXPECT_EQ(detect.dns_tunnel().long_name_bytes(), 50u);
  EXPECT_EQ(detect.dns_tunnel().min_requests_per_second(), 20u);
  EXPECT_EQ(detect.traffic_spike().min_z(), 3.0);
}

TEST(DefaultsTest, TheSensitiveProfileIsNowhereMoreTolerant) {
  const v1::DetectConfig a = DefaultConfig().detect();
  const v1::DetectConfig b = DefaultConfig(v1::PROFILE_SENSITIVE).detect();
  EXPECT_EQ(b.port_scan().min_ports(), 3u);
  EXPECT_EQ(b.port_scan().window().seconds(), 10);
  EXPECT_EQ(b.syn_flood().min_syns_per_source(), 30u);
  EXPECT_EQ(b.syn_flood().window().seconds(), 5);
  EXPECT_LT(b.host_sweep().min_hosts(), a.host_sweep().min_hosts());
  EXPECT_LT(b.brute_force().min_failures(), a.brute_force().min_failures());
  EXPECT_LT(b.traffic_spike().min_z(), a.traffic_spike().min_z());
}

}  // namespace
}  // namespace tapline
