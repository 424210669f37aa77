// The threads of a pipeline with several workers: every worker takes every
// batch and looks at its own shards; one merger puts their signals in order.

#ifndef TAPLINE_SENSORD_PIPELINE_WORKERS_H_
#define TAPLINE_SENSORD_PIPELINE_WORKERS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/sync/mutex.h"
#include "sensord/capture/frame.h"
#include "sensord/decode/packet.h"
#include "sensord/flow/flow_engine.h"
#include "sensord/pipeline/judge.h"
#include "sensord/pipeline/snapshots.h"

namespace tapline {

// A batch on its way through the threads; reused.
struct Job {
  FrameBatch frames;
  DecodedBatch decoded;
  // One per worker.
  std::vector<SignalBatch> signals;
  // Which slice of their flows the workers close (FlowEngine::Finish); -1 while
  // there are frames.
  int finish_slice = -1;
  // Counts the jobs that were submitted.
  uint64_t number = 0;
  bool last() const { return finish_slice + 1 == FlowEngine::kFinishSlices; }
  std::atomic<int> pending{0};
};

// A queue of jobs between two threads, bounded by the number of jobs there are.
// Thread safety: thread-safe.
class JobQueue {
 public:
  void Push(Job* job);
  // The oldest; waits.
  Job* Pop();
  // The one whose memory is most likely still in the cache; waits.
  Job* PopNewest();

 private:
  Mutex mutex_;
  CondVar ready_;
  std::deque<Job*> jobs_ ABSL_GUARDED_BY(mutex_);
};

// Merges the workers' signals into `out` (cleared first) in their total order.
// What they point to stays where it is.
void MergeSignals(std::vector<SignalBatch>& parts, SignalBatch& out);

class Workers {
 public:
  // Jobs in all; bounds what is read ahead of the slowest worker.
  static constexpr int kJobs = 16;

  // `engines`: one per worker, owning the 16 shards together.
  Workers(std::vector<std::unique_ptr<FlowEngine>>& engines, Judge& judge,
          Snapshots& snapshots);
  ~Workers();

  // A free job to fill; waits until there is one.
  Job* Acquire();
  // Hands a filled job to the workers.
  void Submit(Job* job);
  // Submits the job of the last slice and waits until everything is judged.
  void Finish(Job* last);

  uint64_t in_flight_frames() const { return in_flight_frames_.load(); }

 private:
  void Work(size_t index);
  void MergeLoop();

  std::vector<std::unique_ptr<FlowEngine>>& engines_;
  Judge& judge_;
  Snapshots& snapshots_;
  std::vector<std::unique_ptr<Job>> jobs_;
  JobQueue free_;
  std::vector<std::unique_ptr<JobQueue>> inputs_;
  JobQueue order_;
  Mutex done_mutex_;
  CondVar done_;
  std::atomic<uint64_t> in_flight_frames_{0};
  // Of the thread that submits.
  uint64_t submitted_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_WORKERS_H_
