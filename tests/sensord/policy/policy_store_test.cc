#include "sensord/policy/policy_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "sensord/policy/overrides_file.h"
#include "tests/support/log_capture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace tapline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::StatusIs;
using testing::TempDir;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

v1::Setting Change(const std::string& path, const std::string& value) {
  v1::Setting setting;
  setting.set_path(path);
  setting.set_value(value);
  return setting;
}

class PolicyStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<PolicyStore> Open(const PolicyStoreOptions& options) {
    auto store = PolicyStore::Open(options, clock_);
    EXPECT_OK(store);
    return *std::move(store);
  }
  static uint32_t Ports(const PolicyStore& store) {
    return store.Get()->config.detect().port_scan().min_ports();
  }
  static v1::Setting Setting(const PolicyStore& store,
                             const std::string& path) {
    for (const v1::Setting& setting : store.Settings(path)) return setting;
    return {};
  }

  const TempDir dir_;
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  const std::string kPorts = "detect.port_scan.min_ports";
};

TEST_F(PolicyStoreTest, WithoutAFileTheDefaultsAreRevisionOne) {
  const auto store = Open({});
  EXPECT_EQ(store->Get()->revision, 1u);
  EXPECT_EQ(store->Get()->origin, "default");
  EXPECT_EQ(Ports(*store), 10u);
  EXPECT_EQ(Setting(*store, kPorts).origin(), "default");
}

TEST_F(PolicyStoreTest, SettingsOverrideTheFileAndFlagsOverrideBoth) {
  const std::string file =
      dir_.Write("f.yaml", "detect: {port_scan: {min_ports: 20, window: 20s}}");
  const auto store =
      Open({.config_file = file, .flags = {"detect.port_scan.window=40s"}});
  EXPECT_EQ(Ports(*store), 20u);
  EXPECT_EQ(Setting(*store, kPorts).origin(), "file");
  const auto revision =
      store->UpdateSettings({Change(kPorts, "30")}, false, "ann");
  ASSERT_OK(revision);
  EXPECT_EQ(*revision, 2u);
  EXPECT_EQ(store->Get()->revision, 2u);
  EXPECT_EQ(store->Get()->origin, "rpc");
  EXPECT_EQ(Ports(*store), 30u);
  EXPECT_EQ(Setting(*store, kPorts).origin(), "rpc");
  EXPECT_EQ(Setting(*store, kPorts).revision(), 2u);
  const v1::Setting window = Setting(*store, "detect.port_scan.window");
  EXPECT_EQ(window.value(), "40s");
  EXPECT_EQ(window.origin(), "flag");
  EXPECT_THAT(
      store->UpdateSettings({Change("detect.port_scan.window", "5s")}, false,
                            "ann"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "command line flag"));
}

TEST_F(PolicyStoreTest, OnlyTheFileMaySayThatPayloadIsKept) {
  const auto store = Open({});
  for (const auto& [path, value] :
       {std::pair("packets.mode", "full"), std::pair("packets.full_for", "24h"),
        std::pair("packets.mode", "")}) {
    EXPECT_THAT(store->UpdateSettings({Change(path, value)}, false, "ann"),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         "only be set in the configuration file"));
  }
  EXPECT_EQ(store->Get()->config.packets().mode(), v1::CAPTURE_MODE_METADATA);
}

