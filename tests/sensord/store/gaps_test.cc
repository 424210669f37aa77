// What is not in the store, and how it is told.

#include <gmock/gmock.h>

#include "sensord/store/pending_gaps.h"
#include "sensord/store/schema.h"
#include "sensord/store/store_file.h"
#include "tests/sensord/store/store_fixture.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;

constexpr auto kAlert = v1::RECORD_KIND_ALERT;
constexpr auto kFlow = v1::RECORD_KIND_FLOW;

// Every second sequence from `first` to `last` of flows, lost one by one.
std::vector<LostRange> Holes(uint64_t first, uint64_t last) {
  std::vector<LostRange> holes;
  for (uint64_t i = first; i <= last; i += 2) {
    const absl::Time at = absl::FromUnixSeconds(static_cast<int64_t>(i));
    holes.push_back({kFlow, i, i, 1, at, at, "storage"});
  }
  return holes;
}

std::vector<uint64_t> Firsts(const std::vector<v1::Gap>& gaps) {
  std::vector<uint64_t> firsts;
  for (const v1::Gap& gap : gaps) firsts.push_back(gap.first_sequence());
  return firsts;
}

class GapsTest : public StoreFixture {
 protected:
  // Opens the store over a file with these gaps of epoch 7.
  void BootWith(const std::vector<std::vector<LostRange>>& writes) {
    StoreFileOptions options;
    options.path = directory_ + "/flows.db";
    options.migrations = FlowMigrations();
    std::string note;
    auto file = StoreFile::Open(options, clock_, &note);
    ASSERT_OK(file.status());
    for (const auto& holes : writes) ASSERT_OK((*file)->WriteGaps(7, holes));
    file->reset();
    Boot();
  }
  std::vector<v1::Gap> Newest(size_t limit, bool retention = true) {
    GapQuery query;
    query.kind = kFlow;
    query.newest_first = true;
    query.retention = retention;
    query.limit = limit;
    auto page = store_->Gaps(query);
    EXPECT_OK(page.status());
    return page.ok() ? page->gaps : std::vector<v1::Gap>();
  }
};

TEST_F(GapsTest, PagesTellEveryGapOnceInOrder) {
  BootWith({Holes(1, 999)});
  const std::vector<v1::Gap> gaps = AllGaps(kFlow, 64);
  ASSERT_EQ(gaps.size(), 500u);
  for (size_t i = 0; i < gaps.size(); ++i) {
    EXPECT_EQ(gaps[i].first_sequence(), 2 * i + 1);
  }
}

TEST_F(GapsTest, ForDisplayTheNewestComeFirst) {
  BootWith({Holes(1, 999)});
  EXPECT_THAT(Firsts(Newest(3)), ElementsAre(999, 997, 995));
}

TEST_F(GapsTest, WhatRetentionRemovedTakesNoPlaceOfALossUnlessAskedFor) {
  config_.mutable_keep_flows()->set_seconds(60);
  BootWith({Holes(1, 5)});
  AcceptFlows(1, 2);
  ASSERT_TRUE(Settle());
  clock_.Advance(absl::Seconds(61));
  ASSERT_TRUE(Eventually([&] { return store_->Status().flows() == 0; }));
  EXPECT_EQ(Newest(1).at(0).reason(), "retention");
  EXPECT_THAT(Firsts(Newest(1, false)), ElementsAre(5));
}

TEST_F(GapsTest, APositionThatIsNoneIsRefused) {
  Boot();
  GapQuery query;
  query.kind = kFlow;
  query.position.assign(1, 'x');
  EXPECT_EQ(store_->Gaps(query).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(GapsTest, TooManyGapsBecomeFewerThatTellTheSameCount) {
  constexpr uint64_t kHoles = 12000;
  BootWith({Holes(1, kHoles), Holes(kHoles + 1, 2 * kHoles)});
  const std::vector<v1::Gap> gaps = AllGaps(kFlow);
  EXPECT_LE(gaps.size(), static_cast<size_t>(StoreFile::kMaxGapRows));
  uint64_t told = 0;
  for (const v1::Gap& gap : gaps) told += gap.count();
  EXPECT_EQ(told, kHoles);
  EXPECT_EQ(gaps.front().first_sequence(), 1u);
  EXPECT_EQ(gaps.back().last_sequence(), 2 * kHoles - 1);
  // Of one sequence within what was merged.
  EXPECT_EQ(store_->SequenceGaps(kFlow, 7, 3, 3)->size(), 1u);
}

TEST_F(GapsTest, AHoleOfManyGapsIsToldWhole) {
  BootWith({Holes(1, 19999)});
  EXPECT_EQ(store_->SequenceGaps(kFlow, 7, 1, 19999)->size(), 10000u);
}

TEST_F(GapsTest, ALossOnItsWayToTheFileIsStillToldFromMemory) {
  auto journal = Journal::Create(Rings(16), 1, clock_);
  for (uint64_t id = 1; id <= 20; ++id) {
    v1::Record record = FlowRecord(id);
    v1::Record* pointer = &record;
    journal->Accept({&pointer, 1});
  }
  PendingGaps gaps;
  ASSERT_EQ(gaps.Take(false, journal.get()).size(), 1u);
  EXPECT_EQ(gaps.Peek(kFlow, journal.get()).size(), 1u);
  gaps.PutBack(false);
  EXPECT_EQ(gaps.Take(false, journal.get()).size(), 1u);
  gaps.Written(false);
  EXPECT_TRUE(gaps.Peek(kFlow, journal.get()).empty());
}

TEST_F(GapsTest, LossesInARowAreOneGapHoweverOftenAsked) {
  auto journal = Journal::Create(Rings(16), 1, clock_);
  PendingGaps gaps;
  for (uint64_t id = 1; id <= 100; ++id) {
    v1::Record record = FlowRecord(id);
    v1::Record* pointer = &record;
    journal->Accept({&pointer, 1});
    gaps.Peek(kFlow, journal.get());
  }
  const std::vector<LostRange> lost = gaps.Peek(kFlow, journal.get());
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].count, 84u);
  EXPECT_TRUE(gaps.Peek(kAlert, journal.get()).empty());
}

}  // namespace
}  // namespace tapline::testing
