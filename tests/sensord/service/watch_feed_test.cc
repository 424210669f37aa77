#include "sensord/service/watch_feed.h"

#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "harness.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

// What a feed gave, in words: "r5" record 5, "g3-4st" gap, "c5" checkpoint,
// "L5" live checkpoint.
std::string Word(const WatchItem& item) {
  if (const auto* entry = std::get_if<JournalEntryPtr>(&item)) {
    return absl::StrCat("r", (*entry)->sequence);
  }
  if (const auto* record = std::get_if<v1::Record>(&item)) {
    return absl::StrCat("r", record->sequence());
  }
  if (const auto* gap = std::get_if<v1::Gap>(&item)) {
    return absl::StrCat("g", gap->first_sequence(), "-", gap->last_sequence(),
                        gap->reason().substr(0, 2));
  }
  const auto& checkpoint = std::get<v1::Checkpoint>(item);
  return absl::StrCat(checkpoint.live() ? "L" : "c", checkpoint.sequence());
}

class WatchFeedTest : public ::testing::Test {
 protected:
  std::unique_ptr<WatchFeed> Make(Bench& bench, WatchSpec spec,
                                  size_t queue = 1000) {
    FeedSources sources{*bench.journal_, bench.store_, bench.control_,
                        bench.clock_, "sensor-1"};
    auto feed = WatchFeed::Create(std::move(spec), sources, queue);
    EXPECT_OK(feed);
    return *std::move(feed);
  }

  WatchSpec Flows() {
    WatchSpec spec;
    spec.kind = v1::RECORD_KIND_FLOW;
    spec.range.set_follow(true);
    return spec;
  }

  WatchSpec FlowsSinceEver() {
    WatchSpec spec = Flows();
    spec.range.mutable_range()->mutable_since()->set_seconds(1);
    return spec;
  }

  // Everything until the feed waits or ends, in words.
  std::string Drain(WatchFeed& feed) {
    std::string all;
    for (int steps = 0; steps < 10000; ++steps) {
      auto step = feed.Next(now_);
      EXPECT_OK(step);
      if (!step.ok()) return all;
      for (const WatchItem& item : step->items) {
        absl::StrAppend(&all, all.empty() ? "" : " ", Word(item));
        if (const auto* one = std::get_if<v1::Checkpoint>(&item)) {
          cursor_ = one->cursor();
        }
      }
      if (step->then != WatchStep::Then::kMore) return all;
    }
    ADD_FAILURE() << "the feed never waits";
    return all;
  }

  Monotonic now_ = std::chrono::steady_clock::now();
  std::string cursor_;
};

TEST_F(WatchFeedTest, NothingAskedGivesOnlyWhatComesNext) {
  Bench bench;
  bench.Add(FlowRecord(1));
  auto feed = Make(bench, Flows());
  EXPECT_EQ(Drain(*feed), "L1");
  bench.Add(FlowRecord(2));
  EXPECT_EQ(Drain(*feed), "r2");
}

TEST_F(WatchFeedTest, AStepOfACostlyFilterEndsInTimeAndIsNotTakenAmongLive) {
  constexpr int kRecords = 200;
  Bench bench;
  WatchSpec spec = Flows();
  std::string patterns = "flow.application.protocol == \"never\"";
  for (int i = 0; i < 4; ++i) {
    absl::StrAppend(&patterns,
                    " or flow.application.protocol matches "
                    "\"(a?|[a-z]?|\\\\w?){12}[^.]{20,24}Q",
                    i, "\"");
  }
  spec.filter = patterns;
  auto feed = Make(bench, spec);
  EXPECT_EQ(Drain(*feed), "L0");
  for (int i = 0; i < kRecords; ++i) {
    v1::Record record = FlowRecord(i);
    record.mutable_flow()->mutable_application()->set_protocol(
        absl::StrCat(std::string(500, 'a'), i));
    bench.Add(record);
  }
  EXPECT_FALSE(feed->MayBlock(now_));
  ASSERT_OK(feed->Next(now_).status());
  EXPECT_LT(feed->MakeCheckpoint()->sequence(), kRecords);
  EXPECT_TRUE(feed->MayBlock(now_));
  EXPECT_EQ(Drain(*feed), "");
  EXPECT_EQ(feed->MakeCheckpoint()->sequence(), kRecords);
  EXPECT_FALSE(feed->MayBlock(now_));
}