TEST_F(PolicyStoreTest, ASettingSaysWhatHasToRestartForIt) {
  const auto store = Open({});
  const auto pending = [&store](const std::string& path) {
    return store->Settings(path).at(0).pending_restart();
  };
  const std::string capture = "capture.snap_length", flow = "flow.max_flows",
                    sensor = "rings.alerts";
  store->CaptureStarted(*store->Get(), false);
  const std::vector<v1::Setting> changes = {
      Change(capture, "128"), Change(flow, "900000"), Change(sensor, "5000"),
      Change(kPorts, "20")};
  ASSERT_OK(store->UpdateSettings(changes, true, "ann"));
  EXPECT_EQ(pending(capture), "");
  ASSERT_OK(store->UpdateSettings(changes, false, "ann"));
  EXPECT_EQ(pending(kPorts), "");
  EXPECT_EQ(pending(capture), "capture");
  EXPECT_EQ(pending(flow), "capture");
  EXPECT_EQ(pending(sensor), "sensor");
  // A switch keeps the parameters of the capture that ran.
  store->CaptureStarted(*store->Get(), true);
  EXPECT_EQ(pending(capture), "capture");
  EXPECT_EQ(pending(flow), "");
  store->CaptureStopped();
  EXPECT_EQ(pending(capture), "");
  store->CaptureStarted(*store->Get(), false);
  EXPECT_EQ(pending(capture), "");
  EXPECT_EQ(pending(sensor), "sensor");
  // Back to what is in force.
  ASSERT_OK(store->UpdateSettings({Change(sensor, "")}, false, "ann"));
  EXPECT_EQ(pending(sensor), "");
}

TEST_F(PolicyStoreTest, AnEmptyValueGoesBackToTheFile) {
  const std::string file =
      dir_.Write("f.yaml", "detect: {port_scan: {min_ports: 20}}");
  const auto store = Open({.config_file = file});
  ASSERT_OK(store->UpdateSettings({Change(kPorts, "30")}, false, "ann"));
  ASSERT_OK(store->UpdateSettings({Change(kPorts, "")}, false, "ann"));
  EXPECT_EQ(Ports(*store), 20u);
  EXPECT_EQ(Setting(*store, kPorts).origin(), "file");
}

TEST_F(PolicyStoreTest, OneBadSettingOfSeveralChangesNothing) {
  const auto store = Open({});
  EXPECT_THAT(
      store->UpdateSettings(
          {Change(kPorts, "30"), Change("detect.nothing", "1")}, false, "ann"),
      StatusIs(kInvalid, "detect.nothing: there is no such setting"));
  EXPECT_THAT(store->UpdateSettings({Change(kPorts, "1")}, false, "ann"),
              StatusIs(kInvalid, "out of range"));
  ASSERT_OK(store->UpdateSettings({Change(kPorts, "30")}, true, "ann"));
  EXPECT_EQ(store->Get()->revision, 1u);
  EXPECT_EQ(Ports(*store), 10u);
}

TEST_F(PolicyStoreTest, AProfileSetAtRunTimeChangesWhatTheFileLeavesOpen) {
  const std::string file =
      dir_.Write("f.yaml", "detect: {port_scan: {window: 20s}}");
  const auto store = Open({.config_file = file});
  ASSERT_OK(store->UpdateSettings({Change("detect.profile", "sensitive")},
                                  false, "ann"));
  EXPECT_EQ(Ports(*store), 3u);
  EXPECT_EQ(store->Get()->config.detect().port_scan().window().seconds(), 20);
}

TEST_F(PolicyStoreTest, RunTimeChangesSurviveARestart) {
  const std::string overrides = dir_.path() + "/overrides";
  uint64_t revision = 0;
  {
    const auto store = Open({.overrides_file = overrides});
    ASSERT_OK(store->UpdateSettings({Change(kPorts, "30")}, false, "ann"));
    v1::Suppression suppression;
    suppression.set_cidr("192.0.2.0/24");
    ASSERT_OK(store->AddSuppression(suppression, false, "ann"));
    revision = store->Get()->revision;
  }
  const auto store = Open({.overrides_file = overrides});
  EXPECT_EQ(Ports(*store), 30u);
  EXPECT_GT(store->Get()->revision, revision);
  ASSERT_EQ(store->Suppressions().size(), 1u);
  EXPECT_EQ(store->Suppressions()[0].created_by(), "ann");
  EXPECT_EQ(store->Get()->config.suppressions(0).cidr(), "192.0.2.0/24");
}

