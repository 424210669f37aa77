#include "sensord/journal/journal.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "journal_fixture.h"

namespace tapline::testing {
namespace {

using JournalTest = JournalFixture;

TEST_F(JournalTest, EntryGetsEpochSequenceAndReceivedAt) {
  Accept(kFlow, 2);
  const JournalRead read = journal_->Read(kFlow, 1, 10);
  ASSERT_EQ(read.entries.size(), 2u);
  EXPECT_EQ(read.next_sequence, 3u);
  EXPECT_EQ(read.missed_first, 0u);
  const v1::Record& record = read.entries[1]->record;
  EXPECT_EQ(record.epoch(), 7u);
  EXPECT_EQ(record.sequence(), 2u);
  EXPECT_EQ(record.received_at().seconds(), 1'000'000);
  EXPECT_EQ(record.flow().id(), "2");
}

TEST_F(JournalTest, SecretsAreMaskedBeforeAnyoneReads) {
  v1::Record record = RecordOf(kFlow, "1");
  record.mutable_flow()->mutable_application()->set_host(
      "Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789");
  v1::Record* pointer = &record;
  journal_->Accept({&pointer, 1});
  const JournalRead read = journal_->Read(kFlow, 1, 1);
  EXPECT_EQ(read.entries.at(0)->record.flow().application().host().find(
                "abcdefghijklmnopqrstuvwxyz0123456789"),
            std::string::npos);
}

TEST_F(JournalTest, KindsHaveSequencesOfTheirOwn) {
  Accept(kFlow, 3);
  Accept(kEvent, 1);
  EXPECT_EQ(journal_->next_sequence(kFlow), 4u);
  EXPECT_EQ(journal_->next_sequence(kEvent), 2u);
  EXPECT_EQ(journal_->next_sequence(kAlert), 1u);
}

TEST_F(JournalTest, AlertIsInvisibleUntilStored) {
  Accept(kAlert, 2);
  EXPECT_EQ(journal_->visible_end(kAlert), 1u);
  EXPECT_TRUE(journal_->Read(kAlert, 1, 10).entries.empty());
  auto taken = TakeAll();
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_TRUE(journal_->Read(kAlert, 1, 10).entries.empty());
  journal_->MarkStored(taken);
  EXPECT_EQ(journal_->Read(kAlert, 1, 10).entries.size(), 2u);
}

TEST_F(JournalTest, LostAlertIsStillTold) {
  Accept(kAlert, 1);
  journal_->MarkLost(TakeAll(), "disk_full");
  EXPECT_EQ(journal_->Read(kAlert, 1, 10).entries.size(), 1u);
  const v1::StageLoss loss = Loss("alerts");
  ASSERT_EQ(loss.dropped_size(), 1);
  EXPECT_EQ(loss.dropped(0).reason(), "disk_full");
  EXPECT_EQ(loss.dropped(0).count(), 1u);
}

TEST_F(JournalTest, PublishedAlertIsVisibleAndStillInFlight) {
  Accept(kAlert, 1);
  auto taken = TakeAll();
  journal_->Publish(taken);
  EXPECT_EQ(journal_->Read(kAlert, 1, 10).entries.size(), 1u);
  EXPECT_EQ(Loss("alerts").in_flight(), 1u);
  journal_->MarkStored(taken);
  EXPECT_EQ(Loss("alerts").in_flight(), 0u);
  EXPECT_EQ(Loss("alerts").out(), 1u);
}

TEST_F(JournalTest, FlowsNeverEvictAlerts) {
  Accept(kAlert, 1);
  Accept(kFlow, 1000);
  journal_->MarkStored(journal_->TakeAlerts(absl::ZeroDuration()));
  EXPECT_EQ(journal_->Read(kAlert, 1, 10).entries.size(), 1u);
}

TEST_F(JournalTest, FullRingDeclaresTheOldestUnstoredLost) {
  Accept(kFlow, 20);
  const v1::StageLoss loss = Loss("flows");
  EXPECT_EQ(loss.in(), 20u);
  EXPECT_EQ(loss.in_flight(), 16u);
  ASSERT_EQ(loss.dropped_size(), 1);
  EXPECT_EQ(loss.dropped(0).reason(), "ring_full");
  EXPECT_EQ(loss.dropped(0).count(), 4u);
  const std::vector<LostRange> lost = journal_->TakeLost();
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].first_sequence, 1u);
  EXPECT_EQ(lost[0].last_sequence, 4u);
  EXPECT_EQ(lost[0].count, 4u);
  EXPECT_TRUE(journal_->TakeLost().empty());
}

