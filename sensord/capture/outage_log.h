// Times during which a live capture could see nothing (R24).

#ifndef TAPLINE_SENSORD_CAPTURE_OUTAGE_LOG_H_
#define TAPLINE_SENSORD_CAPTURE_OUTAGE_LOG_H_

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/sync/mutex.h"
#include "sensord/capture/frame_source.h"

namespace tapline {

// Thread safety: thread-safe.
class OutageLog {
 public:
  // Called at Begin, with the new reason, and with null at the end; on the
  // caller's thread, outside of the lock.
  using Observer = std::function<void(const char* reason)>;
  explicit OutageLog(Observer observer = nullptr)
      : observer_(std::move(observer)) {}

  // Ended outages kept for Take(); older ones are forgotten but counted.
  static constexpr size_t kMaxKept = 1024;

  // `reason` must be a literal. Within an outage only the reason changes.
  void Begin(const char* reason, UnixNanos now);
  // Nothing was captured yet that could be missed: until End only current()
  // tells of it, and it is no outage.
  void BeginBeforeFirst(const char* reason, UnixNanos now);
  // No effect outside an outage.
  void End(UnixNanos now);

  // Ended ones since the last call.
  std::vector<CaptureOutage> Take();
  // The reason of the outage that is on; null if none is.
  const char* current() const;
  // Ended ones.
  uint64_t count() const;

 private:
  void Keep(UnixNanos now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Observer observer_;
  mutable Mutex mutex_;
  CaptureOutage current_ ABSL_GUARDED_BY(mutex_);
  bool on_ ABSL_GUARDED_BY(mutex_) = false;
  bool before_first_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<CaptureOutage> ended_ ABSL_GUARDED_BY(mutex_);
  uint64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_OUTAGE_LOG_H_
