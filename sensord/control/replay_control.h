// Replays: pipelines of their own over files, each with its clock, epoch and
// source_id.

#ifndef TAPLINE_SENSORD_CONTROL_REPLAY_CONTROL_H_
#define TAPLINE_SENSORD_CONTROL_REPLAY_CONTROL_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "common/sync/mutex.h"
#include "sensord/control/capture_control.h"
#include "sensord/control/sources.h"
#include "tapline/v1/sensor_service.pb.h"

namespace tapline {

// Thread safety: thread-safe.
class ReplayControl {
 public:
  // Running at once, and ended ones remembered.
  static constexpr size_t kMaxRunning = 4;
  static constexpr size_t kMaxRemembered = 64;

  ReplayControl(const Sources& sources, PipelineDefaults defaults,
                RecordSink& sink, const Clock& clock);
  ~ReplayControl();

  // ResourceExhausted: kMaxRunning run already.
  absl::StatusOr<std::string> Start(
      const v1::StartReplayRequest& request, PolicyPtr policy,
      std::function<void(const v1::Replay&)> on_progress);
  absl::StatusOr<v1::Replay> Stop(absl::string_view source_id);
  std::vector<v1::Replay> List() const;

 private:
  struct Running;

  absl::Status MakeRoom(const std::string& source_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Sources& sources_;
  const PipelineDefaults defaults_;
  RecordSink& sink_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<Running>> replays_
      ABSL_GUARDED_BY(mutex_);
  uint64_t started_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CONTROL_REPLAY_CONTROL_H_
