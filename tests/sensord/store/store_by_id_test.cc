// Flows by id: blocks of the index, and files written before there was one.

#include <gmock/gmock.h>

#include "sensord/store/schema.h"
#include "sensord/store/store.h"
#include "tests/sensord/store/store_fixture.h"

namespace tapline::testing {
namespace {

using ::testing::HasSubstr;

constexpr auto kFlow = v1::RECORD_KIND_FLOW;

class StoreByIdTest : public StoreFixture {
 protected:
  // The file as version 1 of its schema had it, with flows 1..count.
  void MakeVersion1(uint64_t count) {
    StoreFileOptions options;
    options.path = directory_ + "/flows.db";
    options.migrations = FlowMigrations().first(1);
    std::string note;
    auto file = StoreFile::Open(options, clock_, &note);
    ASSERT_OK(file.status());
    auto journal = Journal::Create(Rings(100000), 1, clock_);
    for (uint64_t id = 1; id <= count; ++id) {
      v1::Record record = FlowRecord(id * kStep);
      v1::Record* pointer = &record;
      journal->Accept({&pointer, 1});
    }
    ASSERT_OK((*file)
                  ->Write(journal->TakeUnstored(count, absl::ZeroDuration()))
                  .status());
  }
  int64_t SchemaVersion() {
    auto database = Database::Open(directory_ + "/flows.db", {});
    EXPECT_OK(database.status());
    return database->QueryInt("PRAGMA user_version").value_or(-1);
  }

  // Spreads the ids over all first digits.
  static constexpr uint64_t kStep = 0x9e3779b97f4a7c15;
};

std::string Hex(uint64_t id) { return absl::StrFormat("%016x", id); }

TEST_F(StoreByIdTest, AFileOfVersion1IsMigratedAndLosesNothing) {
  MakeVersion1(500);
  ASSERT_EQ(SchemaVersion(), 1);
  Boot();
  EXPECT_EQ(SchemaVersion(), FlowMigrations().back().version);
  EXPECT_EQ(ListAll(Query(kFlow)).size(), 500u);
  EXPECT_EQ(store_->Status().flows(), 500u);
  for (uint64_t id = 1; id <= 500; ++id) {
    const auto got = store_->Get(kFlow, Hex(id * kStep), "");
    ASSERT_OK(got.status());
    EXPECT_EQ(got->flow().id(), Hex(id * kStep));
  }
  EXPECT_THAT(log_.Text(), HasSubstr("info database_migrated file="));
  EXPECT_THAT(log_.Text(), HasSubstr("flows.db from=1 to=3"));
  // As it was, for who goes back.
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/flows.db.before-v3"));
}

TEST_F(StoreByIdTest, FlowsOfEveryBlockAndEpochAreFound) {
  // Two blocks and a bit.
  constexpr uint64_t kFlows = (2 << kIdBlockBits) + 100;
  Boot();
  AcceptFlows(1, kFlows);
  ASSERT_TRUE(Settle());
  Reboot();
  AcceptFlows(kFlows + 1, kFlows + 10);
  ASSERT_TRUE(Settle());
  for (uint64_t id :
       {uint64_t{1}, uint64_t{1} << kIdBlockBits,
        (uint64_t{1} << kIdBlockBits) + 1, kFlows, kFlows + 1, kFlows + 10}) {
    const auto got = store_->Get(kFlow, Hex(id), "");
    ASSERT_OK(got.status());
    EXPECT_EQ(got->flow().id(), Hex(id));
  }
  EXPECT_THAT(store_->Get(kFlow, Hex(kFlows + 11), "").status(),
              StatusIs(absl::StatusCode::kNotFound, "no flows"));
}

TEST_F(StoreByIdTest, OfSeveralRecordsOfAFlowTheNewestIsGiven) {
  constexpr uint64_t kFlows = 1 << kIdBlockBits;
  Boot();
  Accept(FlowRecord(7'000'000));
  AcceptFlows(1, kFlows);
  v1::Record later = FlowRecord(7'000'000);
  later.mutable_flow()->mutable_application()->set_host("later.example");
  Accept(later);
  ASSERT_TRUE(Settle());
  const auto got = store_->Get(kFlow, Hex(7'000'000), "");
  ASSERT_OK(got.status());
  EXPECT_EQ(got->flow().application().host(), "later.example");
}

TEST_F(StoreByIdTest, APrefixThatFitsFlowsOfTwoBlocksIsRefused) {
  constexpr uint64_t kFlows = 1 << kIdBlockBits;
  Boot();
  Accept(FlowRecord(0xabcd000000000001));
  AcceptFlows(1, kFlows);
  Accept(FlowRecord(0xabcd000000000002));
  ASSERT_TRUE(Settle());
  EXPECT_THAT(store_->Get(kFlow, "abcd", "").status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "several"));
  EXPECT_OK(store_->Get(kFlow, "abcd000000000001", "").status());
}

}  // namespace
}  // namespace tapline::testing
