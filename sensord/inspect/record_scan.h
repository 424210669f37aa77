// Reading many records of the store within bounds.

#ifndef TAPLINE_SENSORD_INSPECT_RECORD_SCAN_H_
#define TAPLINE_SENSORD_INSPECT_RECORD_SCAN_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/filter/filter.h"
#include "sensord/control/control.h"
#include "sensord/store/store.h"
#include "tapline/v1/record.pb.h"
#include "tapline/v1/selector.pb.h"

namespace tapline {

struct ScanLimits {
  uint64_t records = 100'000;
  absl::Duration time = absl::Seconds(8);
};

struct ScanResult {
  uint64_t records = 0;
  // There may be more than was read.
  bool truncated = false;
};

// Calls `take` with every record `query` lists (its limit and position are
// the scan's own) until `take` returns false, the limits are reached, or there
// are no more. Errors as of Store::List.
absl::StatusOr<ScanResult> ScanRecords(
    const Store& store, StoreQuery query, const ScanLimits& limits,
    const std::function<bool(v1::Record&)>& take);

// FailedPrecondition that names what fits `id`, also to programs, as Store::Get
// does.
absl::Status SeveralFit(absl::string_view what, absl::string_view id,
                        const std::vector<std::string>& names);

// Which flows: those of the store, and without an end of the range those that
// are open.
struct FlowChoice {
  // With its sources filled in.
  v1::Selector selector;
  v1::TimeRange range;
  // May be null; must outlive the choice.
  const Filter* filter = nullptr;
};

// Calls `add` with open flows, then with the newest of the store but those that
// were open before: none is given twice. Errors of
// SelectorMatcher::Compile and Store::List.
absl::StatusOr<ScanResult> ScanFlows(
    const Store& store, Control& control, const FlowChoice& choice,
    const ScanLimits& limits, const std::function<void(v1::Record&)>& add);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_RECORD_SCAN_H_
