#include "sensord/capture/replay_source.h"

#include <algorithm>
#include <cstring>

#include "common/status/macros.h"

namespace tapline {
namespace {

constexpr std::chrono::milliseconds kLongestSleep(100);

}  // namespace

absl::StatusOr<ReadResult> ReplaySource::Read(FrameBatch& batch) {
  batch.Clear();
  batch.clock = clock_;
  {
    MutexLock lock(mutex_);
    if (stopped_) return ReadResult::kEnd;
  }
  ASSIGN_OR_RETURN(const ReadResult result, Refill());
  if (result != ReadResult::kFrames) return result;
  size_t due = ahead_.frames.size() - next_;
  if (speed_ > 0) {
    due = CountDue(Steady::now());
    if (due == 0) {
      const Steady::time_point wake = DueAt(ahead_.frames[next_]);
      if (!SleepUntil(wake)) return ReadResult::kEnd;
      due = CountDue(Steady::now());
    }
    if (due == 0) return ReadResult::kIdle;
  }
  HandOut(due, batch);
  return ReadResult::kFrames;
}

absl::StatusOr<ReadResult> ReplaySource::Refill() {
  if (next_ < ahead_.frames.size()) return ReadResult::kFrames;
  next_ = 0;
  ASSIGN_OR_RETURN(const ReadResult result, inner_->Read(ahead_));
  if (result == ReadResult::kFrames && !started_) {
    started_ = true;
    first_clock_ = ahead_.frames.front().clock;
    start_ = Steady::now();
  }
  return result;
}

ReplaySource::Steady::time_point ReplaySource::DueAt(const Frame& frame) const {
  // A century is enough to never come.
  constexpr double kLongest = 3.2e18;
  const double nanos = static_cast<double>(frame.clock - first_clock_) / speed_;
  return start_ + std::chrono::nanoseconds(
                      static_cast<int64_t>(std::min(nanos, kLongest)));
}

size_t ReplaySource::CountDue(Steady::time_point now) const {
  const auto begin = ahead_.frames.begin() + static_cast<ptrdiff_t>(next_);
  // Clocks never go back, so neither does DueAt.
  const auto end = std::partition_point(
      begin, ahead_.frames.end(),
      [&](const Frame& frame) { return DueAt(frame) <= now; });
  return static_cast<size_t>(end - begin);
}

void ReplaySource::HandOut(size_t count, FrameBatch& batch) {
  const auto begin = ahead_.frames.begin() + static_cast<ptrdiff_t>(next_);
  uint64_t bytes = 0;
  size_t captured = 0;
  for (size_t i = 0; i < count; ++i) {
    bytes += begin[static_cast<ptrdiff_t>(i)].wire_bytes;
    captured += begin[static_cast<ptrdiff_t>(i)].captured_bytes;
  }
  clock_ = begin[static_cast<ptrdiff_t>(count) - 1].clock;
  frames_.Add(count);
  bytes_.Add(bytes);
  if (next_ == 0 && count == ahead_.frames.size()) {
    std::swap(batch, ahead_);
    ahead_.Clear();
    return;
  }
  batch.clock = clock_;
  batch.frames.assign(begin, begin + static_cast<ptrdiff_t>(count));
  next_ += count;
  if (ahead_.backing != nullptr) {
    batch.backing = ahead_.backing;
    return;
  }
  // The rest stays in ahead_, so this part needs bytes of its own.
  if (batch.storage_bytes < captured) {
    batch.storage = std::make_unique_for_overwrite<uint8_t[]>(captured);
    batch.storage_bytes = captured;
  }
  uint8_t* copy = batch.storage.get();
  for (Frame& frame : batch.frames) {
    std::memcpy(copy, frame.data, frame.captured_bytes);
    frame.data = copy;
    copy += frame.captured_bytes;
  }
}

bool ReplaySource::SleepUntil(Steady::time_point time) {
  const Steady::time_point wake = std::min(time, Steady::now() + kLongestSleep);
  MutexLock lock(mutex_);
  while (!stopped_) {
    if (stop_changed_.wait_until(mutex_, wake) == std::cv_status::timeout) {
      return !stopped_;
    }
  }
  return false;
}

CaptureCounters ReplaySource::counters() const {
  CaptureCounters c = inner_->counters();
  c.frames = frames_.Get();
  c.bytes = bytes_.Get();
  return c;
}

void ReplaySource::Stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
  }
  stop_changed_.notify_all();
  inner_->Stop();
}

}  // namespace tapline