TEST_F(PolicyStoreTest, ADamagedOverridesFileIsMovedAsideAndSaid) {
  const std::string overrides = dir_.Write("overrides", "garbage");
  const auto store = Open({.overrides_file = overrides});
  EXPECT_EQ(Ports(*store), 10u);
  EXPECT_THAT(store->file_status(),
              StatusIs(absl::StatusCode::kDataLoss,
                       "kept as " + overrides + ".damaged-1700000000"));
  EXPECT_TRUE(std::filesystem::exists(overrides + ".damaged-1700000000"));
  ASSERT_OK(store->UpdateSettings({Change(kPorts, "30")}, false, "ann"));
}

TEST_F(PolicyStoreTest, AnOverridesFileThatWasNotReadIsNotReplaced) {
  const std::string overrides = absl::StrCat(dir_.path(), "/overrides");
  // Nobody can open it, and a file could take its name.
  std::filesystem::create_symlink("overrides", overrides);
  const auto store = Open({.overrides_file = overrides});
  EXPECT_EQ(Ports(*store), 10u);
  EXPECT_THAT(store->file_status().message(), HasSubstr(overrides));
  EXPECT_THAT(store->UpdateSettings({Change(kPorts, "30")}, false, "ann"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "or is moved away, and the sensor is restarted"));
  v1::SavedFilter filter;
  filter.set_name("web");
  filter.set_filter("tcp.port == 443");
  EXPECT_THAT(store->SaveFilter(filter, false, "ann"),
              StatusIs(absl::StatusCode::kFailedPrecondition, overrides));
  EXPECT_TRUE(std::filesystem::is_symlink(overrides));
  EXPECT_EQ(Ports(*store), 10u);
}

TEST_F(PolicyStoreTest, WhatOfTheOverridesIsLeftOutIsSaid) {
  const std::string path = absl::StrCat(dir_.path(), "/overrides");
  Overrides overrides;
  v1::Setting& setting = overrides.settings["detect.gone"];
  setting.set_path("detect.gone");
  setting.set_value("1");
  const auto add = [&](const std::string& id) -> v1::Suppression& {
    v1::Suppression& suppression = overrides.suppressions.emplace_back();
    suppression.set_id(id);
    return suppression;
  };
  add("good").set_filter("tcp.port == 443");
  add("bad-cidr").set_cidr("300.1.2.3");
  add("bad-filter").set_filter("tcp.port ==");
  ASSERT_OK(WriteOverrides(path, overrides));
  const auto store = Open({.overrides_file = path});
  ASSERT_EQ(store->Suppressions().size(), 1u);
  EXPECT_EQ(store->Suppressions()[0].id(), "good");
  for (const char* said : {"setting left out", "suppression bad-cidr left out",
                           "suppression bad-filter left out"}) {
    EXPECT_THAT(store->file_status(),
                StatusIs(absl::StatusCode::kDataLoss, said));
  }
}

TEST_F(PolicyStoreTest, AChangeThatCannotBeKeptIsRefused) {
  const auto store = Open({.overrides_file = "/nonexistent/overrides"});
  EXPECT_FALSE(
      store->UpdateSettings({Change(kPorts, "30")}, false, "ann").ok());
  EXPECT_EQ(Ports(*store), 10u);
  EXPECT_EQ(store->Get()->revision, 1u);
}

TEST_F(PolicyStoreTest, AMissingOrWrongFileAtTheStartIsAnError) {
  EXPECT_THAT(PolicyStore::Open({.config_file = dir_.path() + "/none"}, clock_),
              StatusIs(absl::StatusCode::kNotFound, "none"));
  const std::string file = dir_.Write("f.yaml", "nonsense: 1");
  EXPECT_THAT(PolicyStore::Open({.config_file = file}, clock_),
              StatusIs(kInvalid, "f.yaml:1:1: nonsense"));
  EXPECT_THAT(PolicyStore::Open({.flags = {"log.level=loud"}}, clock_),
              StatusIs(kInvalid, "log.level: must be one of"));
}

