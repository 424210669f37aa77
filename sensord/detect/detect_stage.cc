#include "sensord/detect/detect_stage.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sensord/detect/clock_math.h"
#include "sensord/detect/detector.h"
#include "sensord/detect/incident.h"

namespace tapline {

const std::vector<RuleInfo>& Rules() {
  static const std::vector<RuleInfo> rules = {
#define DETECTOR(rule, version, severity, technique, description) \
  {#rule, version, v1::SEVERITY_##severity, technique, description},
#include "sensord/detect/detectors.def"
#undef DETECTOR
  };
  return rules;
}

class DetectStage::Impl {
 public:
  Impl(PolicyPtr policy, std::function<void(absl::string_view)> on_suppressed)
      : book_(counters_, std::move(on_suppressed)),
        context_{.incidents = book_,
                 .forgotten_keys = counters_.forgotten_keys} {
#define DETECTOR(rule, version, severity, technique, description) \
  detectors_.push_back(rule::NewDetector(context_));
#include "sensord/detect/detectors.def"
#undef DETECTOR
    SetPolicy(std::move(policy));
  }

  void SetPolicy(PolicyPtr policy) {
    book_.SetPolicy(policy->config);
    for (auto& list : by_kind_) list.clear();
    for (const auto& detector : detectors_) {
      if (!detector->Configure(policy->config.detect())) continue;
      for (size_t kind = 0; kind < kKinds; ++kind) {
        if (detector->Kinds() >> kind & 1) {
          by_kind_[kind].push_back(detector.get());
        }
      }
    }
  }

  void Process(const SignalBatch& batch, std::vector<Detection>& out) {
    book_.SetOutput(&out);
    for (size_t i = 0; i < batch.signals.size(); ++i) {
      const Signal& signal = batch.signals[i];
      if (i + kLookAhead < batch.signals.size()) {
        Prefetch(batch.signals[i + kLookAhead]);
      }
      // A clock behind would be the merge's fault; windows rely on it.
      clock_ = std::max(clock_, signal.clock);
      RunDeadlines(clock_);
      const auto kind = static_cast<size_t>(signal.kind);
      if (kind >= kKinds) continue;
      for (Detector* detector : by_kind_[kind]) {
        detector->OnSignal(signal, batch);
      }
    }
    counters_.signals.Add(batch.signals.size());
    book_.SetOutput(nullptr);
  }

  void AdvanceClock(UnixNanos clock, std::vector<Detection>& out) {
    book_.SetOutput(&out);
    clock_ = std::max(clock_, clock);
    RunDeadlines(clock_);
    book_.SetOutput(nullptr);
  }

  void Finish(std::vector<Detection>& out) {
    book_.SetOutput(&out);
    for (const auto& detector : detectors_) detector->Finish(clock_);
    book_.Finish(clock_);
    book_.SetOutput(nullptr);
  }

  void SetCoverage(double coverage) { book_.SetCoverage(coverage); }
  const DetectCounters& counters() const { return counters_; }

 private:
  static constexpr size_t kKinds = 32;
  static constexpr size_t kLookAhead = 12;

  // Only what begins a connection: the rest finds its keys in the cache.
  void Prefetch(const Signal& signal) const {
    if (signal.kind != SignalKind::kSyn &&
        (signal.kind != SignalKind::kFlowOpened || signal.ip_protocol == 6)) {
      return;
    }
    for (const Detector* detector :
         by_kind_[static_cast<size_t>(signal.kind)]) {
      detector->Prefetch(signal);
    }
  }

  // Everything dated by its own deadline, whenever the clock gets there.
  void RunDeadlines(UnixNanos clock) {
    while (true) {
      UnixNanos at = std::min(context_.next_wake, book_.deadline());
      if (at > clock || at == kNever) return;
      context_.next_wake = kNever;
      for (const auto& detector : detectors_) {
        if (detector->wake() <= at) detector->Wake(at);
        context_.next_wake = std::min(context_.next_wake, detector->wake());
      }
      if (book_.deadline() <= at) book_.OnDeadline(at);
    }
  }

  DetectCounters counters_;
  IncidentBook book_;
  DetectorContext context_;
  std::vector<std::unique_ptr<Detector>> detectors_;
  std::array<std::vector<Detector*>, kKinds> by_kind_;
  UnixNanos clock_ = -kNever;
};

DetectStage::DetectStage(PolicyPtr policy,
                         std::function<void(absl::string_view)> on_suppressed)
    : impl_(std::make_unique<Impl>(std::move(policy),
                                   std::move(on_suppressed))) {}
DetectStage::~DetectStage() = default;

void DetectStage::SetPolicy(PolicyPtr policy) {
  impl_->SetPolicy(std::move(policy));
}
void DetectStage::SetCoverage(double coverage) { impl_->SetCoverage(coverage); }
void DetectStage::Process(const SignalBatch& batch,
                          std::vector<Detection>& out) {
  impl_->Process(batch, out);
}
void DetectStage::AdvanceClock(UnixNanos clock, std::vector<Detection>& out) {
  impl_->AdvanceClock(clock, out);
}
void DetectStage::Finish(std::vector<Detection>& out) { impl_->Finish(out); }
const DetectCounters& DetectStage::counters() const {
  return impl_->counters();
}

}  // namespace tapline
