// What the writer takes, waits for and leaves room for.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "journal_fixture.h"

namespace tapline::testing {
namespace {

using JournalWriterTest = JournalFixture;

TEST_F(JournalWriterTest, AlertsAndOthersAreTakenApart) {
  Accept(kFlow, 3);
  Accept(kAlert, 1);
  auto alerts = journal_->TakeAlerts(absl::Hours(1));
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0]->kind, kAlert);
  EXPECT_EQ(journal_->TakeOthers(3, absl::Hours(1)).size(), 3u);
}

TEST_F(JournalWriterTest, BatchLargerThanTheLimitIsTakenInParts) {
  Accept(kFlow, 10);
  Accept(kEvent, 4);
  EXPECT_EQ(journal_->TakeUnstored(8, absl::ZeroDuration()).size(), 8u);
  EXPECT_EQ(journal_->TakeUnstored(8, absl::ZeroDuration()).size(), 6u);
}

TEST_F(JournalWriterTest, WaitingWriterWakesForTheFirstAlert) {
  std::thread writer(
      [this] { EXPECT_EQ(journal_->TakeAlerts(absl::Hours(1)).size(), 1u); });
  Accept(kAlert, 1);
  writer.join();
}

TEST_F(JournalWriterTest, WaitingWriterWakesForAFullBatch) {
  std::thread writer([this] {
    EXPECT_EQ(journal_->TakeOthers(5, absl::Hours(1)).size(), 5u);
  });
  Accept(kFlow, 4);
  Accept(kEvent, 1);
  writer.join();
}

TEST_F(JournalWriterTest, WhoAwaitsTheStoreWakesTheWriterBeforeItsBatchIsFull) {
  Accept(kFlow, 3);
  std::thread writer([this] {
    const auto taken = journal_->TakeOthers(1000, absl::Hours(1));
    EXPECT_EQ(taken.size(), 3u);
    journal_->MarkStored(taken);
  });
  EXPECT_TRUE(journal_->AwaitStored(absl::Seconds(30)));
  writer.join();
  EXPECT_TRUE(journal_->AwaitStored(absl::ZeroDuration()));
}

TEST_F(JournalWriterTest, WhatTheWriterHoldsIsNotStored) {
  Accept(kEvent, 2);
  const auto taken = journal_->TakeOthers(1000, absl::ZeroDuration());
  EXPECT_FALSE(journal_->AwaitStored(absl::ZeroDuration()));
  journal_->MarkStored(taken);
  EXPECT_TRUE(journal_->AwaitStored(absl::ZeroDuration()));
}

TEST_F(JournalWriterTest, WhatIsLostIsAwaitedNoLonger) {
  Accept(kAlert, 2);
  const auto taken = journal_->TakeAlerts(absl::ZeroDuration());
  EXPECT_FALSE(journal_->AwaitStored(absl::ZeroDuration()));
  journal_->MarkLost(taken, "disk_full");
  EXPECT_TRUE(journal_->AwaitStored(absl::ZeroDuration()));
}

TEST_F(JournalWriterTest, CloseEndsTheWaitAndLeavesTheRest) {
  std::thread writer([this] {
    EXPECT_TRUE(journal_->TakeOthers(100, absl::Hours(1)).empty());
    EXPECT_TRUE(journal_->TakeAlerts(absl::Hours(1)).empty());
  });
  journal_->Close();
  writer.join();
  Accept(kFlow, 1);
  EXPECT_EQ(journal_->TakeUnstored(100, absl::Hours(1)).size(), 1u);
  EXPECT_TRUE(journal_->TakeUnstored(100, absl::Hours(1)).empty());
}

TEST_F(JournalWriterTest, ASourceThatCanWaitHasRoomOnceTheWriterTook) {
  Accept(kFlow, 7);
  EXPECT_TRUE(journal_->AwaitRoom(absl::ZeroDuration()));
  Accept(kFlow, 1);
  EXPECT_FALSE(journal_->AwaitRoom(absl::Milliseconds(1)));
  std::thread waiting(
      [this] { EXPECT_TRUE(journal_->AwaitRoom(absl::Hours(1))); });
  EXPECT_EQ(journal_->TakeOthers(100, absl::ZeroDuration()).size(), 8u);
  waiting.join();
}

TEST_F(JournalWriterTest, ManyLargeRecordsLeaveNoRoom) {
  journal_ = Journal::Create(Rings(1000), 7, clock_);
  v1::Record record = RecordOf(kFlow, std::string(100'000, 'x'));
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(journal_->AwaitRoom(absl::ZeroDuration()));
    v1::Record copy = record;
    v1::Record* pointer = &copy;
    journal_->Accept({&pointer, 1});
  }
  EXPECT_FALSE(journal_->AwaitRoom(absl::ZeroDuration()));
}

// Reads the time, and lets others go on before it is used.
class SlowClock final : public Clock {
 public:
  absl::Time Now() const override {
    const int64_t now = ++now_;
    std::this_thread::yield();
    return absl::FromUnixNanos(now);
  }

 private:
  mutable std::atomic<int64_t> now_{0};
};

// The store's mark of how far it is complete rests on it.
TEST_F(JournalWriterTest, WhatIsAppendedLaterWasReceivedLater) {
  const SlowClock clock;
  journal_ = Journal::Create(Rings(100'000), 7, clock);
  const auto accept = [this] {
    for (int i = 0; i < 5000; ++i) {
      v1::Record record = RecordOf(kFlow, "1");
      v1::Record* pointer = &record;
      journal_->Accept({&pointer, 1});
    }
  };
  std::thread other(accept);
  accept();
  other.join();
  absl::Time last = absl::InfinitePast();
  for (const JournalEntryPtr& entry : TakeAll()) {
    ASSERT_GT(entry->received_at, last) << entry->sequence;
    last = entry->received_at;
  }
}

TEST_F(JournalWriterTest, WhereThereIsRoomABatchPushesNothingOut) {
  for (uint32_t entries : {16u, 17u, 128u, 1000u, 1024u}) {
    journal_ = Journal::Create(Rings(entries), 7, clock_);
    while (journal_->AwaitRoom(absl::ZeroDuration())) {
      std::vector<v1::Record> batch(journal_->room_records(),
                                    RecordOf(kFlow, "1"));
      std::vector<v1::Record*> pointers;
      for (v1::Record& record : batch) pointers.push_back(&record);
      journal_->Accept(pointers);
      EXPECT_TRUE(journal_->TakeLost().empty()) << entries;
    }
    Accept(kFlow, static_cast<int>(entries));
    EXPECT_FALSE(journal_->TakeLost().empty()) << "without asking";
  }
}

}  // namespace
}  // namespace tapline::testing