TEST_F(WatchFeedTest, EveryKnownGapIsToldInStepsOfBoundedSize) {
  constexpr size_t kGaps = 1000;
  Bench bench;
  for (size_t i = 1; i <= kGaps; ++i) {
    v1::Gap gap;
    gap.set_kind(v1::RECORD_KIND_FLOW);
    gap.set_first_sequence(i);
    bench.store_.AddKnownGap(gap);
  }
  auto feed = Make(bench, FlowsSinceEver());
  uint64_t told = 0;
  for (;;) {
    auto step = feed->Next(now_);
    ASSERT_OK(step);
    EXPECT_LE(step->items.size(), WatchFeed::kStepItems);
    for (const WatchItem& item : step->items) {
      const auto* gap = std::get_if<v1::Gap>(&item);
      if (gap == nullptr) continue;
      EXPECT_EQ(gap->first_sequence(), ++told);
    }
    if (step->then != WatchStep::Then::kMore) break;
  }
  EXPECT_EQ(told, kGaps);
}

TEST_F(WatchFeedTest, HistoryFromStoreAndRingJoinsLiveWithoutHoleOrDuplicate) {
  Bench bench(16);
  for (int i = 0; i < 40; ++i) bench.Add(FlowRecord(i));
  auto feed = Make(bench, FlowsSinceEver());
  std::string expected;
  for (int i = 1; i <= 40; ++i) absl::StrAppend(&expected, "r", i, " ");
  EXPECT_EQ(Drain(*feed), expected + "L40");
  bench.Add(FlowRecord(40));
  EXPECT_EQ(Drain(*feed), "r41");
}

TEST_F(WatchFeedTest, RecordsThatOverflowTheRingWhileHistoryIsReadAreNotLost) {
  Bench bench(16);
  for (int i = 0; i < 300; ++i) bench.Add(FlowRecord(i));
  auto feed = Make(bench, FlowsSinceEver());
  // Begin, and the first page of the store.
  std::string all;
  for (int i = 0; i < 2; ++i) {
    auto step = feed->Next(now_);
    ASSERT_OK(step);
    for (const WatchItem& item : step->items) all += Word(item) + " ";
  }
  for (int i = 300; i < 700; ++i) bench.Add(FlowRecord(i));
  all += Drain(*feed);
  std::string expected;
  for (int i = 1; i <= 700; ++i) absl::StrAppend(&expected, "r", i, " ");
  // Checkpoints may stand between.
  std::string records;
  for (absl::string_view word : absl::StrSplit(all, ' ')) {
    if (word[0] != 'c' && word[0] != 'L') {
      absl::StrAppend(&records, word, " ");
    }
  }
  EXPECT_EQ(records, expected);
}

TEST_F(WatchFeedTest, RecordsTheRingLostAndTheStoreNeverHadAreAnExactGap) {
  Bench bench(16);
  auto feed = Make(bench, Flows());
  EXPECT_EQ(Drain(*feed), "L0");
  for (int i = 0; i < 30; ++i) bench.AddUnstored(FlowRecord(i));
  bench.Drain();
  v1::Gap lost;
  lost.set_kind(v1::RECORD_KIND_FLOW);
  lost.set_first_sequence(1);
  lost.set_last_sequence(14);
  lost.set_count(14);
  lost.set_reason("storage");
  bench.store_.PutGap(5, lost);
  std::string expected = "g1-14st";
  for (int i = 15; i <= 30; ++i) absl::StrAppend(&expected, " r", i);
  EXPECT_EQ(Drain(*feed), expected);
}

TEST_F(WatchFeedTest, HoleNobodyExplainsIsWaitedForThenCounted) {
  Bench bench(16);
  auto feed = Make(bench, Flows());
  EXPECT_EQ(Drain(*feed), "L0");
  for (int i = 0; i < 20; ++i) bench.AddUnstored(FlowRecord(i));
  bench.Drain();
  EXPECT_EQ(Drain(*feed), "");
  std::string given;
  for (int i = 0; i < 30 && given.empty(); ++i) given = Drain(*feed);
  EXPECT_EQ(given.substr(0, 10), "g1-4st r5 ");
}

TEST_F(WatchFeedTest, ReaderBeyondItsQueueGetsOneGapWithTheExactCount) {
  Bench bench;
  auto feed = Make(bench, Flows(), 10);
  EXPECT_EQ(Drain(*feed), "L0");
  for (int i = 0; i < 100; ++i) bench.Add(FlowRecord(i));
  EXPECT_EQ(Drain(*feed), "g1-95sl r96 r97 r98 r99 r100");
}

