// Reading many records of the store within bounds.

#ifndef TAPLINE_SENSORD_INSPECT_RECORD_SCAN_H_
#define TAPLINE_SENSORD_INSPECT_RECORD_SCAN_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "sensord/store/store.h"

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

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_RECORD_SCAN_H_
