// Stand-ins for what the service stands on: in memory, moved by the test.

#ifndef TAPLINE_TESTS_SENSORD_SERVICE_FAKES_H_
#define TAPLINE_TESTS_SENSORD_SERVICE_FAKES_H_

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/macros.h"
#include "common/sync/mutex.h"
#include "sensord/control/control.h"
#include "sensord/policy/filters.h"
#include "sensord/policy/policy_store.h"
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
    std::vector<v1::Record> found = Found(query, **matcher);
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
    if (found.size() == 1) return found[0]->newest;
    std::vector<std::string> names;
    for (const Row* row : found) {
      names.push_back(row->newest.source_id() + "/" + IdOf(row->newest));
    }
    absl::Status several = absl::FailedPreconditionError("several");
    several.SetPayload(kCandidatesUrl, absl::Cord(absl::StrJoin(names, ",")));
    return several;
  }

  absl::StatusOr<v1::Record> Acknowledge(absl::string_view id,
                                         absl::string_view source_id,
                                         absl::string_view user,
                                         absl::string_view note) override {
    RETURN_IF_ERROR(Get(v1::RECORD_KIND_ALERT, id, source_id).status());
    MutexLock lock(mutex_);
    for (Row& row : rows_) {
      if (!IsNamed(row, v1::RECORD_KIND_ALERT, id, source_id)) continue;
      for (v1::Record* record : {&row.first, &row.newest}) {
        v1::Alert& alert = *record->mutable_alert();
        if (!alert.acknowledged()) alert.set_acknowledged_by(std::string(user));
        alert.set_acknowledged(true);
        alert.set_note(std::string(note));
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

  std::vector<v1::Record> Found(const StoreQuery& query,
                                const SelectorMatcher& matcher) const {
    MutexLock lock(mutex_);
    std::vector<v1::Record> found;
    for (const Row& row : rows_) {
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
      const bool taken =
          matcher.Matches(record) &&
          (query.filter == nullptr || query.filter->Matches(record));
      if (taken) found.push_back(std::move(record));
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

class FakeControl final : public Control {
 public:
  v1::CaptureStatus Capture() const override {
    MutexLock lock(mutex_);
    return capture_;
  }
  void SetCapture(const v1::CaptureStatus& capture) {
    MutexLock lock(mutex_);
    capture_ = capture;
  }
  absl::StatusOr<v1::CaptureStatus> StartCapture(
      const v1::StartCaptureRequest& request) override {
    MutexLock lock(mutex_);
    if (request.bpf() == "not a filter") {
      return absl::InvalidArgumentError("syntax error in filter expression");
    }
    if (request.interface() == "none0") {
      return absl::NotFoundError("no interface none0; there are lo");
    }
    capture_.set_state(v1::CAPTURE_STATE_RUNNING);
    if (request.has_interface()) capture_.set_interface(request.interface());
    if (request.has_bpf()) capture_.set_bpf(request.bpf());
    return capture_;
  }
  absl::StatusOr<v1::CaptureStatus> StopCapture() override {
    MutexLock lock(mutex_);
    if (capture_.state() != v1::CAPTURE_STATE_RUNNING) {
      return absl::FailedPreconditionError("capture is not running");
    }
    capture_.set_state(v1::CAPTURE_STATE_IDLE);
    return capture_;
  }
  absl::StatusOr<std::vector<v1::Interface>> Interfaces() const override {
    v1::Interface loopback;
    loopback.set_name("lo");
    return std::vector<v1::Interface>{loopback};
  }
  v1::GetLossResponse Loss() const override { return {}; }

  absl::StatusOr<std::string> StartReplay(
      const v1::StartReplayRequest& request,
      std::function<void(const v1::Replay&)> on_progress) override {
    if (request.source_id() == "taken") {
      return absl::AlreadyExistsError("source_id taken is in use");
    }
    v1::Replay replay;
    replay.set_source_id(request.source_id());
    replay.set_state(v1::REPLAY_STATE_RUNNING);
    on_progress(replay);
    replay.set_state(v1::REPLAY_STATE_DONE);
    on_progress(replay);
    return request.source_id();
  }
  absl::StatusOr<v1::Replay> StopReplay(absl::string_view) override {
    return absl::NotFoundError("no such replay");
  }
  std::vector<v1::Replay> Replays() const override { return {}; }
  v1::Stats LatestStats(absl::Duration window) const override {
    v1::Stats stats;
    stats.mutable_window()->set_seconds(absl::ToInt64Seconds(window));
    return stats;
  }
  std::vector<v1::TopTalker> TopTalkers(size_t limit) const override {
    return std::vector<v1::TopTalker>(std::min<size_t>(limit, 3));
  }
  std::vector<v1::Record> OpenFlows(size_t) override {
    v1::Record record;
    record.mutable_flow()->set_id("00000000000000aa");
    record.mutable_flow()->set_end_reason(v1::END_REASON_ACTIVE);
    record.set_source_id("live");
    return {record};
  }
  std::shared_ptr<const PacketRing> Packets() const override {
    MutexLock lock(mutex_);
    return packets_;
  }
  void SetPackets(std::shared_ptr<const PacketRing> packets) {
    MutexLock lock(mutex_);
    packets_ = std::move(packets);
  }

 private:
  mutable Mutex mutex_;
  v1::CaptureStatus capture_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const PacketRing> packets_ ABSL_GUARDED_BY(mutex_);
};

class FakePolicyStore final : public PolicyStore {
 public:
  explicit FakePolicyStore(v1::Config config) { Set(std::move(config)); }

  void Set(v1::Config config) {
    auto policy = std::make_shared<Policy>();
    policy->revision = ++revision_;
    policy->origin = "default";
    policy->config = std::move(config);
    MutexLock lock(mutex_);
    policy_ = std::move(policy);
  }

  PolicyPtr Get() const override {
    MutexLock lock(mutex_);
    return policy_;
  }
  void SetListener(std::function<void(PolicyPtr)>) override {}
  absl::Status file_status() const override { return absl::OkStatus(); }
  void StartWatching() override {}
  absl::Status Reload() override { return absl::OkStatus(); }
  void CaptureStarted(const Policy&, bool) override {}
  void CaptureStopped() override {}
  std::vector<v1::Setting> Settings(absl::string_view prefix) const override {
    v1::Setting setting;
    setting.set_path("log.level");
    setting.set_value("info");
    if (!absl::StartsWith(setting.path(), prefix)) return {};
    return {setting};
  }
  absl::StatusOr<uint64_t> UpdateSettings(
      const std::vector<v1::Setting>& settings, bool,
      absl::string_view) override {
    if (settings[0].path() != "log.level") {
      return absl::InvalidArgumentError("no setting has this path");
    }
    return 7;
  }
  std::vector<v1::Suppression> Suppressions() const override { return {}; }
  absl::StatusOr<v1::Suppression> AddSuppression(
      v1::Suppression suppression, bool, absl::string_view user) override {
    suppression.set_created_by(std::string(user));
    return suppression;
  }
  absl::Status DeleteSuppression(absl::string_view) override {
    return absl::NotFoundError("no such suppression");
  }
  void CountHit(absl::string_view) override {}
  std::vector<v1::SavedFilter> SavedFilters() const override {
    MutexLock lock(mutex_);
    std::vector<v1::SavedFilter> out;
    for (const auto& [name, filter] : filters_) out.push_back(filter);
    return out;
  }
  std::optional<std::string> FilterText(absl::string_view name) const override {
    MutexLock lock(mutex_);
    const auto found = filters_.find(std::string(name));
    if (found == filters_.end()) return std::nullopt;
    return found->second.filter();
  }
  absl::StatusOr<v1::SavedFilter> SaveFilter(v1::SavedFilter filter, bool,
                                             absl::string_view user) override {
    absl::Status valid = PrepareSavedFilter(nullptr, filter);
    if (!valid.ok()) return valid;
    filter.set_created_by(std::string(user));
    MutexLock lock(mutex_);
    filters_[filter.name()] = filter;
    return filter;
  }
  absl::Status DeleteFilter(absl::string_view name) override {
    MutexLock lock(mutex_);
    if (filters_.erase(std::string(name)) > 0) return absl::OkStatus();
    return absl::NotFoundError("no such filter");
  }

 private:
  mutable Mutex mutex_;
  PolicyPtr policy_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, v1::SavedFilter> filters_ ABSL_GUARDED_BY(mutex_);
  uint64_t revision_ = 0;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_SERVICE_FAKES_H_