TEST_F(PolicyStoreTest, ABadFileKeepsTheOldRevisionAndSaysWhere) {
  const std::string file =
      dir_.Write("f.yaml", "detect: {port_scan: {min_ports: 20}}");
  const auto store = Open({.config_file = file});
  for (const char* bad : {"detect: {port_scan: {min_ports: 0}}", "x: 1", "[",
                          "detect: {port_scan: "}) {
    dir_.Write("f.yaml", bad);
    EXPECT_FALSE(store->Reload().ok());
    EXPECT_THAT(store->file_status(), StatusIs(kInvalid, "f.yaml:1:"));
    EXPECT_EQ(store->Get()->revision, 1u);
    EXPECT_EQ(Ports(*store), 20u);
  }
  dir_.Write("f.yaml", "detect: {port_scan: {min_ports: 21}}");
  EXPECT_OK(store->Reload());
  EXPECT_OK(store->file_status());
  EXPECT_EQ(Ports(*store), 21u);
  EXPECT_EQ(store->Get()->revision, 2u);
}

TEST_F(PolicyStoreTest, TheLogSaysWhatIsInForceAndWhatIsRefusedAndWhere) {
  testing::LogCapture log;
  const std::string file = dir_.Write("c.yaml", "detect: {}\n");
  const auto store = Open({.config_file = file, .log = log.log()});
  dir_.Write("c.yaml", "detect:\n  \x1b]0;title\x07: 1\n");
  EXPECT_FALSE(store->Reload().ok());
  dir_.Write("c.yaml", "detect: {port_scan: {min_ports: 30}}\n");
  EXPECT_OK(store->Reload());
  const std::string text = log.Text();
  EXPECT_THAT(text, HasSubstr("error config_refused reason="));
  EXPECT_THAT(text, HasSubstr("c.yaml:2:"));
  EXPECT_THAT(text, HasSubstr("revision_kept=1"));
  EXPECT_THAT(text, HasSubstr("info config_in_force revision=2 origin=file"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST_F(PolicyStoreTest, AnUnchangedFileIsNoNewRevision) {
  const std::string file = dir_.Write("f.yaml", "log: {level: warn}");
  const auto store = Open({.config_file = file});
  EXPECT_OK(store->Reload());
  EXPECT_EQ(store->Get()->revision, 1u);
}

TEST_F(PolicyStoreTest, TheListenerHearsEachChangeInOrder) {
  const auto store = Open({});
  std::vector<uint64_t> heard;
  store->SetListener([&](const PolicyPtr& policy) {
    heard.push_back(policy->revision);
    // Not under a lock: the store can be asked from here.
    EXPECT_EQ(store->Get()->revision, policy->revision);
  });
  ASSERT_OK(store->UpdateSettings({Change(kPorts, "30")}, false, "ann"));
  ASSERT_OK(store->UpdateSettings({Change(kPorts, "31")}, false, "ann"));
  EXPECT_THAT(heard, ElementsAre(2, 3));
}

TEST_F(PolicyStoreTest, AChangedFileIsInForceWithoutBeingTold) {
  const std::string file = dir_.Write("f.yaml", "log: {level: warn}");
  std::mutex mutex;
  std::condition_variable condition;
  std::string level;
  const auto store = Open({.config_file = file});
  store->SetListener([&](const PolicyPtr& policy) {
    const std::lock_guard lock(mutex);
    level = policy->config.log().level();
    condition.notify_all();
  });
  store->StartWatching();
  dir_.Write("f.yaml", "log: {level: debug}");
  std::unique_lock lock(mutex);
  EXPECT_TRUE(condition.wait_for(lock, std::chrono::seconds(10),
                                 [&] { return level == "debug"; }));
}

}  // namespace
}  // namespace tapline
