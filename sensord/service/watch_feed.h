// What one watch delivers, in order: history, then live, without a hole or a
// duplicate between the two.
//
// The join is by sequence, not by time. At the start the feed notes O, the
// oldest sequence in the journal's ring. All before O is read from the store,
// as of O. All from O on is read from the ring; what the ring overwrites
// meanwhile, from the store by its sequence; what is in neither is reported as
// a gap with its exact count.
// The feed keeps no queue: its position in the ring is the queue.

#ifndef TAPLINE_SENSORD_SERVICE_WATCH_FEED_H_
#define TAPLINE_SENSORD_SERVICE_WATCH_FEED_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "common/time/clock.h"
#include "sensord/control/control.h"
#include "sensord/journal/journal.h"
#include "sensord/service/cursor.h"
#include "sensord/service/fair_turns.h"
#include "sensord/service/record_filter.h"
#include "sensord/service/stream_registry.h"
#include "sensord/store/store.h"

namespace tapline {

using WatchItem =
    std::variant<JournalEntryPtr, v1::Record, v1::Gap, v1::Checkpoint>;

struct WatchStep {
  enum class Then {
    // Call Next again.
    kMore,
    // Call Next when the journal has something new, or at the next tick.
    kWait,
    // All asked for was delivered.
    kEnd,
  };
  std::vector<WatchItem> items;
  Then then = Then::kWait;
};

// Must outlive the feed.
struct FeedSources {
  const Journal& journal;
  const Store& store;
  Control& control;
  const Clock& clock;
  std::string sensor_id;
};

// Thread safety: one call at a time.
class WatchFeed {
 public:
  // Items of one step; what a subscriber may have in hand.
  static constexpr size_t kStepItems = 256;
  // After this long a step ends with what it has: less than a turn, so that one
  // step takes one (fair_turns.h).
  static constexpr auto kStepTime = FairTurns::kSlice * 4 / 5;
  // Open flows of one snapshot.
  static constexpr size_t kSnapshotFlows = 4096;

  // `queue_records`: a live reader further behind is told a gap and skips to
  // half of it. InvalidArgument: RANGE_INVALID, CURSOR_INVALID,
  // SELECTOR_INVALID, FILTER_INVALID.
  static absl::StatusOr<std::unique_ptr<WatchFeed>> Create(
      WatchSpec spec, FeedSources sources, size_t queue_records);

  // Whether the next step may wait for the disk or a worker, or is likely to
  // need all of kStepTime.
  bool MayBlock(Monotonic now) const;
  // ResourceExhausted (IsTooCostly): the filter cannot judge the record that
  // would be next.
  absl::StatusOr<WatchStep> Next(Monotonic now);
  // Where to resume after all that was returned. Nothing while rows of the
  // store are being read: they come by time, so no sequence fits between.
  absl::optional<v1::Checkpoint> MakeCheckpoint() const;

 private:
  enum class Phase { kBegin, kOldEpochs, kGaps, kStore, kRing };
  // Sequences to be fetched from the store.
  struct Range {
    uint64_t epoch = 0;
    uint64_t next = 0;
    // With an old epoch the largest there can be.
    uint64_t last = 0;
    bool open() const { return next != 0; }
  };

  WatchFeed(WatchSpec spec, FeedSources sources, RecordFilter filter,
            size_t queue_records);

  // Phases; each appends to `step` and may change the phase.
  absl::Status Begin(WatchStep& step);
  absl::Status ReadOldEpochs(WatchStep& step);
  // What the store knows it cannot tell of the time asked for.
  absl::Status ReadKnownGaps(WatchStep& step);
  absl::Status ReadStore(WatchStep& step);
  absl::Status ReadRing(WatchStep& step);

  // An alert that was raised before the watch began.
  bool IsPastAlert(const v1::Record& record) const;
  // A past alert in its place, as it is stored now; with updates, which follow,
  // only its acknowledgement. As it is when the store cannot say.
  v1::Record AsStored(const v1::Record& alert) const;
  // Whether the step has gone on for long enough, or has come to a record that
  // the filter cannot judge.
  bool IsStepOver() const;
  // Gives the record as a watch shows it, if it is asked for.
  void Offer(JournalEntryPtr entry, WatchStep& step);
  void Offer(v1::Record record, WatchStep& step);

  // The newest records asked for by `last`.
  absl::Status TakeLast(WatchStep& step);
  // The newest `keep` that match in the ring from O on.
  absl::StatusOr<std::vector<WatchItem>> NewestInRing(size_t keep);
  // Takes records and gaps from the store until `range` is done (not open).
  absl::Status FetchRange(Range& range, WatchStep& step);
  // Gaps for sequences first..last, which the store gave no record of. False:
  // they may still be written; nothing was added.
  absl::StatusOr<bool> ExplainHole(const Range& range, uint64_t first,
                                   uint64_t last, WatchStep& step);
  v1::Gap MakeGap(uint64_t first, uint64_t last, const char* reason) const;
  void AddGap(uint64_t first, uint64_t last, const char* reason,
              WatchStep& step);
  void SkipIfSlow(WatchStep& step);
  void TakeSnapshot(Monotonic now, WatchStep& step);
  void AddCheckpoint(Monotonic now, bool live, WatchStep& step);
  void CheckpointIfDue(Monotonic now, WatchStep& step);
  bool SnapshotDue(Monotonic now) const;
  // What is asked for, of the time before O.
  StoreQuery Query(bool newest_first) const;

  const WatchSpec spec_;
  const FeedSources sources_;
  RecordFilter filter_;
  const uint64_t queue_records_;

  Phase phase_ = Phase::kBegin;
  Monotonic step_end_;
  // The latest step from the ring did not get through what it had read; what
  // comes next is likely to take as long.
  bool costly_ = false;
  bool live_ = false;
  // Oldest sequence of the ring, and one past the newest, at the start.
  uint64_t ring_begin_ = 0;
  uint64_t history_end_ = 0;
  // Next sequence of the ring.
  uint64_t next_ = 0;
  // Position of the store's pages of gaps, and of records.
  std::string gaps_position_;
  std::string store_position_;
  Range missed_;
  int hole_waits_ = 0;
  Range old_epoch_;
  // What a checkpoint says.
  Cursor cursor_;
  size_t since_checkpoint_ = 0;
  Monotonic last_checkpoint_;
  Monotonic last_snapshot_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_WATCH_FEED_H_
