#include "sensord/capture/outage_log.h"

#include <algorithm>
#include <utility>

namespace tapline {

void OutageLog::Begin(const char* reason, UnixNanos now) {
  {
    MutexLock lock(mutex_);
    const bool same = on_ && current_.reason == reason;
    current_.reason = reason;
    if (same) return;
    if (!on_) current_.start = now;
    on_ = true;
  }
  if (observer_) observer_(reason);
}

void OutageLog::BeginBeforeFirst(const char* reason, UnixNanos now) {
  Begin(reason, now);
  MutexLock lock(mutex_);
  before_first_ = true;
}

void OutageLog::End(UnixNanos now) {
  {
    MutexLock lock(mutex_);
    if (!on_) return;
    on_ = false;
    if (!std::exchange(before_first_, false)) Keep(now);
  }
  if (observer_) observer_(nullptr);
}

void OutageLog::Keep(UnixNanos now) {
  // The wall clock may have been set back meanwhile.
  current_.end = std::max(now, current_.start);
  ++count_;
  if (ended_.size() == kMaxKept) ended_.pop_front();
  ended_.push_back(current_);
}

std::vector<CaptureOutage> OutageLog::Take() {
  MutexLock lock(mutex_);
  std::vector<CaptureOutage> taken(ended_.begin(), ended_.end());
  ended_.clear();
  return taken;
}

const char* OutageLog::current() const {
  MutexLock lock(mutex_);
  return on_ ? current_.reason : nullptr;
}

uint64_t OutageLog::count() const {
  MutexLock lock(mutex_);
  return count_;
}

}  // namespace tapline
