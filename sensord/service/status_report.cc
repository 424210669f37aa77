#include "sensord/service/status_report.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/schema/proto_time.h"

namespace tapline {
namespace {

// Loss below this share of the packets is not worth waking somebody for.
constexpr double kTolerableLossRatio = 0.001;

double ProcessCpuSeconds() {
  rusage usage = {};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t size = 0;
  uint64_t resident = 0;
  if (!(statm >> size >> resident)) return 0;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

void Raise(v1::GetStatusResponse& status, v1::Verdict verdict,
           std::string reason) {
  if (verdict > status.verdict()) status.set_verdict(verdict);
  status.add_reasons(std::move(reason));
}

void JudgeCapture(v1::GetStatusResponse& status) {
  const v1::CaptureStatus& capture = status.capture();
  switch (capture.state()) {
    case v1::CAPTURE_STATE_FAILED:
      Raise(status, v1::VERDICT_FAILED,
            absl::StrCat("capture failed: ", capture.reason()));
      break;
    case v1::CAPTURE_STATE_WAITING:
      Raise(status, v1::VERDICT_DEGRADED,
            absl::StrCat("capture waits: ", capture.reason()));
      break;
    case v1::CAPTURE_STATE_IDLE:
      Raise(status, v1::VERDICT_DEGRADED,
            "nothing is captured; netctl start capture begins");
      break;
    default:
      break;
  }
  uint64_t drops = capture.kernel_drops() + capture.interface_drops();
  uint64_t offered = capture.packets() + drops;
  if (drops == 0 || offered == 0) return;
  double ratio = static_cast<double>(drops) / static_cast<double>(offered);
  if (ratio < kTolerableLossRatio) return;
  Raise(status, v1::VERDICT_DEGRADED,
        absl::StrFormat(
            "%.2f %% of packets were dropped before capture; raise "
            "capture.ring_mebibytes or capture.workers, or narrow capture.bpf",
            100 * ratio));
}

}  // namespace

void Judge(v1::GetStatusResponse& status) {
  status.set_verdict(v1::VERDICT_OK);
  status.clear_reasons();
  JudgeCapture(status);
  if (!status.store().writable()) {
    Raise(
        status, v1::VERDICT_FAILED,
        absl::StrCat("the store takes no records: ",
                     status.store().error().empty() ? "see the log"
                                                    : status.store().error()));
  }
  if (!status.policy_error().empty()) {
    Raise(status, v1::VERDICT_DEGRADED,
          absl::StrCat("the configuration file is not in force: ",
                       status.policy_error()));
  }
  const v1::CaptureStatus& capture = status.capture();
  if (capture.max_flows() > 0 &&
      capture.active_flows() >= capture.max_flows()) {
    Raise(status, v1::VERDICT_DEGRADED,
          "the flow table is full; raise flow.max_flows");
  }
}

StatusReport::StatusReport(const Control& control, const Store& store,
                           const Journal& journal, const PolicyStore& policy,
                           const StreamRegistry& streams, const Clock& clock,
                           std::string version)
    : control_(control),
      store_(store),
      journal_(journal),
      policy_(policy),
      streams_(streams),
      version_(std::move(version)),
      started_at_(clock.Now()),
      sampled_at_(std::chrono::steady_clock::now()),
      sampled_cpu_(ProcessCpuSeconds()) {}

bool StatusReport::Healthy() const {
  return control_.Capture().state() != v1::CAPTURE_STATE_FAILED &&
         store_.Status().writable();
}

double StatusReport::CpuRatio() {
  MutexLock lock(mutex_);
  auto now = std::chrono::steady_clock::now();
  double elapsed = std::chrono::duration<double>(now - sampled_at_).count();
  if (elapsed < 1 && cpu_ratio_ > 0) return cpu_ratio_;
  if (elapsed <= 0) return 0;
  double cpu = ProcessCpuSeconds();
  cpu_ratio_ = (cpu - sampled_cpu_) / elapsed;
  if (elapsed >= 1) {
    sampled_at_ = now;
    sampled_cpu_ = cpu;
  }
  return cpu_ratio_;
}

v1::GetStatusResponse StatusReport::Make() {
  v1::GetStatusResponse status;
  *status.mutable_capture() = control_.Capture();
  *status.mutable_store() = store_.Status();
  *status.mutable_stats() = control_.LatestStats(absl::Seconds(1));
  status.set_version(version_);
  status.set_sensor_id(store_.sensor_id());
  status.set_epoch(journal_.epoch());
  FillTime(started_at_, *status.mutable_started_at());
  status.set_resident_bytes(ResidentBytes());
  status.set_cpu_ratio(CpuRatio());
  PolicyPtr policy = policy_.Get();
  status.set_policy_revision(policy->revision);
  status.set_policy_origin(policy->origin);
  status.set_policy_error(std::string(policy_.file_status().message()));
  status.set_subscribers(static_cast<uint32_t>(streams_.open()));
  status.set_unacknowledged_alerts(store_.unacknowledged_alerts());
  uint64_t suppressed = 0;
  for (const v1::Suppression& one : policy_.Suppressions()) {
    suppressed += one.hits();
  }
  status.set_suppressed_alerts(suppressed);
  Judge(status);
  return status;
}

}  // namespace tapline
