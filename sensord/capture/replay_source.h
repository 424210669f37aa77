// Hands out another source's frames at the pace of their time.

#ifndef TAPLINE_SENSORD_CAPTURE_REPLAY_SOURCE_H_
#define TAPLINE_SENSORD_CAPTURE_REPLAY_SOURCE_H_

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/ledger/ledger.h"
#include "common/sync/mutex.h"
#include "sensord/capture/frame_source.h"

namespace tapline {

// The same frames with the same stamps, split into other batches. While it
// waits, a batch's clock is the last frame's, never wall time, so what is made
// of the frames does not depend on the speed.
class ReplaySource final : public FrameSource {
 public:
  // `speed` 1 is the pace of the capture, 10 ten times as fast, 0 as fast as
  // possible. Not negative.
  ReplaySource(std::unique_ptr<FrameSource> inner, double speed)
      : inner_(std::move(inner)), speed_(speed) {}

  absl::StatusOr<ReadResult> Read(FrameBatch& batch) override;
  // Of what was handed out; read_bytes is up to one batch ahead of it.
  CaptureCounters counters() const override;
  std::vector<CaptureOutage> TakeOutages() override {
    return inner_->TakeOutages();
  }
  // Wakes a Read that waits.
  void Stop() override;
  bool Waiting(std::string* reason) const override {
    return inner_->Waiting(reason);
  }

 private:
  using Steady = std::chrono::steady_clock;

  // Reads the next batch of inner_ into ahead_ if all of it was handed out.
  absl::StatusOr<ReadResult> Refill();
  Steady::time_point DueAt(const Frame& frame) const;
  // Frames of ahead_ that are due.
  size_t CountDue(Steady::time_point now) const;
  void HandOut(size_t count, FrameBatch& batch);
  // False when stopped.
  bool SleepUntil(Steady::time_point time);

  const std::unique_ptr<FrameSource> inner_;
  const double speed_;
  FrameBatch ahead_;
  size_t next_ = 0;  // in ahead_.frames
  bool started_ = false;
  UnixNanos first_clock_ = 0;
  Steady::time_point start_;
  UnixNanos clock_ = 0;
  Counter frames_;
  Counter bytes_;

  Mutex mutex_;
  CondVar stop_changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_REPLAY_SOURCE_H_
