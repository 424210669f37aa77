#include "sensord/policy/overrides_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace tapline {
namespace {

using testing::StatusIs;
using testing::TempDir;

Overrides Some() {
  Overrides overrides;
  overrides.revision = 7;
  v1::Setting& setting = overrides.settings["log.level"];
  setting.set_path("log.level");
  setting.set_value("debug");
  setting.set_revision(5);
  overrides.suppressions.emplace_back().set_cidr("192.0.2.0/24");
  return overrides;
}

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(OverridesFileTest, WhatIsWrittenIsReadBack) {
  const TempDir dir;
  const std::string path = dir.path() + "/overrides";
  ASSERT_OK(WriteOverrides(path, Some()));
  const auto read = ReadOverrides(path);
  ASSERT_OK(read);
  EXPECT_EQ(read->revision, 7u);
  EXPECT_EQ(read->settings.at("log.level").value(), "debug");
  ASSERT_EQ(read->suppressions.size(), 1u);
  EXPECT_EQ(read->suppressions[0].cidr(), "192.0.2.0/24");
  EXPECT_TRUE(read->filters.empty());
}

TEST(OverridesFileTest, SavedFiltersAreALineOfTheirOwnWhenThereAreAny) {
  const TempDir dir;
  const std::string path = dir.path() + "/overrides";
  ASSERT_OK(WriteOverrides(path, Some()));
  const std::string without = Content(path);
  Overrides some = Some();
  some.filters["web"].set_name("web");
  some.filters["web"].set_filter("tcp.port == 443\n or udp");
  ASSERT_OK(WriteOverrides(path, some));
  const std::string with = Content(path);
  EXPECT_EQ(std::count(without.begin(), without.end(), '\n') + 1,
            std::count(with.begin(), with.end(), '\n'));
  const auto read = ReadOverrides(path);
  ASSERT_OK(read);
  EXPECT_EQ(read->filters.at("web").filter(), "tcp.port == 443\n or udp");
  EXPECT_EQ(read->suppressions.size(), 1u);
}

TEST(OverridesFileTest, NoFileMeansNoOverrides) {
  const auto read = ReadOverrides("/nonexistent/overrides");
  ASSERT_OK(read);
  EXPECT_EQ(read->revision, 0u);
}

TEST(OverridesFileTest, EveryTruncationAndEveryChangedByteIsDataLoss) {
  const TempDir dir;
  const std::string path = dir.path() + "/overrides";
  ASSERT_OK(WriteOverrides(path, Some()));
  const std::string good = Content(path);
  for (size_t i = 0; i < good.size(); ++i) {
    dir.Write("overrides", good.substr(0, i));
    ASSERT_THAT(ReadOverrides(path), StatusIs(absl::StatusCode::kDataLoss, ""))
        << "cut at " << i;
    std::string bad = good;
    bad[i] ^= 1;
    dir.Write("overrides", bad);
    ASSERT_THAT(ReadOverrides(path), StatusIs(absl::StatusCode::kDataLoss, ""))
        << "byte " << i;
  }
}

TEST(OverridesFileTest, AFailedWriteLeavesTheOldFile) {
  const TempDir dir;
  const std::string path = dir.path() + "/overrides";
  ASSERT_OK(WriteOverrides(path, Some()));
  const std::string before = Content(path);
  // The temporary name is taken by a directory.
  std::filesystem::create_directory(path + ".new");
  EXPECT_FALSE(WriteOverrides(path, Overrides()).ok());
  EXPECT_EQ(Content(path), before);
}

}  // namespace
}  // namespace tapline
