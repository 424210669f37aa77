#include "sensord/inspect/expert_scan.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/schema/proto_time.h"
#include "common/status/macros.h"
#include "sensord/inspect/alert_relation.h"
#include "sensord/inspect/expert.h"
#include "sensord/inspect/flow_history.h"

namespace tapline {
namespace {

constexpr size_t kMaxEventsPerFlow = 1'000;
// Of all flows together.
constexpr size_t kMaxEventBytes = 32 << 20;
constexpr uint64_t kMaxAlerts = 1'000;
constexpr int64_t kLongestAlertSeconds = 86'400;

struct Examined {
  v1::Flow flow;
  // Newest first as they are read.
  std::vector<v1::Event> events;
};

class RangeScan {
 public:
  RangeScan(const Store& store, Control& control, const FlowChoice& choice)
      : store_(store), control_(control), choice_(choice) {}

  absl::Status Read(ExpertScan& out) {
    RETURN_IF_ERROR(ReadFlows(out));
    // Events and alerts know a flow's addresses, not its protocol.
    query_.selector = choice_.selector;
    query_.selector.clear_protocols();
    // What a flow of the range rests on is older than its record.
    if (choice_.range.has_since()) *query_.range.mutable_since() = since_;
    if (choice_.range.has_until()) {
      *query_.range.mutable_until() = choice_.range.until();
    }
    RETURN_IF_ERROR(ReadEvents(out));
    query_.selector.clear_sources();
    query_.selector.clear_targets();
    query_.selector.clear_ports();
    // One that was raised before may have gone on.
    if (query_.range.has_since()) {
      query_.range.mutable_since()->set_seconds(query_.range.since().seconds() -
                                                kLongestAlertSeconds);
    }
    return ReadAlerts(out);
  }

  void Examine(const FindingFilter& filter, ExpertScan& out) {
    for (Examined& examined : flows_) {
      FlowFacts facts(examined.flow);
      for (size_t i = examined.events.size(); i-- > 0;) {
        facts.events.push_back(&examined.events[i]);
      }
      for (const v1::Alert& alert : alerts_) {
        if (IsAbout(alert, examined.flow)) facts.alerts.push_back(&alert);
      }
      for (v1::Finding& finding : tapline::Examine(facts)) {
        if (filter.Takes(finding)) out.findings.push_back(std::move(finding));
      }
    }
  }

 private:
  absl::StatusOr<ScanResult> Scan(
      v1::RecordKind kind, ScanLimits limits,
      const std::function<void(v1::Record&)>& take) {
    query_.kind = kind;
    return ScanRecords(store_, query_, limits, [&](v1::Record& record) {
      take(record);
      return true;
    });
  }

  // Newest records first.
  void AddFlow(v1::Record& record) {
    const google::protobuf::Timestamp since = ReceivedSince(record);
    if (NanosOf(since) < NanosOf(since_)) since_ = since;
    const auto [it, added] =
        by_id_.try_emplace(record.flow().id(), flows_.size());
    if (added) {
      flows_.push_back({std::move(*record.mutable_flow()), {}});
    } else {
      AddEarlierPart(record.flow(), flows_[it->second].flow);
    }
  }

  absl::Status ReadFlows(ExpertScan& out) {
    ASSIGN_OR_RETURN(const ScanResult scan,
                     ScanFlows(store_, control_, choice_,
                               {kMaxScannedFlows, absl::Seconds(4)},
                               [&](v1::Record& record) { AddFlow(record); }));
    out.flows = flows_.size();
    out.truncated |= scan.truncated;
    return absl::OkStatus();
  }

  absl::Status ReadEvents(ExpertScan& out) {
    size_t bytes = 0;
    ASSIGN_OR_RETURN(
        const ScanResult scan,
        Scan(v1::RECORD_KIND_EVENT, {kMaxScannedEvents, absl::Seconds(4)},
             [&](v1::Record& record) {
               const auto it = by_id_.find(record.event().flow_id());
               if (it == by_id_.end()) return;
               std::vector<v1::Event>& events = flows_[it->second].events;
               bytes += record.ByteSizeLong();
               if (events.size() == kMaxEventsPerFlow ||
                   bytes > kMaxEventBytes) {
                 out.truncated = true;
                 return;
               }
               events.push_back(std::move(*record.mutable_event()));
             }));
    out.events = scan.records;
    out.truncated |= scan.truncated;
    return absl::OkStatus();
  }

  absl::Status ReadAlerts(ExpertScan& out) {
    ASSIGN_OR_RETURN(
        const ScanResult scan,
        Scan(v1::RECORD_KIND_ALERT, {kMaxAlerts, absl::Seconds(2)},
             [&](v1::Record& record) {
               alerts_.push_back(std::move(*record.mutable_alert()));
             }));
    out.truncated |= scan.truncated;
    return absl::OkStatus();
  }

  const Store& store_;
  Control& control_;
  const FlowChoice& choice_;
  // Of events and alerts.
  StoreQuery query_;
  // Since when there may be events of the flows.
  google::protobuf::Timestamp since_ = choice_.range.since();
  std::vector<Examined> flows_;
  absl::flat_hash_map<std::string, size_t> by_id_;
  std::vector<v1::Alert> alerts_;
};

}  // namespace

bool FindingFilter::Takes(const v1::Finding& finding) const {
  return finding.severity() >= min_severity &&
         (codes.empty() ||
          std::find(codes.begin(), codes.end(), finding.code()) != codes.end());
}

absl::StatusOr<ExpertScan> ExamineRange(const Store& store, Control& control,
                                        const FlowChoice& choice,
                                        const FindingFilter& filter,
                                        size_t limit) {
  ExpertScan out;
  RangeScan scan(store, control, choice);
  RETURN_IF_ERROR(scan.Read(out));
  scan.Examine(filter, out);
  const auto worse = [](const v1::Finding& a, const v1::Finding& b) {
    return std::tuple(b.severity(), b.time().seconds(), b.time().nanos()) <
           std::tuple(a.severity(), a.time().seconds(), a.time().nanos());
  };
  std::stable_sort(out.findings.begin(), out.findings.end(), worse);
  if (out.findings.size() > limit) {
    out.findings.resize(limit);
    out.truncated = true;
  }
  return out;
}

}  // namespace tapline
