#include "sensord/inspect/record_scan.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/status/macros.h"

namespace tapline {
namespace {

constexpr uint64_t kPage = 1000;

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

}  // namespace tapline
