// Who wants to be told about new entries of one kind.

#ifndef TAPLINE_SENSORD_JOURNAL_WAKE_LIST_H_
#define TAPLINE_SENSORD_JOURNAL_WAKE_LIST_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/sync/mutex.h"

namespace tapline {

// Thread safety: thread-safe. Callbacks run outside the list's lock, each under
// a lock of its own.
class WakeList {
 public:
  void Add(uint64_t handle, std::function<void()> wake) {
    auto waker = std::make_shared<Waker>(handle, std::move(wake));
    MutexLock lock(mutex_);
    wakers_.push_back(std::move(waker));
    size_.store(wakers_.size());
  }

  // Waits for a running call. False when the handle is not in this list.
  bool Remove(uint64_t handle) {
    const std::shared_ptr<Waker> waker = TakeOut(handle);
    if (waker == nullptr) return false;
    MutexLock lock(waker->mutex);
    waker->wake = nullptr;
    return true;
  }

  bool empty() const { return size_.load(std::memory_order_relaxed) == 0; }

  void WakeAll() {
    if (size_.load() == 0) return;
    std::vector<std::shared_ptr<Waker>> wakers;
    {
      MutexLock lock(mutex_);
      wakers = wakers_;
    }
    for (const std::shared_ptr<Waker>& waker : wakers) {
      MutexLock lock(waker->mutex);
      if (waker->wake) waker->wake();
    }
  }

 private:
  struct Waker {
    Waker(uint64_t h, std::function<void()> w)
        : handle(h), wake(std::move(w)) {}
    const uint64_t handle;
    Mutex mutex;
    std::function<void()> wake ABSL_GUARDED_BY(mutex);
  };

  std::shared_ptr<Waker> TakeOut(uint64_t handle) {
    MutexLock lock(mutex_);
    for (size_t i = 0; i < wakers_.size(); ++i) {
      if (wakers_[i]->handle != handle) continue;
      std::shared_ptr<Waker> waker = std::move(wakers_[i]);
      wakers_.erase(wakers_.begin() + static_cast<ptrdiff_t>(i));
      size_.store(wakers_.size());
      return waker;
    }
    return nullptr;
  }

  Mutex mutex_;
  std::vector<std::shared_ptr<Waker>> wakers_ ABSL_GUARDED_BY(mutex_);
  std::atomic<size_t> size_{0};
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_JOURNAL_WAKE_LIST_H_