TEST_F(JournalTest, WhatTheWriterHoldsIsNotLostWhenTheRingMovesOn) {
  Accept(kFlow, 10);
  auto taken = TakeAll();
  Accept(kFlow, 16);
  EXPECT_EQ(Loss("flows").dropped_size(), 0);
  EXPECT_EQ(Loss("flows").in_flight(), 26u);
  journal_->MarkStored(taken);
  EXPECT_EQ(Loss("flows").out(), 10u);
}

TEST_F(JournalTest, WhatTheWriterHoldsIsReadableUntilItIsMarked) {
  Accept(kFlow, 10);
  auto taken = TakeAll();
  Accept(kFlow, 20);  // 11..14 of them leave the ring unwritten
  // Neither in the ring nor in the store yet: still here, with no hole.
  JournalRead read = journal_->Read(kFlow, 3, 5);
  EXPECT_EQ(read.missed_first, 0u);
  ASSERT_EQ(read.entries.size(), 5u);
  EXPECT_EQ(read.entries[0]->sequence, 3u);
  read = journal_->Read(kFlow, read.next_sequence, 100);
  EXPECT_EQ(read.missed_first, 0u);
  ASSERT_EQ(read.entries.size(), 3u);
  EXPECT_EQ(read.entries[2]->sequence, 10u);
  // What was really lost is a hole.
  read = journal_->Read(kFlow, read.next_sequence, 100);
  EXPECT_EQ(read.missed_first, 11u);
  EXPECT_EQ(read.missed_last, 14u);
  EXPECT_EQ(read.entries.size(), 16u);
  // Now the store has them.
  journal_->MarkStored({taken.begin(), taken.begin() + 4});
  read = journal_->Read(kFlow, 3, 100);
  EXPECT_EQ(read.missed_first, 3u);
  EXPECT_EQ(read.missed_last, 4u);
  ASSERT_EQ(read.entries.size(), 6u);
  EXPECT_EQ(read.entries[0]->sequence, 5u);
  journal_->MarkLost({taken.begin() + 4, taken.end()}, "disk_full");
  EXPECT_EQ(journal_->Read(kFlow, 3, 100).missed_last, 14u);
}

TEST_F(JournalTest, AlertsLostInTheRingWaitForOlderOnesInTheWritersHands) {
  Accept(kAlert, 2);
  auto taken = TakeAll();
  Accept(kAlert, 30);  // 3..16 of them leave the ring unwritten
  EXPECT_EQ(journal_->visible_end(kAlert), 1u);
  journal_->MarkStored(taken);
  EXPECT_EQ(journal_->visible_end(kAlert), 17u);
}

TEST_F(JournalTest, ReaderBehindTheRingIsToldWhatItMissed) {
  Accept(kFlow, 20);
  const JournalRead read = journal_->Read(kFlow, 2, 5);
  EXPECT_EQ(read.missed_first, 2u);
  EXPECT_EQ(read.missed_last, 4u);
  ASSERT_EQ(read.entries.size(), 5u);
  EXPECT_EQ(read.entries[0]->sequence, 5u);
  EXPECT_EQ(read.next_sequence, 10u);
}

TEST_F(JournalTest, LargeRecordsAreBoundedByBytes) {
  v1::Record big = RecordOf(kFlow, "1");
  big.mutable_flow()->mutable_application()->set_host(std::string(8192, 'x'));
  for (int i = 0; i < 16; ++i) {
    v1::Record copy = big;
    v1::Record* pointer = &copy;
    journal_->Accept({&pointer, 1});
  }
  const JournalRead read = journal_->Read(kFlow, 1, 100);
  EXPECT_LT(read.entries.size(), 4u);
  EXPECT_GE(read.entries.size(), 1u);
}

TEST_F(JournalTest, PacketsAreWantedOnlyWhileWatched) {
  EXPECT_FALSE(journal_->Wants(kPacket));
  const uint64_t handle = journal_->Subscribe(kPacket, [] {});
  EXPECT_TRUE(journal_->Wants(kPacket));
  journal_->Unsubscribe(handle);
  EXPECT_FALSE(journal_->Wants(kPacket));
}

TEST_F(JournalTest, PacketsAreNeverHandedToTheWriter) {
  Accept(kPacket, 3);
  EXPECT_TRUE(TakeAll().empty());
  EXPECT_EQ(Loss("packets").out(), 3u);
}