TEST_F(WatchFeedTest, CursorOfAnEarlierEpochReadsItsRestThenTheCurrentOne) {
  Bench bench;
  for (uint64_t epoch : {3, 4}) {
    for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
      v1::Record record = FlowRecord(epoch * 10 + sequence);
      record.set_epoch(epoch);
      record.set_sequence(sequence);
      bench.store_.Put(record);
    }
  }
  bench.Add(FlowRecord(1));
  WatchSpec spec = Flows();
  spec.range.set_cursor(CursorToText({v1::RECORD_KIND_FLOW, 3, 2}, "sensor-1"));
  auto feed = Make(bench, spec);
  EXPECT_EQ(Drain(*feed), "r3 r1 r2 r3 r1 L1");
}

TEST_F(WatchFeedTest, CursorOfAnEpochToComeIsRefused) {
  Bench bench;
  WatchSpec spec = Flows();
  spec.range.set_cursor(CursorToText({v1::RECORD_KIND_FLOW, 6, 2}, "sensor-1"));
  FeedSources sources{*bench.journal_, bench.store_, bench.control_,
                      bench.clock_, "sensor-1"};
  EXPECT_THAT(WatchFeed::Create(spec, sources, 10),
              StatusIs(absl::StatusCode::kInvalidArgument, "epoch"));
}

TEST_F(WatchFeedTest, EveryCursorOfAStreamResumesExactlyAfterIt) {
  Bench bench(16);
  for (int i = 0; i < 40; ++i) bench.Add(FlowRecord(i));
  for (uint64_t at = 0; at <= 40; ++at) {
    WatchSpec spec = Flows();
    spec.range.set_cursor(
        CursorToText({v1::RECORD_KIND_FLOW, 5, at}, "sensor-1"));
    auto feed = Make(bench, spec);
    std::string expected;
    for (uint64_t i = at + 1; i <= 40; ++i) {
      absl::StrAppend(&expected, "r", i, " ");
    }
    EXPECT_EQ(Drain(*feed), expected + "L40") << at;
  }
}

TEST_F(WatchFeedTest, LastTakesTheNewestOfStoreAndRingInOrder) {
  Bench bench(16);
  for (int i = 0; i < 40; ++i) bench.Add(FlowRecord(i));
  WatchSpec spec = Flows();
  spec.range.set_last(20);
  auto feed = Make(bench, spec);
  std::string expected;
  for (int i = 21; i <= 40; ++i) absl::StrAppend(&expected, "r", i, " ");
  EXPECT_EQ(Drain(*feed), expected + "L40");
}

TEST_F(WatchFeedTest, UpdatesOfAnAlertComeOnlyWhenAskedFor) {
  Bench bench;
  WatchSpec spec;
  spec.kind = v1::RECORD_KIND_ALERT;
  spec.range.set_follow(true);
  auto plain = Make(bench, spec);
  spec.include_updates = true;
  auto all = Make(bench, spec);
  Drain(*plain);
  Drain(*all);
  bench.Add(AlertRecord("00000000000000a1"));
  bench.Add(AlertRecord("00000000000000a1", 2));
  bench.Add(AlertRecord("00000000000000a2"));
  EXPECT_EQ(Drain(*plain), "r1 r3");
  EXPECT_EQ(Drain(*all), "r1 r2 r3");
}

TEST_F(WatchFeedTest, AlertUpdatedAfterItLeftTheRingIsToldOnce) {
  Bench bench(16);
  bench.Add(AlertRecord("00000000000000a1"));
  for (int i = 0; i < 20; ++i) {
    bench.Add(AlertRecord(absl::StrFormat("%016x", 100 + i)));
  }
  bench.Add(AlertRecord("00000000000000a1", 2));
  WatchSpec spec;
  spec.kind = v1::RECORD_KIND_ALERT;
  spec.range.set_follow(true);
  spec.range.mutable_range()->mutable_since()->set_seconds(1);
  auto feed = Make(bench, spec);
  std::string expected;
  for (int i = 1; i <= 21; ++i) absl::StrAppend(&expected, "r", i, " ");
  EXPECT_EQ(Drain(*feed), expected + "L22");
}

// "r3.2 ack" for sequence 3, revision 2, acknowledged.
std::string AlertWords(const WatchStep& step) {
  std::string all;
  for (const WatchItem& item : step.items) {
    const auto* entry = std::get_if<JournalEntryPtr>(&item);
    const v1::Record* record =
        entry != nullptr ? &(*entry)->record : std::get_if<v1::Record>(&item);
    if (record == nullptr) continue;
    absl::StrAppend(&all, all.empty() ? "" : " ", Word(item), ".",
                    record->alert().revision(),
                    record->alert().acknowledged() ? "ack" : "");
  }
  return all;
}

