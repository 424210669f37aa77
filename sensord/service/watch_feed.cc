#include "sensord/service/watch_feed.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/service/errors.h"
#include "sensord/service/list_request.h"

namespace tapline {
namespace {

constexpr auto kCheckpointInterval = std::chrono::seconds(1);
constexpr auto kIdleCheckpointInterval = std::chrono::seconds(10);
constexpr size_t kCheckpointRecords = 1000;
// Pages of the store that one step looks through for a rare match.
constexpr int kPagesPerStep = 4;

const v1::Record& RecordOf(const WatchItem& item) {
  if (const auto* entry = std::get_if<JournalEntryPtr>(&item)) {
    return (*entry)->record;
  }
  return std::get<v1::Record>(item);
}

bool Stored(v1::RecordKind kind) { return kind != v1::RECORD_KIND_PACKET; }

absl::Status RangeError(absl::string_view why) {
  return Refuse(Reason::kRANGE_INVALID, why, {{"field", "range"}});
}

void SetTime(absl::Time time, google::protobuf::Timestamp& out) {
  int64_t nanos = absl::ToUnixNanos(time);
  out.set_seconds(nanos / 1'000'000'000);
  out.set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
}

}  // namespace

absl::Status CheckWatchRange(const v1::WatchRange& range) {
  RETURN_IF_ERROR(CheckRange(range.range()));
  if (!range.cursor().empty() &&
      (range.range().has_since() || range.last() > 0)) {
    return RangeError("range: cursor cannot be used with since or last");
  }
  if (range.follow() && range.range().has_until()) {
    return RangeError("range: until cannot be used with follow");
  }
  if (range.last() > WatchFeed::kMaxLast) {
    return RangeError(
        absl::StrCat("range.last: at most ", WatchFeed::kMaxLast));
  }
  return absl::OkStatus();
}

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
  ring_begin_ =
      read.entries.empty() ? history_end_ : read.entries[0]->sequence;
}

bool WatchFeed::MayBlock(Monotonic now) const {
  return phase_ != Phase::kRing || missed_.open() || SnapshotDue(now);
}

absl::StatusOr<WatchStep> WatchFeed::Next(Monotonic now) {
  WatchStep step;
  step.then = WatchStep::Then::kMore;
  switch (phase_) {
    case Phase::kBegin:
      RETURN_IF_ERROR(Begin(step));
      break;
    case Phase::kOldEpochs:
      RETURN_IF_ERROR(ReadOldEpochs(step));
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
      old_epoch_ = {cursor_.epoch, cursor_.sequence + 1,
                    std::numeric_limits<int64_t>::max()};
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
  phase_ = Phase::kStore;
  if (spec_.kind != v1::RECORD_KIND_ALERT || spec_.include_updates) {
    return absl::OkStatus();
  }
  std::vector<WatchItem> ring;
  CollectRing(std::numeric_limits<size_t>::max(), ring);
  for (const WatchItem& item : ring) {
    const v1::Alert& alert = RecordOf(item).alert();
    if (alert.revision() <= 1) first_in_ring_.insert(alert.id());
  }
  return absl::OkStatus();
}

StoreQuery WatchFeed::Query(bool newest_first) const {
  StoreQuery query;
  query.kind = spec_.kind;
  query.selector = filter_.selector();
  query.range = spec_.range.range();
  query.order_by = newest_first ? "received_at desc" : "received_at";
  query.limit = kStepItems;
  return query;
}

bool WatchFeed::LeftToRing(const v1::Record& record) {
  if (record.epoch() != cursor_.epoch || record.sequence() < ring_begin_) {
    return false;
  }
  // The store has only the newest revision of an alert. When its first one is
  // no longer, or not yet, in the ring, this row is the only news of it.
  if (!record.has_alert() || spec_.include_updates ||
      record.alert().revision() <= 1 ||
      first_in_ring_.contains(record.alert().id())) {
    return true;
  }
  filter_.RememberTold(record.alert().id());
  return false;
}

absl::Status WatchFeed::ReadStore(WatchStep& step) {
  StoreQuery query = Query(false);
  for (int page_number = 0; page_number < kPagesPerStep; ++page_number) {
    query.position = store_position_;
    ASSIGN_OR_RETURN(StorePage page, sources_.store.List(query));
    bool all_left = true;
    for (v1::Record& record : page.records) {
      if (LeftToRing(record)) continue;
      all_left = false;
      if (filter_.Matches(record)) step.items.push_back(std::move(record));
    }
    store_position_ = page.next_position;
    // A tail that grows while it is read is the ring's.
    if (page.next_position.empty() || (all_left && !page.records.empty())) {
      phase_ = Phase::kRing;
      first_in_ring_.clear();
      return absl::OkStatus();
    }
    if (!step.items.empty()) break;
  }
  return absl::OkStatus();
}

absl::Status WatchFeed::ReadOldEpochs(WatchStep& step) {
  RETURN_IF_ERROR(FetchRange(old_epoch_, true, step));
  if (old_epoch_.open()) return absl::OkStatus();
  uint64_t epoch = cursor_.epoch + 1;
  cursor_.epoch = epoch;
  cursor_.sequence = 0;
  if (epoch == sources_.journal.epoch()) {
    phase_ = Phase::kRing;
  } else {
    old_epoch_ = {epoch, 1, std::numeric_limits<int64_t>::max()};
  }
  return absl::OkStatus();
}

absl::Status WatchFeed::ReadRing(WatchStep& step) {
  if (missed_.open()) {
    RETURN_IF_ERROR(FetchRange(missed_, false, step));
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
    AddGap(read.missed_first, read.missed_last, "retention", nullptr, step);
  }
  for (JournalEntryPtr& entry : read.entries) {
    if (!spec_.range.follow() && entry->sequence >= history_end_) break;
    cursor_.sequence = entry->sequence;
    if (filter_.TakeLive(entry->record)) step.items.push_back(std::move(entry));
  }
  next_ = std::max(next_, read.next_sequence);
  cursor_.sequence = std::max(cursor_.sequence, next_ - 1);
  if (read.entries.empty()) step.then = WatchStep::Then::kWait;
  return absl::OkStatus();
}

void WatchFeed::SkipIfSlow(WatchStep& step) {
  uint64_t end = sources_.journal.visible_end(spec_.kind);
  if (end <= next_ || end - next_ <= queue_records_) return;
  uint64_t target = end - queue_records_ / 2;
  AddGap(next_, target - 1, "slow_reader", nullptr, step);
  next_ = target;
}

absl::Status WatchFeed::FetchRange(Range& range, bool take_all,
                                   WatchStep& step) {
  ASSIGN_OR_RETURN(std::vector<v1::Record> records,
                   sources_.store.ReadSequences(spec_.kind, range.epoch,
                                                range.next, range.last,
                                                kStepItems));
  for (v1::Record& record : records) {
    uint64_t sequence = record.sequence();
    if (sequence < range.next || sequence > range.last) continue;
    if (sequence > range.next) {
      AddGap(range.next, sequence - 1, "retention", &record, step);
    }
    range.next = sequence + 1;
    cursor_.sequence = sequence;
    // Which revision was the first news cannot be told from the row: better
    // twice than not at all.
    if (filter_.Matches(record)) step.items.push_back(std::move(record));
  }
  if (records.size() >= kStepItems) return absl::OkStatus();
  if (!take_all && range.next <= range.last) {
    AddGap(range.next, range.last, "retention", nullptr, step);
    cursor_.sequence = range.last;
  }
  range = Range();
  return absl::OkStatus();
}

void WatchFeed::AddGap(uint64_t first, uint64_t last, const char* reason,
                       const v1::Record* next, WatchStep& step) {
  v1::Gap gap;
  gap.set_kind(spec_.kind);
  gap.set_first_sequence(first);
  gap.set_last_sequence(last);
  gap.set_count(last - first + 1);
  gap.set_reason(reason);
  if (next != nullptr && next->has_received_at()) {
    *gap.mutable_available_from() = next->received_at();
  }
  cursor_.sequence = std::max(cursor_.sequence, last);
  step.items.push_back(std::move(gap));
}

void WatchFeed::CollectRing(size_t keep, std::vector<WatchItem>& out) {
  std::deque<JournalEntryPtr> newest;
  uint64_t position = ring_begin_;
  while (position < history_end_) {
    JournalRead read = sources_.journal.Read(spec_.kind, position, kStepItems);
    for (JournalEntryPtr& entry : read.entries) {
      if (entry->sequence >= history_end_) break;
      if (!filter_.Matches(entry->record)) continue;
      newest.push_back(std::move(entry));
      if (newest.size() > keep) newest.pop_front();
    }
    if (read.entries.empty()) break;
    position = read.next_sequence;
  }
  out.insert(out.end(), newest.begin(), newest.end());
}

absl::Status WatchFeed::TakeLast(WatchStep& step) {
  size_t wanted = spec_.range.last();
  std::vector<WatchItem> items;
  absl::flat_hash_set<std::string> alerts;
  if (Stored(spec_.kind)) {
    StoreQuery query = Query(true);
    while (items.size() < wanted) {
      ASSIGN_OR_RETURN(StorePage page, sources_.store.List(query));
      for (v1::Record& record : page.records) {
        bool in_ring = record.epoch() == cursor_.epoch &&
                       record.sequence() >= ring_begin_;
        bool is_alert = record.has_alert();
        if ((in_ring && !is_alert) || !filter_.Matches(record)) continue;
        if (record.epoch() == cursor_.epoch &&
            record.sequence() >= history_end_) {
          if (record.alert().revision() <= 1) continue;
          filter_.RememberTold(record.alert().id());
        }
        if (is_alert) alerts.insert(record.alert().id());
        items.push_back(std::move(record));
        if (items.size() == wanted) break;
      }
      query.position = page.next_position;
      if (page.next_position.empty()) break;
    }
  }
  std::reverse(items.begin(), items.end());
  std::vector<WatchItem> ring;
  CollectRing(wanted, ring);
  for (WatchItem& item : ring) {
    const v1::Record& record = RecordOf(item);
    bool told = record.has_alert() &&
                !alerts.insert(record.alert().id()).second;
    if (!told) items.push_back(std::move(item));
  }
  if (spec_.kind == v1::RECORD_KIND_ALERT) {
    std::stable_sort(items.begin(), items.end(),
                     [](const WatchItem& a, const WatchItem& b) {
                       return ReceivedAt(RecordOf(a)) < ReceivedAt(RecordOf(b));
                     });
  }
  if (items.size() > wanted) {
    items.erase(items.begin(), items.end() - static_cast<ptrdiff_t>(wanted));
  }
  step.items = std::move(items);
  return absl::OkStatus();
}

bool WatchFeed::SnapshotDue(Monotonic now) const {
  return live_ && spec_.snapshot_interval > absl::ZeroDuration() &&
         now - last_snapshot_ >=
             absl::ToChronoNanoseconds(spec_.snapshot_interval);
}

void WatchFeed::TakeSnapshot(Monotonic now, WatchStep& step) {
  last_snapshot_ = now;
  for (v1::Record& record : sources_.control.OpenFlows(kSnapshotFlows)) {
    if (filter_.Matches(record)) step.items.push_back(std::move(record));
  }
}

absl::optional<v1::Checkpoint> WatchFeed::MakeCheckpoint() const {
  if (phase_ == Phase::kStore || phase_ == Phase::kBegin) return absl::nullopt;
  v1::Checkpoint checkpoint;
  checkpoint.set_cursor(CursorToText(cursor_, sources_.sensor_id));
  checkpoint.set_sequence(cursor_.sequence);
  SetTime(sources_.clock.Now(), *checkpoint.mutable_time());
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