TEST_F(JournalTest, SubscriberIsWokenUntilItLeaves) {
  int flows = 0;
  int alerts = 0;
  const uint64_t a = journal_->Subscribe(kFlow, [&] { ++flows; });
  journal_->Subscribe(kAlert, [&] { ++alerts; });
  Accept(kFlow, 2);
  EXPECT_EQ(flows, 2);
  Accept(kAlert, 1);
  EXPECT_EQ(alerts, 0);
  journal_->MarkStored(journal_->TakeAlerts(absl::ZeroDuration()));
  EXPECT_EQ(alerts, 1);
  journal_->Unsubscribe(a);
  Accept(kFlow, 1);
  EXPECT_EQ(flows, 2);
}

TEST_F(JournalTest, RecordOffTheArenaGivesItsContentAway) {
  v1::Record record = RecordOf(kFlow, "1");
  record.mutable_flow()->mutable_application()->set_host(std::string(100, 'h'));
  const v1::Flow* content = &record.flow();
  v1::Record* pointer = &record;
  journal_->Accept({&pointer, 1});
  EXPECT_EQ(&journal_->Read(kFlow, 1, 1).entries.at(0)->record.flow(), content);
}

// Two pipelines, a writer that stores or loses at random, a reader that follows
// every sequence, and rings small enough to overflow: nothing is counted twice
// or not at all.
TEST_F(JournalTest, EveryEntryIsAccountedForUnderRandomInterleavings) {
  constexpr int kPerThread = 20000;
  std::atomic<bool> done{false};
  const auto produce = [this](uint32_t seed) {
    std::vector<v1::Record> records;
    for (int i = 0; i < kPerThread;) {
      records.clear();
      for (seed = seed * 1664525 + 1013904223; records.size() <= seed >> 29;) {
        const auto kind =
            (seed >> (records.size() + 4)) % 3 == 0 ? kAlert : kFlow;
        records.push_back(RecordOf(kind, std::to_string(i++)));
      }
      std::vector<v1::Record*> pointers;
      for (v1::Record& record : records) pointers.push_back(&record);
      journal_->Accept(absl::MakeConstSpan(pointers));
    }
  };
  uint64_t stored = 0;
  uint64_t lost = 0;
  std::thread writer([&] {
    uint32_t dice = 1;
    for (;;) {
      auto taken = journal_->TakeUnstored(5, absl::Milliseconds(1));
      if (taken.empty() && done.load()) break;
      dice = dice * 1664525 + 1013904223;
      if (dice >> 30 == 0) journal_->Publish(taken);
      if (dice >> 28 == 1) {
        journal_->MarkLost(taken, "test");
        lost += taken.size();
      } else {
        journal_->MarkStored(taken);
        stored += taken.size();
      }
    }
  });
  std::atomic<uint64_t> wakes{0};
  std::thread reader([&] {
    const uint64_t handle = journal_->Subscribe(kFlow, [&] { ++wakes; });
    uint64_t next = 1;
    uint64_t seen = 0;
    while (!done.load() || next < journal_->visible_end(kFlow)) {
      const JournalRead read = journal_->Read(kFlow, next, 7);
      if (read.missed_first != 0) {
        EXPECT_EQ(read.missed_first, next);
        seen += read.missed_last - read.missed_first + 1;
      }
      seen += read.entries.size();
      next = read.next_sequence;
    }
    EXPECT_EQ(seen + 1, journal_->next_sequence(kFlow));
    journal_->Unsubscribe(handle);
  });
  std::thread a(produce, 1), b(produce, 2);
  a.join();
  b.join();
  done.store(true);
  writer.join();
  reader.join();

  uint64_t in = 0, out = 0, dropped = 0;
  for (const v1::StageLoss& loss : journal_->Loss()) {
    EXPECT_EQ(loss.in_flight(), 0u) << loss.item();
    in += loss.in();
    out += loss.out();
    for (const v1::Dropped& one : loss.dropped()) dropped += one.count();
  }
  EXPECT_GE(in, 2u * kPerThread);
  EXPECT_EQ(in, out + dropped);
  EXPECT_EQ(out, stored);
  uint64_t reported = 0;
  for (const LostRange& range : journal_->TakeLost()) reported += range.count;
  EXPECT_EQ(reported, dropped);
  EXPECT_GT(dropped, lost);
  EXPECT_EQ(journal_->visible_end(kAlert), journal_->next_sequence(kAlert));
}

}  // namespace
}  // namespace tapline::testing