TEST_F(WatchFeedTest, HistoryShowsAlertsAsTheyAreStoredNow) {
  // Of 16 alerts the ring holds 2 .. 17, the store all.
  for (const bool last : {false, true}) {
    Bench bench(16);
    for (int i = 1; i <= 15; ++i) {
      bench.Add(AlertRecord(absl::StrFormat("%016x", i)));
    }
    bench.Add(AlertRecord(absl::StrFormat("%016x", 1), 2));
    bench.Add(AlertRecord(absl::StrFormat("%016x", 15), 2));
    for (int id : {1, 2, 15}) {
      ASSERT_OK(bench.store_.Acknowledge(absl::StrFormat("%016x", id), "live",
                                         "anna", ""));
    }
    WatchSpec spec;
    spec.kind = v1::RECORD_KIND_ALERT;
    spec.range.set_follow(true);
    if (last) {
      spec.range.set_last(100);
    } else {
      spec.range.mutable_range()->mutable_since()->set_seconds(1);
    }
    const auto words = [&](const WatchSpec& asked) {
      auto feed = Make(bench, asked);
      std::string all;
      for (int i = 0; i < 20; ++i) {
        auto step = feed->Next(now_);
        EXPECT_OK(step);
        const std::string one = AlertWords(*step);
        absl::StrAppend(&all, all.empty() || one.empty() ? "" : " ", one);
        if (step->then != WatchStep::Then::kMore) break;
      }
      return all;
    };
    std::string between;
    for (int i = 3; i <= 14; ++i) absl::StrAppend(&between, "r", i, ".1 ");
    EXPECT_EQ(words(spec), "r1.2ack r2.1ack " + between + "r15.2ack") << last;
    spec.selector.set_unacknowledged(true);
    EXPECT_EQ(words(spec) + " ", between) << last;
    spec.selector.clear_unacknowledged();
    spec.include_updates = true;
    EXPECT_EQ(words(spec),
              "r1.1ack r2.1ack " + between + "r15.1ack r16.2ack r17.2ack")
        << last;
  }
}

TEST_F(WatchFeedTest, RecordsOfAReplayComeOnlyToWhoNamesIt) {
  Bench bench;
  auto live = Make(bench, Flows());
  WatchSpec spec = Flows();
  spec.selector.add_source_ids("replay-1");
  auto replay = Make(bench, spec);
  Drain(*live);
  Drain(*replay);
  bench.Add(FlowRecord(1));
  v1::Record record = FlowRecord(2);
  record.set_source_id("replay-1");
  bench.Add(record);
  EXPECT_EQ(Drain(*live), "r1");
  EXPECT_EQ(Drain(*replay), "r2");
}

TEST_F(WatchFeedTest, CheckpointsComeAfterASecondAThousandRecordsAndWhenIdle) {
  Bench bench(5000);
  auto feed = Make(bench, Flows(), 5000);
  EXPECT_EQ(Drain(*feed), "L0");
  now_ += std::chrono::milliseconds(900);
  bench.Add(FlowRecord(1));
  EXPECT_EQ(Drain(*feed), "r1");
  now_ += std::chrono::milliseconds(200);
  EXPECT_EQ(Drain(*feed), "L1");
  for (int i = 0; i < 1100; ++i) bench.Add(FlowRecord(i));
  EXPECT_NE(Drain(*feed).find(" L"), std::string::npos);
  now_ += std::chrono::milliseconds(1100);
  Drain(*feed);
  now_ += std::chrono::milliseconds(9900);
  EXPECT_EQ(Drain(*feed), "");
  now_ += std::chrono::milliseconds(200);
  EXPECT_EQ(Drain(*feed), "L1101");
}

TEST_F(WatchFeedTest, OpenFlowsComeAtTheSnapshotInterval) {
  Bench bench;
  WatchSpec spec = Flows();
  spec.snapshot_interval = absl::Seconds(2);
  auto feed = Make(bench, spec);
  EXPECT_EQ(Drain(*feed), "L0 r0");
  now_ += std::chrono::milliseconds(1999);
  EXPECT_EQ(Drain(*feed).find("r0"), std::string::npos);
  now_ += std::chrono::milliseconds(1);
  EXPECT_NE(Drain(*feed).find("r0"), std::string::npos);
  // Also where history comes first.
  spec.range.mutable_range()->mutable_since()->set_seconds(1);
  auto since = Make(bench, spec);
  EXPECT_NE(Drain(*since).find("r0"), std::string::npos);
}

}  // namespace
}  // namespace tapline::testing
