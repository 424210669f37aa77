// A store in memory.

#ifndef TAPLINE_TESTS_SENSORD_SERVICE_FAKE_STORE_H_
#define TAPLINE_TESTS_SENSORD_SERVICE_FAKE_STORE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/schema/proto_time.h"
#include "common/status/macros.h"
#include "common/sync/mutex.h"
#include "common/sync/work.h"
#include "sensord/store/selector_match.h"
#include "sensord/store/store.h"

namespace tapline::testing {

// Keeps every record it is given; of an alert, as the real one, the first and
// the newest revision.
class FakeStore final : public Store {
 public:
  struct Row {
    v1::Record first;
    v1::Record newest;
  };

  void Put(const v1::Record& record) {
    MutexLock lock(mutex_);
    if (record.has_alert()) {
      for (Row& row : rows_) {
        if (row.first.alert().id() == record.alert().id() &&
            row.first.source_id() == record.source_id()) {
          row.newest = record;
          return;
        }
      }
    }
    rows_.push_back({record, record});
  }
  void PutGap(uint64_t epoch, v1::Gap gap) {
    MutexLock lock(mutex_);
    gaps_.emplace_back(epoch, std::move(gap));
  }
  // Of any time range.
  void AddKnownGap(v1::Gap gap) {
    MutexLock lock(mutex_);
    known_gaps_.push_back(std::move(gap));
  }
  void SetWritable(bool writable) {
    MutexLock lock(mutex_);
    writable_ = writable;
  }
  // What each List waits for, to hold a call up.
  void SetListHook(std::function<void()> hook) { list_hook_ = std::move(hook); }

  void StartWriting(Journal&) override {}
  void StopWriting() override {}
  void SetConfig(const v1::StoreConfig&) override {}

  absl::StatusOr<StorePage> List(const StoreQuery& query) const override {
    if (list_hook_) list_hook_();
    auto matcher = SelectorMatcher::Compile(query.selector);
    if (!matcher.ok()) return matcher.status();
    ASSIGN_OR_RETURN(std::vector<v1::Record> found, Found(query, **matcher));
    bool descending = absl::EndsWith(query.order_by, " desc");
    std::stable_sort(found.begin(), found.end(),
                     [](const v1::Record& a, const v1::Record& b) {
                       return std::make_pair(a.epoch(), a.sequence()) <
                              std::make_pair(b.epoch(), b.sequence());
                     });
    if (descending) std::reverse(found.begin(), found.end());
    size_t begin = 0;
    if (!query.position.empty() && !absl::SimpleAtoi(query.position, &begin)) {
      return absl::InvalidArgumentError("position");
    }
    StorePage page;
    for (size_t i = begin; i < found.size(); ++i) {
      if (page.records.size() == query.limit) {
        page.next_position = absl::StrCat(i);
        break;
      }
      page.records.push_back(found[i]);
    }
    return page;
  }

  absl::StatusOr<std::vector<v1::Record>> ReadSequences(
      v1::RecordKind kind, uint64_t epoch, uint64_t first, uint64_t last,
      size_t limit) const override {
    MutexLock lock(mutex_);
    std::vector<v1::Record> found;
    for (const Row& row : rows_) {
      for (const v1::Record* record : {&row.first, &row.newest}) {
        bool twice = record == &row.newest &&
                     row.newest.sequence() == row.first.sequence();
        if (!twice && KindOf(*record) == kind && record->epoch() == epoch &&
            record->sequence() >= first && record->sequence() <= last) {
          found.push_back(*record);
        }
      }
    }
    std::sort(found.begin(), found.end(),
              [](const v1::Record& a, const v1::Record& b) {
                return a.sequence() < b.sequence();
              });
    if (found.size() > limit) found.resize(limit);
    return found;
  }

  absl::StatusOr<GapPage> Gaps(const GapQuery& query) const override {
    size_t next = 0;
    if (!query.position.empty() && !absl::SimpleAtoi(query.position, &next)) {
      return absl::InvalidArgumentError("position");
    }
    MutexLock lock(mutex_);
    const size_t end = std::min(known_gaps_.size(), next + query.limit);
    GapPage page;
    page.gaps.assign(known_gaps_.begin() + static_cast<ptrdiff_t>(next),
                     known_gaps_.begin() + static_cast<ptrdiff_t>(end));
    if (end < known_gaps_.size()) page.next_position = absl::StrCat(end);
    return page;
  }
  absl::StatusOr<std::vector<v1::Gap>> SequenceGaps(
      v1::RecordKind kind, uint64_t epoch, uint64_t first,
      uint64_t last) const override {
    MutexLock lock(mutex_);
    std::vector<v1::Gap> found;
    for (const auto& [gap_epoch, gap] : gaps_) {
      if (gap.kind() == kind && gap_epoch == epoch &&
          gap.last_sequence() >= first && gap.first_sequence() <= last) {
        found.push_back(gap);
      }
    }
    return found;
  }

