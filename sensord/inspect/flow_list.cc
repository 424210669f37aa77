#include "sensord/inspect/flow_list.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/schema/proto_time.h"
#include "common/status/macros.h"
#include "sensord/inspect/alert_relation.h"
#include "sensord/inspect/flow_facts.h"
#include "sensord/inspect/record_scan.h"

namespace tapline {
namespace {

constexpr ScanLimits kAlertLimits = {10'000, absl::Seconds(2)};

// All of them fit a double's 53 bits but times, of which it keeps 256 ns.
double KeyOf(const v1::Flow& flow, FlowRanking::By by) {
  switch (by) {
    case FlowRanking::By::kBytes:
      return static_cast<double>(BytesOf(flow));
    case FlowRanking::By::kPackets:
      return static_cast<double>(PacketsOf(flow));
    case FlowRanking::By::kDuration:
      return static_cast<double>(NanosOf(flow.end()) - NanosOf(flow.start()));
    case FlowRanking::By::kStart:
      return static_cast<double>(NanosOf(flow.start()));
  }
  return 0;
}

std::string PlaceOf(absl::string_view source_id, absl::string_view address) {
  return absl::StrCat(source_id, "/", address);
}

}  // namespace

std::optional<FlowRanking> FlowRanking::Parse(absl::string_view order_by) {
  FlowRanking ranking;
  ranking.descending = absl::ConsumeSuffix(&order_by, " desc");
  if (order_by == "bytes") {
    ranking.by = By::kBytes;
  } else if (order_by == "packets") {
    ranking.by = By::kPackets;
  } else if (order_by == "duration") {
    ranking.by = By::kDuration;
  } else if (order_by == "start") {
    ranking.by = By::kStart;
  } else {
    return std::nullopt;
  }
  return ranking;
}

void FlowTop::Add(v1::Record record) {
  const double key = KeyOf(record.flow(), ranking_.by);
  kept_.push_back({key, arrived_++, std::move(record)});
  if (kept_.size() >= 2 * limit_ + 64) Cut();
}

void FlowTop::Cut() {
  std::sort(kept_.begin(), kept_.end(), [&](const Ranked& a, const Ranked& b) {
    if (a.key == b.key) return a.arrival < b.arrival;
    return ranking_.descending ? a.key > b.key : a.key < b.key;
  });
  if (kept_.size() > limit_) kept_.resize(limit_);
}

std::vector<v1::Record> FlowTop::Take() {
  Cut();
  std::vector<v1::Record> records;
  records.reserve(kept_.size());
  for (Ranked& ranked : kept_) records.push_back(std::move(ranked.record));
  kept_.clear();
  return records;
}

absl::StatusOr<AlertedFlows> AlertedFlows::Read(const Store& store,
                                                const v1::Selector& selector) {
  AlertedFlows alerted;
  StoreQuery query;
  query.kind = v1::RECORD_KIND_ALERT;
  *query.selector.mutable_source_ids() = selector.source_ids();
  query.order_by = "received_at desc";
  ASSIGN_OR_RETURN(
      const ScanResult scan,
      ScanRecords(store, query, kAlertLimits, [&](v1::Record& record) {
        alerted.Add(record);
        return true;
      }));
  alerted.truncated_ = scan.truncated;
  return alerted;
}

void AlertedFlows::Add(const v1::Record& alert) {
  for (const v1::Endpoint* side :
       {&alert.alert().source(), &alert.alert().target()}) {
    if (side->address().empty()) continue;
    alerts_[PlaceOf(alert.source_id(), side->address())].push_back(
        WhatIsAboutReads(alert.alert()));
    return;
  }
}

bool AlertedFlows::Has(const v1::Record& flow) const {
  for (const v1::Endpoint* side :
       {&flow.flow().originator(), &flow.flow().responder()}) {
    const auto found = alerts_.find(PlaceOf(flow.source_id(), side->address()));
    if (found == alerts_.end()) continue;
    for (const v1::Alert& alert : found->second) {
      if (IsAbout(alert, flow.flow())) return true;
    }
  }
  return false;
}

}  // namespace tapline
