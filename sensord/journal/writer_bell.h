// Where a writer sleeps until a batch is worth its while.

#ifndef TAPLINE_SENSORD_JOURNAL_WRITER_BELL_H_
#define TAPLINE_SENSORD_JOURNAL_WRITER_BELL_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>

#include "absl/time/time.h"
#include "common/sync/mutex.h"

namespace tapline {

// Thread safety: Wait by one thread, the rest by any.
class WriterBell {
 public:
  // Until `waiting()` is at least `wanted`, or `wait` is over, or Close.
  // `waiting` is called under the bell's lock and takes locks of its own.
  template <typename Waiting>
  void Wait(size_t wanted, absl::Duration wait, const Waiting& waiting) {
    if (wait <= absl::ZeroDuration() || closed_.load()) return;
    // Far enough for any caller, near enough not to overflow.
    const auto deadline =
        std::chrono::steady_clock::now() +
        absl::ToChronoNanoseconds(std::min(wait, absl::Hours(24)));
    wanted_.store(wanted);
    MutexLock lock(mutex_);
    sleeping_.store(true);
    while (!closed_.load() && waiting() < Wanted()) {
      if (bell_.wait_until(mutex_, deadline) == std::cv_status::timeout) break;
    }
    sleeping_.store(false);
  }

  // So many wait now. No syscall and no lock unless that ends a sleep.
  void Ring(size_t waiting) {
    if (!sleeping_.load() || waiting < Wanted()) return;
    MutexLock lock(mutex_);
    bell_.notify_one();
  }

  // Until as many calls of Relax, one that waits is enough to wake for.
  void Hurry() {
    MutexLock lock(mutex_);
    hurries_.fetch_add(1);
    bell_.notify_one();
  }
  void Relax() { hurries_.fetch_sub(1); }

  void Close() {
    MutexLock lock(mutex_);
    closed_.store(true);
    bell_.notify_one();
  }

 private:
  size_t Wanted() const {
    const size_t wanted = wanted_.load();
    return hurries_.load() > 0 ? std::min<size_t>(wanted, 1) : wanted;
  }

  Mutex mutex_;
  CondVar bell_;
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> closed_{false};
  std::atomic<size_t> wanted_{0};
  std::atomic<int> hurries_{0};
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_JOURNAL_WRITER_BELL_H_
