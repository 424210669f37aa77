#include "sensord/store/run_marks.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "common/sqlite/migration.h"
#include "sensord/store/schema.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

absl::Time At(int64_t second) { return absl::FromUnixSeconds(second); }

class RunMarksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "tapline-marks-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    auto database = Database::Open(directory_ + "/flows.db", {});
    ASSERT_OK(database.status());
    database_.emplace(*std::move(database));
    ASSERT_OK(Migrate(*database_, FlowMigrations()));
  }
  void TearDown() override {
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  std::vector<RunMark> Remember(uint64_t present_epoch) {
    auto runs =
        RememberUncleanStops(*database_, BulkKinds(), present_epoch, At(100));
    EXPECT_OK(runs.status());
    return runs.value_or(std::vector<RunMark>());
  }
  int64_t Count(const std::string& rows) {
    return database_->QueryInt("SELECT count(*) FROM " + rows).value_or(-1);
  }

  std::string directory_;
  std::optional<Database> database_;
};

TEST_F(RunMarksTest, ARunThatEndedLeavesNothing) {
  ASSERT_OK(BeginRun(*database_, {3, At(10)}));
  ASSERT_OK(EndRun(*database_, 3));
  EXPECT_TRUE(Remember(0).empty());
  EXPECT_EQ(Count("gaps"), 0);
}

TEST_F(RunMarksTest, ANewRunDoesNotHideOneThatWasKilledBefore) {
  ASSERT_OK(BeginRun(*database_, {3, At(10)}));
  // Nobody could remember how that one ended.
  ASSERT_OK(BeginRun(*database_, {4, At(20)}));
  const std::vector<RunMark> runs = Remember(4);
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].epoch, 3u);
  EXPECT_EQ(runs[0].complete_until, At(10));
  EXPECT_EQ(Count("gaps WHERE epoch=3"), 3) << "one of each kind";
  EXPECT_EQ(Count("runs WHERE epoch=4"), 1) << "still writing";
}

TEST_F(RunMarksTest, ARunThatBeginsAgainKeepsItsMark) {
  ASSERT_OK(BeginRun(*database_, {3, At(10)}));
  ASSERT_OK(BeginRun(*database_, {3, At(99)}));
  EXPECT_EQ(Remember(0).at(0).complete_until, At(10));
}

TEST_F(RunMarksTest, AGapIsKeptOnce) {
  ASSERT_OK(BeginRun(*database_, {3, At(10)}));
  EXPECT_EQ(Remember(0).size(), 1u);
  EXPECT_TRUE(Remember(0).empty());
  EXPECT_EQ(Count("gaps"), 3);
}

}  // namespace
}  // namespace tapline::testing
