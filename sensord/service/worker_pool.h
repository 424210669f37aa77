// Threads for work that must not hold up gRPC's own: reading the store, opening
// an interface.

#ifndef TAPLINE_SENSORD_SERVICE_WORKER_POOL_H_
#define TAPLINE_SENSORD_SERVICE_WORKER_POOL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "common/sync/mutex.h"

namespace tapline {

struct WorkerPoolOptions {
  // At most; each begins when there is work for it.
  size_t threads = 1;
  // Jobs that wait for a thread, in all.
  size_t max_waiting = 1;
  // Jobs of one caller that are under way at once.
  size_t per_caller = 1;
  // Of its threads (setpriority(2)).
  int nice = 0;
};

// Callers take turns: the jobs of one in their order, one of each caller that
// has some after another.
// Thread safety: thread-safe.
class WorkerPool {
 public:
  explicit WorkerPool(WorkerPoolOptions options) : options_(options) {}
  ~WorkerPool();

  // False when too many wait or the pool has stopped: the job will not run.
  bool Submit(int64_t caller, std::function<void()> job);
  // Runs what waits, then ends the threads.
  void Stop();

 private:
  struct Caller {
    std::deque<std::function<void()>> waiting;
    size_t running = 0;
  };

  struct Job {
    int64_t caller = 0;
    std::function<void()> work;
  };

  void Run();
  // Waits for a job; false when there will be none.
  bool Take(Job& job);
  // Of the caller whose turn it is; false when none may run a job now.
  bool TakeNext(Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Done(int64_t caller);

  const WorkerPoolOptions options_;
  Mutex mutex_;
  CondVar changed_;
  // Those with jobs that wait or run.
  std::map<int64_t, Caller> callers_ ABSL_GUARDED_BY(mutex_);
  // Each caller with waiting jobs once, in the order of their turns.
  std::deque<int64_t> turns_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_WORKER_POOL_H_
