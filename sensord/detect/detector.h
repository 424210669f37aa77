// What a rule is to the stage. Adding one: <rule>.cc and a line in
// detectors.def.

#ifndef TAPLINE_SENSORD_DETECT_DETECTOR_H_
#define TAPLINE_SENSORD_DETECT_DETECTOR_H_

#include <algorithm>
#include <cstdint>
#include <memory>

#include "common/ledger/ledger.h"
#include "sensord/detect/clock_math.h"
#include "sensord/detect/incident.h"
#include "sensord/event/signal.h"
#include "tapline/v1/config.pb.h"

namespace tapline {

inline constexpr uint32_t KindBit(SignalKind kind) {
  return 1u << static_cast<int>(kind);
}

// Shared by the detectors of a stage; outlives them.
struct DetectorContext {
  IncidentBook& incidents;
  Counter& forgotten_keys;
  // Not after the earliest wake-up of any detector.
  UnixNanos next_wake = kNever;
};

// Sees signals in their total order and decides on their clock alone.
// Thread safety: one thread.
class Detector {
 public:
  explicit Detector(DetectorContext& context) : context_(context) {}
  virtual ~Detector() = default;
  Detector(const Detector&) = delete;
  Detector& operator=(const Detector&) = delete;

  // The kinds it wants to see, a KindBit each. Constant.
  virtual uint32_t Kinds() const = 0;
  // New thresholds; what is known stays. False: not enabled, no more signals.
  virtual bool Configure(const v1::DetectConfig& config) = 0;
  virtual void OnSignal(const Signal& signal, const SignalBatch& batch) = 0;
  // A hint that the signal comes soon.
  virtual void Prefetch(const Signal& signal) const { (void)signal; }
  // The time asked for with WakeAt has come.
  virtual void OnWake(UnixNanos clock) { (void)clock; }
  // No more signals: decides what still waits for time to pass.
  virtual void Finish(UnixNanos clock) { (void)clock; }

  // For the stage. kNever when none was asked for.
  UnixNanos wake() const { return wake_; }
  void Wake(UnixNanos clock) {
    wake_ = kNever;
    woken_ = clock;
    OnWake(clock);
  }

 protected:
  // At the first multiple of 100 ms not before `clock`.
  void WakeAt(UnixNanos clock) {
    const UnixNanos at = NextDeadline(std::max(clock, Later(woken_, 1)));
    wake_ = std::min(wake_, at);
    context_.next_wake = std::min(context_.next_wake, wake_);
  }
  IncidentBook& incidents() { return context_.incidents; }
  Counter& forgotten_keys() { return context_.forgotten_keys; }

 private:
  DetectorContext& context_;
  UnixNanos wake_ = kNever;
  UnixNanos woken_ = -kNever;
};

#define DETECTOR(rule, version, severity, technique, description) \
  namespace rule {                                                \
  std::unique_ptr<Detector> NewDetector(DetectorContext&);        \
  }
#include "sensord/detect/detectors.def"
#undef DETECTOR

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_DETECTOR_H_
