// Questions for open flows, answered by the workers between batches, at most
// 256 flows at a time.

#ifndef TAPLINE_SENSORD_PIPELINE_SNAPSHOTS_H_
#define TAPLINE_SENSORD_PIPELINE_SNAPSHOTS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "sensord/flow/flow_engine.h"

namespace tapline {

// Thread safety: Ask from any thread, one question at a time (others wait);
// Answer from the thread of the engine.
class Snapshots {
 public:
  static constexpr size_t kFlowsAtOnce = 256;

  explicit Snapshots(size_t engines) : cursors_(engines) {}

  // Up to `limit` open flows; what there is when `timeout` passes.
  std::vector<FlowSummary> Ask(size_t limit, absl::Duration timeout);

  // Between two batches of engine `index`.
  void Answer(size_t index, FlowEngine& engine) {
    if (asked_.load(std::memory_order_acquire)) AnswerSome(index, engine);
  }
  // The engines stop answering; waiting questions end.
  void Close();

 private:
  struct Cursor {
    uint64_t position = 0;
    bool done = false;
  };

  void AnswerSome(size_t index, FlowEngine& engine);
  bool Complete() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::atomic<bool> asked_{false};
  Mutex asking_;
  Mutex mutex_;
  CondVar answered_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  size_t limit_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Cursor> cursors_ ABSL_GUARDED_BY(mutex_);
  std::vector<FlowSummary> flows_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_SNAPSHOTS_H_
