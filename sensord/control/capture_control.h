// The live capture: one pipeline at a time, started, switched and stopped.

#ifndef TAPLINE_SENSORD_CONTROL_CAPTURE_CONTROL_H_
#define TAPLINE_SENSORD_CONTROL_CAPTURE_CONTROL_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/log.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "sensord/control/sources.h"
#include "sensord/pipeline/pipeline.h"
#include "tapline/v1/sensor_service.pb.h"

namespace tapline {

// What every pipeline of this daemon shares.
struct PipelineDefaults {
  Origin origin;
  uint64_t seed[2] = {0, 0};
  std::function<void(absl::string_view)> on_suppressed;
  // May be null.
  Log* log = nullptr;
};

// Thread safety: thread-safe.
class CaptureControl {
 public:
  CaptureControl(const Sources& sources, PipelineDefaults defaults,
                 RecordSink& sink, const Clock& clock);
  ~CaptureControl();

  absl::StatusOr<v1::CaptureStatus> Start(
      const v1::StartCaptureRequest& request, PolicyPtr policy);
  absl::StatusOr<v1::CaptureStatus> Stop();
  // Between Start and Stop, also when the capture has failed meanwhile.
  bool started() const { return running() != nullptr; }
  v1::CaptureStatus Status() const;
  void SetPolicy(PolicyPtr policy);
  void FillLoss(v1::GetLossResponse& loss) const;
  v1::Stats LatestStats(absl::Duration window) const;
  std::vector<v1::TopTalker> TopTalkers(size_t limit) const;
  OpenFlowList OpenFlows(const OpenFlowQuery& query);
  // Of the newest capture, also when it has ended; null before the first.
  std::shared_ptr<const PacketRing> Packets() const;

 private:
  // A pipeline with the thread that runs it.
  struct Running;

  std::shared_ptr<Running> running() const;
  void Launch(OpenedCapture opened, const v1::CaptureConfig& config,
              PolicyPtr policy) ABSL_EXCLUSIVE_LOCKS_REQUIRED(changing_);
  void TellFullMode(const Running& next, const PacketRingOptions& ring) const;
  // Once its time is over; whoever asks for packets or the status notices.
  void EndFullMode() const;
  void FillCounters(const Running& running, v1::CaptureStatus& status) const;

  const Sources& sources_;
  const PipelineDefaults defaults_;
  RecordSink& sink_;
  const Clock& clock_;
  // Held over a whole Start or Stop, so that they do not overlap.
  Mutex changing_;
  mutable Mutex mutex_;
  std::shared_ptr<Running> running_ ABSL_GUARDED_BY(mutex_);
  // The newest one SetPolicy was given; null before.
  PolicyPtr policy_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<PacketRing> packets_ ABSL_GUARDED_BY(mutex_);
  // When they lose their payload, also after a stop.
  mutable absl::Time full_until_ ABSL_GUARDED_BY(mutex_) =
      absl::InfiniteFuture();
  // Of the newest start that failed while nothing ran.
  std::string failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CONTROL_CAPTURE_CONTROL_H_
