#include "sensord/inspect/record_scan.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/schema/proto_time.h"
#include "common/status/macros.h"
#include "common/sync/work.h"
#include "sensord/store/selector_match.h"

namespace tapline {
namespace {

constexpr uint64_t kPage = 1000;
constexpr size_t kOpenFlowsScanned = 65'536;

// One record of a flow: when it is rotated the next part starts anew.
std::string PartKey(const v1::Record& record) {
  return absl::StrCat(record.source_id(), "/", record.flow().id(), "/",
                      NanosOf(record.flow().start()));
}

}  // namespace

absl::StatusOr<ScanResult> ScanRecords(
    const Store& store, StoreQuery query, const ScanLimits& limits,
    const std::function<bool(v1::Record&)>& take) {
  using SteadyClock = std::chrono::steady_clock;
  const SteadyClock::time_point end =
      SteadyClock::now() + absl::ToChronoNanoseconds(limits.time);
  ScanResult result;
  query.position.clear();
  while (true) {
    query.limit = std::min(kPage, limits.records - result.records);
    ASSIGN_OR_RETURN(StorePage page, store.List(query));
    for (v1::Record& record : page.records) {
      ++result.records;
      if (!take(record)) return result;
    }
    if (page.next_position.empty()) return result;
    if (result.records >= limits.records || SteadyClock::now() >= end) {
      result.truncated = true;
      return result;
    }
    query.position = std::move(page.next_position);
  }
}

absl::Status SeveralFit(absl::string_view what, absl::string_view id,
                        const std::vector<std::string>& names) {
  absl::Status status = absl::FailedPreconditionError(
      absl::StrCat("several ", what, " fit \"", id,
                   "\": ", absl::StrJoin(names, ", "), "; give more digits"));
  status.SetPayload(kCandidatesUrl, absl::Cord(absl::StrJoin(names, ",")));
  return status;
}

absl::StatusOr<ScanResult> ScanFlows(
    const Store& store, Control& control, const FlowChoice& choice,
    const ScanLimits& limits, const std::function<void(v1::Record&)>& add) {
  ASSIGN_OR_RETURN(const std::unique_ptr<SelectorMatcher> matcher,
                   SelectorMatcher::Compile(choice.selector));
  absl::flat_hash_set<std::string> told;
  bool incomplete = false;
  if (!choice.range.has_until()) {
    OpenFlowList open = control.OpenFlows({kOpenFlowsScanned, "", true});
    incomplete = !open.complete;
    for (v1::Record& record : open.flows) {
      if (!matcher->Matches(record)) continue;
      RETURN_IF_ERROR(WorkGoesOn());
      if (choice.filter != nullptr) {
        ASSIGN_OR_RETURN(const bool takes, choice.filter->Judge(record));
        if (!takes) continue;
      }
      told.insert(PartKey(record));
      add(record);
    }
  }
  uint64_t twice = 0;
  StoreQuery query;
  query.kind = v1::RECORD_KIND_FLOW;
  query.selector = choice.selector;
  query.filter = choice.filter;
  query.range = choice.range;
  ASSIGN_OR_RETURN(ScanResult result,
                   ScanRecords(store, query, limits, [&](v1::Record& record) {
                     // It has ended since it was asked for.
                     if (!told.empty() && told.contains(PartKey(record))) {
                       ++twice;
                       return true;
                     }
                     add(record);
                     return true;
                   }));
  result.records += told.size() - twice;
  result.truncated |= incomplete;
  return result;
}

}  // namespace tapline
