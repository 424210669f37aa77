// All detectors of one source, in one place, in the order of the signals.

#ifndef TAPLINE_SENSORD_DETECT_DETECT_STAGE_H_
#define TAPLINE_SENSORD_DETECT_DETECT_STAGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/ledger/ledger.h"
#include "sensord/event/signal.h"
#include "sensord/policy/policy.h"
#include "tapline/v1/alert.pb.h"

namespace tapline {

// An alert raised (revision 1), or a later revision of it: the same id with
// higher count, newer last_seen and evidence.
struct Detection {
  UnixNanos clock = 0;
  v1::Alert alert;
};

struct DetectCounters {
  Counter signals;
  Counter raised;
  Counter updated;
  Counter suppressed;
  // Keys forgotten because max_keys was reached.
  Counter forgotten_keys;
};

// What is known about each detector, for `netctl` and ListRules.
struct RuleInfo {
  absl::string_view name;
  uint32_t version;
  v1::Severity severity;
  absl::string_view technique;
  absl::string_view description;
};
const std::vector<RuleInfo>& Rules();

// Thread safety: one thread; counters() from any.
class DetectStage {
 public:
  // `on_suppressed` gets the id of the suppression that hid an alert; may be
  // null.
  DetectStage(PolicyPtr policy,
              std::function<void(absl::string_view)> on_suppressed);
  ~DetectStage();

  // New thresholds hold for the signals that follow; state is kept.
  void SetPolicy(PolicyPtr policy);
  // Share of offered packets that reach the sensor, 0..1; stamped on alerts.
  void SetCoverage(double coverage);

  // `batch.signals` continue the total order. Appends what was raised or
  // updated, in order.
  void Process(const SignalBatch& batch, std::vector<Detection>& out);
  // Ends incidents that were quiet up to `clock`.
  void AdvanceClock(UnixNanos clock, std::vector<Detection>& out);
  // End of input: the last revision of every open incident that changed since
  // its last one.
  void Finish(std::vector<Detection>& out);

  const DetectCounters& counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_DETECT_STAGE_H_