  absl::StatusOr<v1::Record> Get(v1::RecordKind kind, absl::string_view id,
                                 absl::string_view source_id) const override {
    MutexLock lock(mutex_);
    std::vector<const Row*> found = Named(kind, id, source_id);
    if (found.empty()) return absl::NotFoundError("no such id");
    // Of a rotated flow there are several records, each with its id.
    const bool one = std::all_of(found.begin(), found.end(), [&](const Row* r) {
      return IdOf(r->newest) == IdOf(found[0]->newest) &&
             r->newest.source_id() == found[0]->newest.source_id();
    });
    if (one) return found.back()->newest;
    std::vector<std::string> names;
    for (const Row* row : found) {
      names.push_back(row->newest.source_id() + "/" + IdOf(row->newest));
    }
    absl::Status several = absl::FailedPreconditionError("several");
    several.SetPayload(kCandidatesUrl, absl::Cord(absl::StrJoin(names, ",")));
    return several;
  }

  absl::StatusOr<v1::Record> Acknowledge(
      absl::string_view id, absl::string_view source_id, absl::string_view user,
      std::optional<absl::string_view> note) override {
    RETURN_IF_ERROR(Get(v1::RECORD_KIND_ALERT, id, source_id).status());
    MutexLock lock(mutex_);
    for (Row& row : rows_) {
      if (!IsNamed(row, v1::RECORD_KIND_ALERT, id, source_id)) continue;
      for (v1::Record* record : {&row.first, &row.newest}) {
        v1::Alert& alert = *record->mutable_alert();
        if (!alert.acknowledged()) alert.set_acknowledged_by(std::string(user));
        alert.set_acknowledged(true);
        if (note.has_value()) alert.set_note(std::string(*note));
      }
      return row.newest;
    }
    return absl::NotFoundError("no such alert");
  }

  v1::StoreStatus Status() const override {
    MutexLock lock(mutex_);
    v1::StoreStatus status;
    status.set_writable(writable_);
    if (!writable_) status.set_error("no space left on device");
    return status;
  }
  uint64_t unacknowledged_alerts() const override { return 0; }
  uint64_t last_epoch() const override { return 1; }
  std::string sensor_id() const override { return "sensor-1"; }
  std::vector<v1::StageLoss> Loss() const override { return {}; }

 private:
  static v1::RecordKind KindOf(const v1::Record& record) {
    if (record.has_alert()) return v1::RECORD_KIND_ALERT;
    if (record.has_flow()) return v1::RECORD_KIND_FLOW;
    if (record.has_event()) return v1::RECORD_KIND_EVENT;
    return v1::RECORD_KIND_STATS;
  }
  static std::string IdOf(const v1::Record& record) {
    return record.has_alert() ? record.alert().id() : record.flow().id();
  }

  static bool IsNamed(const Row& row, v1::RecordKind kind, absl::string_view id,
                      absl::string_view source_id) {
    return KindOf(row.newest) == kind &&
           absl::StartsWith(IdOf(row.newest), id) &&
           (source_id.empty() || row.newest.source_id() == source_id);
  }
  std::vector<const Row*> Named(v1::RecordKind kind, absl::string_view id,
                                absl::string_view source_id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::vector<const Row*> named;
    for (const Row& row : rows_) {
      if (IsNamed(row, kind, id, source_id)) named.push_back(&row);
    }
    return named;
  }

  // Of what was put with a time of receipt.
  static bool InRange(const v1::Record& record, const v1::TimeRange& range) {
    if (!record.has_received_at()) return true;
    const UnixNanos at = NanosOf(record.received_at());
    return (!range.has_since() || at >= NanosOf(range.since())) &&
           (!range.has_until() || at < NanosOf(range.until()));
  }

  absl::StatusOr<std::vector<v1::Record>> Found(
      const StoreQuery& query, const SelectorMatcher& matcher) const {
    std::vector<Row> rows;
    {
      MutexLock lock(mutex_);
      rows = rows_;
    }
    std::vector<v1::Record> found;
    for (const Row& row : rows) {
      RETURN_IF_ERROR(WorkGoesOn());
      if (KindOf(row.first) != query.kind) continue;
      bool as_of =
          query.as_of_sequence != 0 && row.first.epoch() == query.as_of_epoch;
      if (as_of && row.first.sequence() >= query.as_of_sequence) continue;
      bool later = query.updates_follow && as_of &&
                   row.newest.epoch() == query.as_of_epoch &&
                   row.newest.sequence() >= query.as_of_sequence;
      v1::Record record = later ? row.first : row.newest;
      if (query.as_of_sequence != 0) {
        record.set_epoch(row.first.epoch());
        record.set_sequence(row.first.sequence());
      }
      if (!InRange(row.first, query.range)) continue;
      if (!matcher.Matches(record)) continue;
      if (query.filter != nullptr) {
        ASSIGN_OR_RETURN(const bool matches, query.filter->Judge(record));
        if (!matches) continue;
      }
      found.push_back(std::move(record));
    }
    return found;
  }

  std::function<void()> list_hook_;
  mutable Mutex mutex_;
  std::vector<Row> rows_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<uint64_t, v1::Gap>> gaps_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::Gap> known_gaps_ ABSL_GUARDED_BY(mutex_);
  bool writable_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_SERVICE_FAKE_STORE_H_
