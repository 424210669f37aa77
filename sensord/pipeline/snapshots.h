// Questions for open flows, answered by the workers between batches, a few
// hundred flows at a time, or some thousands when there is little else to do.

#ifndef TAPLINE_SENSORD_PIPELINE_SNAPSHOTS_H_
#define TAPLINE_SENSORD_PIPELINE_SNAPSHOTS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "common/sync/mutex.h"
#include "sensord/flow/flow_engine.h"

namespace tapline {

struct FlowQuestion {
  size_t limit = 0;
  // None: all flows.
  absl::optional<FlowIdRange> ids;
};

struct FlowAnswer {
  std::vector<FlowSummary> flows;
  // False: there are more, or the workers did not get to all in time.
  bool complete = false;
};

// Thread safety: Ask from any thread, one question at a time (others wait);
// Answer from the thread of the engine, Judged from that of the judge.
class Snapshots {
 public:
  // Of a batch with frames, and of one with next to none.
  static constexpr size_t kFlowsAtOnce = 256;
  static constexpr size_t kFlowsWhenIdle = 4096;
  static constexpr size_t kIdleFrames = 64;
  // Entries looked at where flows are found by their id, for each that would
  // be copied.
  static constexpr size_t kLooksPerFlow = 16;

  explicit Snapshots(size_t engines) : cursors_(engines) {}

  // What is open; what ended before the answer has gone to the sink by then.
  FlowAnswer Ask(const FlowQuestion& question, absl::Duration timeout);

  // Engine `index` is done with a batch of so many frames. Batches are numbered
  // upwards.
  void Answer(size_t index, FlowEngine& engine, size_t frames, uint64_t batch) {
    if (asked_.load(std::memory_order_acquire)) {
      AnswerSome(index, engine, frames, batch);
    }
  }
  // What the engines told of the batch went to the sink.
  void Judged(uint64_t batch) {
    if (asked_.load(std::memory_order_acquire)) NoteJudged(batch);
  }
  // The engines stop answering, their flows have ended; waiting questions end.
  void Close();

 private:
  struct Cursor {
    uint64_t position = 0;
    bool done = false;
  };

  void AnswerSome(size_t index, FlowEngine& engine, size_t frames,
                  uint64_t batch);
  void NoteJudged(uint64_t batch);
  // Every engine answered for all of its flows.
  bool AllDone() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Over() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::atomic<bool> asked_{false};
  Mutex asking_;
  Mutex mutex_;
  CondVar answered_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  FlowQuestion question_ ABSL_GUARDED_BY(mutex_);
  std::vector<Cursor> cursors_ ABSL_GUARDED_BY(mutex_);
  std::vector<FlowSummary> flows_ ABSL_GUARDED_BY(mutex_);
  // The newest batch after which an engine answered, and that was judged.
  uint64_t answered_batch_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t judged_batch_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_SNAPSHOTS_H_
