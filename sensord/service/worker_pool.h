// Threads for work that must not hold up gRPC's own: reading the store, opening
// an interface.

#ifndef TAPLINE_SENSORD_SERVICE_WORKER_POOL_H_
#define TAPLINE_SENSORD_SERVICE_WORKER_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "common/sync/mutex.h"

namespace tapline {

// Thread safety: thread-safe.
class WorkerPool {
 public:
  // At most `max_waiting` jobs wait for a thread.
  WorkerPool(size_t threads, size_t max_waiting);
  ~WorkerPool();

  // False when too many wait or the pool has stopped: the job will not run.
  bool Submit(std::function<void()> job);
  // Runs what waits, then ends the threads.
  void Stop();

 private:
  void Run();

  const size_t max_waiting_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_WORKER_POOL_H_
