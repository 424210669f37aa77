#include "sensord/service/watch_feed.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/schema/proto_time.h"
#include "common/status/macros.h"
#include "common/sync/work.h"
#include "sensord/service/errors.h"
#include "sensord/service/list_request.h"

namespace tapline {
namespace {

constexpr auto kCheckpointInterval = std::chrono::seconds(1);
constexpr auto kIdleCheckpointInterval = std::chrono::seconds(10);
constexpr size_t kCheckpointRecords = 1000;
// Steps that wait for the writer to commit what it holds, before it counts as
// lost.
constexpr int kMaxHoleWaits = 20;
// Stands for a last sequence that nobody knows.
constexpr uint64_t kEndOfEpoch = std::numeric_limits<int64_t>::max();

bool Stored(v1::RecordKind kind) { return kind != v1::RECORD_KIND_PACKET; }

}  // namespace

absl::StatusOr<std::unique_ptr<WatchFeed>> WatchFeed::Create(
    WatchSpec spec, FeedSources sources, size_t queue_records) {
  RETURN_IF_ERROR(CheckWatchRange(spec.range));
  ASSIGN_OR_RETURN(RecordFilter filter, RecordFilter::Create(spec));
  Cursor cursor{spec.kind, sources.journal.epoch(), 0};
  bool resumes = !spec.range.cursor().empty();
  if (resumes) {
    ASSIGN_OR_RETURN(cursor, CursorFromText(spec.range.cursor(), spec.kind,
                                            sources.sensor_id));
    if (cursor.epoch > sources.journal.epoch()) {
      return Refuse(Reason::kCURSOR_INVALID,
                    "cursor: of an epoch that this sensor has not reached",
                    {{"field", "range.cursor"}});
    }
  }
  std::unique_ptr<WatchFeed> feed(new WatchFeed(
      std::move(spec), std::move(sources), std::move(filter), queue_records));
  feed->cursor_ = cursor;
  return feed;
}

WatchFeed::WatchFeed(WatchSpec spec, FeedSources sources, RecordFilter filter,
                     size_t queue_records)
    : spec_(std::move(spec)),
      sources_(std::move(sources)),
      filter_(std::move(filter)),
      queue_records_(std::max<size_t>(queue_records, 2)),
      last_checkpoint_(std::chrono::steady_clock::now()) {
  const Journal& journal = sources_.journal;
  history_end_ = journal.visible_end(spec_.kind);
  // A read from the start tells how far back the ring goes.
  JournalRead read = journal.Read(spec_.kind, 1, 1);
  ring_begin_ = read.entries.empty() ? history_end_ : read.entries[0]->sequence;
}

bool WatchFeed::MayBlock(Monotonic now) const {
  const bool reads_alerts =
      spec_.kind == v1::RECORD_KIND_ALERT && next_ < history_end_;
  return phase_ != Phase::kRing || missed_.open() || reads_alerts || costly_ ||
         SnapshotDue(now);
}

absl::StatusOr<WatchStep> WatchFeed::Next(Monotonic now) {
  RETURN_IF_ERROR(filter_.CheckCost());
  step_end_ = std::chrono::steady_clock::now() + kStepTime;
  WatchStep step;
  step.then = WatchStep::Then::kMore;
  switch (phase_) {
    case Phase::kBegin:
      RETURN_IF_ERROR(Begin(step));
      break;
    case Phase::kOldEpochs:
      RETURN_IF_ERROR(ReadOldEpochs(step));
      break;
    case Phase::kGaps:
      RETURN_IF_ERROR(ReadKnownGaps(step));
      break;
    case Phase::kStore:
      RETURN_IF_ERROR(ReadStore(step));
      break;
    case Phase::kRing:
      RETURN_IF_ERROR(ReadRing(step));
      break;
  }
  since_checkpoint_ += step.items.size();
  if (phase_ == Phase::kRing && !missed_.open() && !live_) {
    uint64_t end = sources_.journal.visible_end(spec_.kind);
    if (!spec_.range.follow() && next_ >= history_end_) {
      AddCheckpoint(now, false, step);
      step.then = WatchStep::Then::kEnd;
      return step;
    }
    if (next_ >= history_end_ && end - next_ <= queue_records_ / 2) {
      live_ = true;
      AddCheckpoint(now, true, step);
      return step;
    }
  }
  if (SnapshotDue(now)) TakeSnapshot(now, step);
  CheckpointIfDue(now, step);
  return step;
}

absl::Status WatchFeed::Begin(WatchStep& step) {
  next_ = history_end_;
  phase_ = Phase::kRing;
  const v1::WatchRange& range = spec_.range;
  if (!range.cursor().empty()) {
    if (cursor_.epoch == sources_.journal.epoch()) {
      next_ = cursor_.sequence + 1;
    } else {
      next_ = 1;
      old_epoch_ = {cursor_.epoch, cursor_.sequence + 1, kEndOfEpoch};
      phase_ = Phase::kOldEpochs;
    }
    return absl::OkStatus();
  }
  cursor_.sequence = history_end_ - 1;
  if (range.last() > 0) return TakeLast(step);
  bool all = range.range().has_until() && !range.follow();
  if (!range.range().has_since() && !all) return absl::OkStatus();
  next_ = ring_begin_;
  cursor_.sequence = ring_begin_ - 1;
  if (!Stored(spec_.kind)) return absl::OkStatus();
  phase_ = Phase::kGaps;
  return absl::OkStatus();
}

absl::Status WatchFeed::ReadOldEpochs(WatchStep& step) {
  RETURN_IF_ERROR(FetchRange(old_epoch_, step));
  if (old_epoch_.open()) return absl::OkStatus();
  uint64_t epoch = cursor_.epoch + 1;
  cursor_.epoch = epoch;
  cursor_.sequence = 0;
  if (epoch == sources_.journal.epoch()) {
    phase_ = Phase::kRing;
  } else {
    old_epoch_ = {epoch, 1, kEndOfEpoch};
  }
  return absl::OkStatus();
}

absl::Status WatchFeed::ReadRing(WatchStep& step) {
  if (missed_.open()) {
    RETURN_IF_ERROR(FetchRange(missed_, step));
    if (!missed_.open()) next_ = cursor_.sequence + 1;
    return absl::OkStatus();
  }
  if (live_) SkipIfSlow(step);
  JournalRead read = sources_.journal.Read(spec_.kind, next_, kStepItems);
  if (read.missed_first != 0) {
    if (Stored(spec_.kind)) {
      missed_ = {cursor_.epoch, read.missed_first, read.missed_last};
      return absl::OkStatus();
    }
    AddGap(read.missed_first, read.missed_last, "retention", step);
  }
  for (JournalEntryPtr& entry : read.entries) {
    if (!spec_.range.follow() && entry->sequence >= history_end_) break;
    RETURN_IF_ERROR(WorkGoesOn());
    cursor_.sequence = entry->sequence;
    next_ = entry->sequence + 1;
    Offer(std::move(entry), step);
    costly_ = IsStepOver();
    if (costly_) return absl::OkStatus();
  }
  next_ = std::max(next_, read.next_sequence);
  cursor_.sequence = std::max(cursor_.sequence, next_ - 1);
  if (read.entries.empty()) {
    costly_ = false;
    step.then = WatchStep::Then::kWait;
  }
  return absl::OkStatus();
}

void WatchFeed::SkipIfSlow(WatchStep& step) {
  uint64_t end = sources_.journal.visible_end(spec_.kind);
  if (end <= next_ || end - next_ <= queue_records_) return;
  uint64_t target = end - queue_records_ / 2;
  AddGap(next_, target - 1, "slow_reader", step);
  next_ = target;
}

absl::Status WatchFeed::FetchRange(Range& range, WatchStep& step) {
  ASSIGN_OR_RETURN(
      std::vector<v1::Record> records,
      sources_.store.ReadSequences(spec_.kind, range.epoch, range.next,
                                   range.last, kStepItems));
  for (v1::Record& record : records) {
    uint64_t sequence = record.sequence();
    if (sequence < range.next || sequence > range.last) continue;
    if (sequence > range.next) {
      ASSIGN_OR_RETURN(bool known,
                       ExplainHole(range, range.next, sequence - 1, step));
      if (!known) return absl::OkStatus();
    }
    RETURN_IF_ERROR(WorkGoesOn());
    range.next = sequence + 1;
    cursor_.sequence = sequence;
    Offer(std::move(record), step);
    if (IsStepOver() && range.next <= range.last) return absl::OkStatus();
  }
  if (records.size() >= kStepItems) return absl::OkStatus();
  if (range.next <= range.last) {
    ASSIGN_OR_RETURN(bool known,
                     ExplainHole(range, range.next, range.last, step));
    if (!known) return absl::OkStatus();
    if (range.last != kEndOfEpoch) cursor_.sequence = range.last;
  }
  range = Range();
  return absl::OkStatus();
}

absl::StatusOr<bool> WatchFeed::ExplainHole(const Range& range, uint64_t first,
                                            uint64_t last, WatchStep& step) {
  ASSIGN_OR_RETURN(
      std::vector<v1::Gap> gaps,
      sources_.store.SequenceGaps(spec_.kind, range.epoch, first, last));
  // What no gap explains: of alerts, revisions that newer ones replaced; after
  // an epoch's end, nothing; else records the writer still holds, or lost.
  bool all_counts = spec_.kind != v1::RECORD_KIND_ALERT && last != kEndOfEpoch;
  std::vector<v1::Gap> holes;
  std::vector<v1::Gap> told;
  uint64_t next = first;
  for (v1::Gap& gap : gaps) {
    const bool open = gap.last_sequence() == 0;
    const uint64_t begin = std::max(gap.first_sequence(), next);
    const uint64_t end = open ? last : std::min(gap.last_sequence(), last);
    if (begin > end) continue;
    if (begin > next) holes.push_back(MakeGap(next, begin - 1, "storage"));
    gap.set_first_sequence(begin);
    if (end != kEndOfEpoch) gap.set_last_sequence(end);
    gap.set_count(std::min(gap.count(), end - begin + 1));
    next = end + 1;
    told.push_back(std::move(gap));
  }
  if (next <= last) holes.push_back(MakeGap(next, last, "storage"));
  if (all_counts && !holes.empty()) {
    bool may_fill = range.epoch == sources_.journal.epoch();
    if (may_fill && hole_waits_++ < kMaxHoleWaits) {
      step.then = WatchStep::Then::kWait;
      return false;
    }
    told.insert(told.end(), holes.begin(), holes.end());
  }
  hole_waits_ = 0;
  if (last != kEndOfEpoch) cursor_.sequence = last;
  for (v1::Gap& gap : told) step.items.push_back(std::move(gap));
  return true;
}

bool WatchFeed::IsStepOver() const {
  return std::chrono::steady_clock::now() >= step_end_ ||
         !filter_.CheckCost().ok();
}

v1::Gap WatchFeed::MakeGap(uint64_t first, uint64_t last,
                           const char* reason) const {
  v1::Gap gap;
  gap.set_kind(spec_.kind);
  gap.set_first_sequence(first);
  gap.set_last_sequence(last);
  gap.set_count(last - first + 1);
  gap.set_reason(reason);
  return gap;
}

void WatchFeed::AddGap(uint64_t first, uint64_t last, const char* reason,
                       WatchStep& step) {
  cursor_.sequence = std::max(cursor_.sequence, last);
  step.items.push_back(MakeGap(first, last, reason));
}

bool WatchFeed::SnapshotDue(Monotonic now) const {
  return live_ && spec_.snapshot_interval > absl::ZeroDuration() &&
         now - last_snapshot_ >=
             absl::ToChronoNanoseconds(spec_.snapshot_interval);
}

void WatchFeed::TakeSnapshot(Monotonic now, WatchStep& step) {
  last_snapshot_ = now;
  for (v1::Record& record :
       sources_.control.OpenFlows({kSnapshotFlows, "", false}).flows) {
    if (!WorkGoesOn().ok()) return;
    if (filter_.Matches(record)) step.items.push_back(std::move(record));
  }
}

absl::optional<v1::Checkpoint> WatchFeed::MakeCheckpoint() const {
  if (phase_ != Phase::kOldEpochs && phase_ != Phase::kRing) {
    return absl::nullopt;
  }
  v1::Checkpoint checkpoint;
  checkpoint.set_cursor(CursorToText(cursor_, sources_.sensor_id));
  checkpoint.set_sequence(cursor_.sequence);
  FillTime(sources_.clock.Now(), *checkpoint.mutable_time());
  checkpoint.set_live(live_);
  return checkpoint;
}

void WatchFeed::AddCheckpoint(Monotonic now, bool live, WatchStep& step) {
  absl::optional<v1::Checkpoint> checkpoint = MakeCheckpoint();
  if (!checkpoint.has_value()) return;
  checkpoint->set_live(live);
  step.items.push_back(*std::move(checkpoint));
  since_checkpoint_ = 0;
  last_checkpoint_ = now;
}

void WatchFeed::CheckpointIfDue(Monotonic now, WatchStep& step) {
  auto waited = now - last_checkpoint_;
  if (since_checkpoint_ >= kCheckpointRecords ||
      (since_checkpoint_ > 0 && waited >= kCheckpointInterval) ||
      waited >= kIdleCheckpointInterval) {
    AddCheckpoint(now, live_, step);
  }
}

}  // namespace tapline
