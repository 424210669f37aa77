// What the store says after it was killed.

#include <gmock/gmock.h>

#include "sensord/store/store.h"
#include "tests/sensord/store/store_fixture.h"

namespace tapline::testing {
namespace {

constexpr v1::RecordKind kKinds[] = {
    v1::RECORD_KIND_ALERT, v1::RECORD_KIND_FLOW, v1::RECORD_KIND_EVENT,
    v1::RECORD_KIND_STATS};

class UncleanStopTest : public StoreFixture {
 protected:
  // Puts the files in the state they have right now, as a kill would leave
  // them, and ends the store.
  void Kill() {
    const std::string copy = directory_ + "-killed";
    std::filesystem::copy(directory_, copy);
    Shut();
    std::filesystem::remove_all(directory_);
    std::filesystem::rename(copy, directory_);
  }
  // Waits until both files say that nothing before `time` is missing.
  ::testing::AssertionResult AwaitMarks(absl::Time time) {
    return Eventually(
        [&] { return Mark("alerts.db") >= time && Mark("flows.db") >= time; });
  }

 private:
  absl::Time Mark(const std::string& file) {
    auto database =
        Database::Open(directory_ + "/" + file, {.read_only = true});
    if (!database.ok()) return absl::InfinitePast();
    return absl::FromUnixNanos(
        database->QueryInt("SELECT max(complete_until) FROM runs").value_or(0));
  }
};

TEST_F(UncleanStopTest, AfterAStopThereIsNoGap) {
  Boot();
  AcceptFlows(1, 10);
  Reboot();
  for (v1::RecordKind kind : kKinds) EXPECT_TRUE(AllGaps(kind).empty());
}

TEST_F(UncleanStopTest, AfterAKillTheTimeSinceTheLastCommitIsAGap) {
  Boot();
  const uint64_t epoch = journal_->epoch();
  AcceptFlows(1, 10);
  ASSERT_TRUE(Settle());
  const absl::Time complete = clock_.Now();
  ASSERT_TRUE(AwaitMarks(complete));
  Kill();
  clock_.Advance(absl::Minutes(5));
  Boot();
  for (v1::RecordKind kind : kKinds) {
    const std::vector<v1::Gap> gaps = AllGaps(kind);
    ASSERT_EQ(gaps.size(), 1u) << kind;
    EXPECT_EQ(gaps[0].reason(), "unclean_stop");
    EXPECT_EQ(gaps[0].count(), 0u);
    EXPECT_EQ(gaps[0].first_sequence(),
              kind == v1::RECORD_KIND_FLOW ? 11u : 1u);
    EXPECT_EQ(gaps[0].lost_since().seconds(), absl::ToUnixSeconds(complete));
    EXPECT_EQ(gaps[0].available_from().seconds(),
              absl::ToUnixSeconds(clock_.Now()));
  }
  EXPECT_GT(journal_->epoch(), epoch);
  EXPECT_THAT(log_.Text(), ::testing::HasSubstr("warning unclean_stop_found"));
  // Who resumes from the old epoch is told, also from a record that was seen
  // live and never stored.
  for (const uint64_t next : {11u, 12u, 5000u}) {
    const auto end =
        store_->SequenceGaps(v1::RECORD_KIND_FLOW, epoch, next, ~uint64_t{0});
    ASSERT_OK(end.status());
    ASSERT_EQ(end->size(), 1u) << next;
    EXPECT_EQ((*end)[0].last_sequence(), 0u) << "not known";
  }
  // And it is told once.
  Reboot();
  EXPECT_EQ(AllGaps(v1::RECORD_KIND_FLOW).size(), 1u);
}

TEST_F(UncleanStopTest, AQuietRunThatIsKilledHasAShortGapToo) {
  Boot();
  // The first look at an empty journal is a mark.
  ASSERT_TRUE(AwaitMarks(clock_.Now()));
  Kill();
  clock_.Advance(absl::Seconds(2));
  Boot();
  const std::vector<v1::Gap> gaps = AllGaps(v1::RECORD_KIND_FLOW);
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].available_from().seconds() - gaps[0].lost_since().seconds(),
            2);
}

TEST_F(UncleanStopTest, AStopThatCannotWriteIsUnclean) {
  std::atomic<bool> full{false};
  Boot(100000, [&full](const char*) -> absl::Status {
    if (full) return absl::ResourceExhaustedError("disk full");
    return absl::OkStatus();
  });
  AcceptFlows(1, 10);
  ASSERT_TRUE(Settle());
  full = true;
  AcceptFlows(11, 20);
  ASSERT_TRUE(Eventually([&] { return !store_->Status().writable(); }));
  Shut();
  full = false;
  Boot();
  bool told = false;
  for (const v1::Gap& gap : AllGaps(v1::RECORD_KIND_FLOW)) {
    told |= gap.reason() == "unclean_stop" && gap.first_sequence() == 11;
  }
  EXPECT_TRUE(told);
}

TEST_F(UncleanStopTest, AStopThatCannotWriteOnlyAlertsIsUncleanForThemAlone) {
  Boot();
  Accept(AlertRecord(1));
  AcceptFlows(1, 10);
  ASSERT_TRUE(Settle());
  {
    auto other = Database::Open(directory_ + "/alerts.db", {});
    ASSERT_OK(other.status());
    ASSERT_OK(other->Execute("BEGIN IMMEDIATE"));
    Accept(AlertRecord(2));
    ASSERT_TRUE(Eventually([&] { return !store_->Status().writable(); }));
    AcceptFlows(11, 20);
    Shut();
  }
  Boot();
  EXPECT_TRUE(AllGaps(v1::RECORD_KIND_FLOW).empty());
  const std::vector<v1::Gap> gaps = AllGaps(v1::RECORD_KIND_ALERT);
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].reason(), "unclean_stop");
  EXPECT_EQ(gaps[0].first_sequence(), 2u);
}

TEST_F(UncleanStopTest, WhatIsKnownToBeMissingIsNotToldAgain) {
  config_.mutable_keep_flows()->set_seconds(60);
  Boot();
  AcceptFlows(1, 10);
  ASSERT_TRUE(Settle());
  clock_.Advance(absl::Seconds(61));
  ASSERT_TRUE(Eventually([&] { return store_->Status().flows() == 0; }));
  Kill();
  Boot();
  const auto gaps = AllGaps(v1::RECORD_KIND_FLOW);
  ASSERT_EQ(gaps.size(), 2u);
  EXPECT_EQ(gaps[0].reason(), "retention");
  EXPECT_EQ(gaps[1].reason(), "unclean_stop");
  EXPECT_EQ(gaps[1].first_sequence(), 11u);
}

}  // namespace
}  // namespace tapline::testing
