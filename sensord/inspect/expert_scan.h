// Expert information over the flows of a time range.

#ifndef TAPLINE_SENSORD_INSPECT_EXPERT_SCAN_H_
#define TAPLINE_SENSORD_INSPECT_EXPERT_SCAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sensord/control/control.h"
#include "sensord/inspect/record_scan.h"
#include "sensord/store/store.h"
#include "tapline/v1/finding.pb.h"

namespace tapline {

// Which findings are wanted.
struct FindingFilter {
  v1::FindingSeverity min_severity = v1::FINDING_SEVERITY_UNSPECIFIED;
  // Empty: all.
  std::vector<std::string> codes;

  bool Takes(const v1::Finding& finding) const;
};

struct ExpertScan {
  // Worst first, then newest first.
  std::vector<v1::Finding> findings;
  uint64_t flows = 0;
  uint64_t events = 0;
  bool truncated = false;
};

// The newest kMaxScannedFlows flows of the choice, with up to kMaxScannedEvents
// events; at most `limit` findings. Errors as of ScanFlows.
inline constexpr uint64_t kMaxScannedFlows = 5'000;
inline constexpr uint64_t kMaxScannedEvents = 50'000;
absl::StatusOr<ExpertScan> ExamineRange(const Store& store, Control& control,
                                        const FlowChoice& choice,
                                        const FindingFilter& filter,
                                        size_t limit);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_EXPERT_SCAN_H_
