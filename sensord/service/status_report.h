// The answer to "is it all right, and if not, what to do".

#ifndef TAPLINE_SENSORD_SERVICE_STATUS_REPORT_H_
#define TAPLINE_SENSORD_SERVICE_STATUS_REPORT_H_

#include <chrono>
#include <string>

#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "sensord/control/control.h"
#include "sensord/journal/journal.h"
#include "sensord/policy/policy_store.h"
#include "sensord/service/stream_registry.h"
#include "sensord/store/store.h"
#include "tapline/v1/sensor_service.pb.h"

namespace tapline {

// Sets verdict and reasons of a status whose other fields are filled. FAILED:
// nothing is captured although it should be, or nothing can be kept. DEGRADED:
// something is lost or an order is not in force.
void Judge(v1::GetStatusResponse& status);

// Thread safety: thread-safe.
class StatusReport {
 public:
  // All must outlive the report.
  StatusReport(const Control& control, const Store& store,
               const Journal& journal, const PolicyStore& policy,
               const StreamRegistry& streams, const Clock& clock,
               std::string version);

  // May wait for the disk.
  v1::GetStatusResponse Make();
  // Whether the health service says SERVING: capture has not failed and the
  // store takes records. May wait for the disk.
  bool Healthy() const;

 private:
  // Share of one core used since the last answer that was a second old.
  double CpuRatio();

  const Control& control_;
  const Store& store_;
  const Journal& journal_;
  const PolicyStore& policy_;
  const StreamRegistry& streams_;
  const std::string version_;
  const absl::Time started_at_;

  Mutex mutex_;
  std::chrono::steady_clock::time_point sampled_at_ ABSL_GUARDED_BY(mutex_);
  double sampled_cpu_ ABSL_GUARDED_BY(mutex_) = 0;
  double cpu_ratio_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_STATUS_REPORT_H_
