// The history of a watch: what the store and the ring have of the time before.

#include <algorithm>
#include <deque>
#include <iterator>
#include <utility>

#include "common/status/macros.h"
#include "common/sync/work.h"
#include "sensord/service/watch_feed.h"

namespace tapline {
StoreQuery WatchFeed::Query(bool newest_first) const {
  StoreQuery query;
  query.kind = spec_.kind;
  query.selector = filter_.selector();
  query.filter = filter_.filter();
  query.range = spec_.range.range();
  query.order_by = newest_first ? "received_at desc" : "received_at";
  query.limit = kStepItems;
  query.time = absl::FromChrono(kStepTime);
  query.as_of_epoch = sources_.journal.epoch();
  query.as_of_sequence = ring_begin_;
  query.updates_follow = spec_.include_updates;
  return query;
}

absl::Status WatchFeed::ReadKnownGaps(WatchStep& step) {
  GapQuery query;
  query.kind = spec_.kind;
  query.range = spec_.range.range();
  query.limit = kStepItems;
  query.position = gaps_position_;
  ASSIGN_OR_RETURN(GapPage page, sources_.store.Gaps(query));
  for (v1::Gap& gap : page.gaps) step.items.push_back(std::move(gap));
  gaps_position_ = page.next_position;
  if (gaps_position_.empty()) phase_ = Phase::kStore;
  return absl::OkStatus();
}

absl::Status WatchFeed::ReadStore(WatchStep& step) {
  StoreQuery query = Query(false);
  query.position = store_position_;
  ASSIGN_OR_RETURN(StorePage page, sources_.store.List(query));
  for (v1::Record& record : page.records) {
    if (filter_.Matches(record)) step.items.push_back(std::move(record));
  }
  store_position_ = page.next_position;
  if (store_position_.empty()) phase_ = Phase::kRing;
  return absl::OkStatus();
}

bool WatchFeed::IsPastAlert(const v1::Record& record) const {
  return record.has_alert() && (record.epoch() != sources_.journal.epoch() ||
                                record.sequence() < history_end_);
}

v1::Record WatchFeed::AsStored(const v1::Record& alert) const {
  v1::Record shown = alert;
  absl::StatusOr<v1::Record> stored =
      sources_.store.Get(spec_.kind, alert.alert().id(), alert.source_id());
  if (!stored.ok()) return shown;
  v1::Alert& now = *stored->mutable_alert();
  if (!spec_.include_updates && now.revision() >= alert.alert().revision()) {
    *shown.mutable_alert() = std::move(now);
    *shown.mutable_observed_at() = stored->observed_at();
  } else if (now.acknowledged()) {
    v1::Alert& then = *shown.mutable_alert();
    then.set_acknowledged(true);
    *then.mutable_acknowledged_at() = now.acknowledged_at();
    then.set_acknowledged_by(now.acknowledged_by());
    then.set_note(now.note());
  }
  return shown;
}

void WatchFeed::Offer(JournalEntryPtr entry, WatchStep& step) {
  if (IsPastAlert(entry->record)) {
    Offer(entry->record, step);
  } else if (filter_.Takes(entry->record)) {
    step.items.push_back(std::move(entry));
  }
}

void WatchFeed::Offer(v1::Record record, WatchStep& step) {
  if (!filter_.TakesRevision(record)) return;
  if (IsPastAlert(record)) record = AsStored(record);
  if (filter_.Matches(record)) step.items.push_back(std::move(record));
}

absl::StatusOr<std::vector<WatchItem>> WatchFeed::NewestInRing(size_t keep) {
  const bool alerts = spec_.kind == v1::RECORD_KIND_ALERT;
  std::deque<JournalEntryPtr> newest;
  uint64_t position = ring_begin_;
  while (position < history_end_) {
    JournalRead read = sources_.journal.Read(spec_.kind, position, kStepItems);
    for (JournalEntryPtr& entry : read.entries) {
      if (entry->sequence >= history_end_) break;
      RETURN_IF_ERROR(WorkGoesOn());
      RETURN_IF_ERROR(filter_.CheckCost());
      // Whether an alert matches is known only as it is stored.
      if (alerts ? !filter_.TakesRevision(entry->record)
                 : !filter_.Takes(entry->record)) {
        continue;
      }
      newest.push_back(std::move(entry));
      if (!alerts && newest.size() > keep) newest.pop_front();
    }
    if (read.entries.empty()) break;
    position = read.next_sequence;
  }
  if (!alerts) return std::vector<WatchItem>(newest.begin(), newest.end());
  WatchStep found;
  for (; !newest.empty() && found.items.size() < keep; newest.pop_back()) {
    Offer(newest.back(), found);
  }
  std::reverse(found.items.begin(), found.items.end());
  return std::move(found.items);
}

absl::Status WatchFeed::TakeLast(WatchStep& step) {
  size_t wanted = spec_.range.last();
  ASSIGN_OR_RETURN(std::vector<WatchItem> in_ring, NewestInRing(wanted));
  std::vector<WatchItem> stored;
  StoreQuery query = Query(true);
  bool more = spec_.kind != v1::RECORD_KIND_PACKET;
  while (more && stored.size() + in_ring.size() < wanted) {
    ASSIGN_OR_RETURN(StorePage page, sources_.store.List(query));
    for (v1::Record& record : page.records) {
      if (!filter_.Matches(record)) continue;
      stored.push_back(std::move(record));
      if (stored.size() + in_ring.size() == wanted) break;
    }
    query.position = page.next_position;
    more = !page.next_position.empty();
  }
  step.items.insert(step.items.end(), std::make_move_iterator(stored.rbegin()),
                    std::make_move_iterator(stored.rend()));
  step.items.insert(step.items.end(), std::make_move_iterator(in_ring.begin()),
                    std::make_move_iterator(in_ring.end()));
  return filter_.CheckCost();
}

}  // namespace tapline
