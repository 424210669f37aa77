#include "sensord/analyze/file_history.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/schema/proto_time.h"
#include "sensord/inspect/alert_relation.h"
#include "sensord/inspect/expert.h"

namespace tapline {

FileHistory::FileHistory(std::string id, const Filter* filter)
    : id_(std::move(id)), filter_(filter) {}

void FileHistory::Accept(absl::Span<v1::Record* const> records) {
  for (const v1::Record* record : records) {
    const Redacted<v1::Record> redacted = redactor_.Apply(*record);
    Keep(redacted.get());
  }
}

void FileHistory::Keep(const v1::Record& record) {
  if (record.has_flow()) {
    const v1::Flow& flow = record.flow();
    const bool taken = absl::StartsWith(flow.id(), id_) &&
                       (filter_ == nullptr || filter_->Matches(record));
    if (!taken) {
      // A rotated flow has more to come.
      if (flow.end_reason() != v1::END_REASON_ROTATED) {
        const auto it = events_.find(flow.id());
        if (it != events_.end()) {
          event_count_ -= it->second.size();
          events_.erase(it);
        }
      }
      return;
    }
    if (parts_ == kMaxFlows) {
      ++left_out_;
      return;
    }
    ++parts_;
    flows_[flow.id()].push_back(flow);
  } else if (record.has_event()) {
    if (!absl::StartsWith(record.event().flow_id(), id_)) return;
    if (event_count_ == kMaxEvents) {
      ++left_out_;
      return;
    }
    ++event_count_;
    events_[record.event().flow_id()].push_back(record.event());
  } else if (record.has_alert()) {
    const bool known = alerts_.count(record.alert().id()) > 0;
    if (!known && alerts_.size() == kMaxAlerts) {
      ++left_out_;
      return;
    }
    alerts_[record.alert().id()] = record.alert();
  }
}

FlowHistory FileHistory::HistoryOf(const std::string& id,
                                   const std::vector<v1::Flow>& parts) const {
  FlowHistory history;
  history.parts = parts;
  const auto events = events_.find(id);
  if (events != events_.end()) history.events = events->second;
  std::stable_sort(history.events.begin(), history.events.end(),
                   [](const v1::Event& a, const v1::Event& b) {
                     return NanosOf(a.time()) < NanosOf(b.time());
                   });
  const v1::Flow whole = history.Whole();
  for (const auto& [alert_id, alert] : alerts_) {
    if (IsAbout(alert, whole)) history.alerts.push_back(alert);
  }
  std::stable_sort(history.alerts.begin(), history.alerts.end(),
                   [](const v1::Alert& a, const v1::Alert& b) {
                     return NanosOf(a.first_seen()) < NanosOf(b.first_seen());
                   });
  history.truncated = left_out_ > 0;
  return history;
}

absl::StatusOr<FlowHistory> FileHistory::One() const {
  if (flows_.empty()) {
    return absl::NotFoundError(absl::StrCat("there is no flow ", id_));
  }
  if (flows_.size() > 1) {
    return absl::FailedPreconditionError(absl::StrCat(
        flows_.size(), " flows begin with ", id_, ": ", flows_.begin()->first,
        ", ", std::next(flows_.begin())->first));
  }
  return HistoryOf(flows_.begin()->first, flows_.begin()->second);
}

std::vector<v1::Finding> FileHistory::Findings() const {
  std::vector<v1::Finding> findings;
  for (const auto& [id, parts] : flows_) {
    const FlowHistory history = HistoryOf(id, parts);
    const v1::Flow whole = history.Whole();
    for (v1::Finding& finding : Examine(FactsOf(history, whole))) {
      findings.push_back(std::move(finding));
    }
  }
  std::stable_sort(findings.begin(), findings.end(),
                   [](const v1::Finding& a, const v1::Finding& b) {
                     return std::tuple(b.severity(), NanosOf(a.time())) <
                            std::tuple(a.severity(), NanosOf(b.time()));
                   });
  return findings;
}

}  // namespace tapline
