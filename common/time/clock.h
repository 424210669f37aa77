// Injected wall and monotonic time. Nothing else in tapline reads a clock,
// except the log and the monotonic timers of capture.

#ifndef TAPLINE_COMMON_TIME_CLOCK_H_
#define TAPLINE_COMMON_TIME_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace tapline {

// Nanoseconds since the Unix epoch: the packet path's form of time.
using UnixNanos = int64_t;

inline constexpr UnixNanos kMillisecondNanos = 1'000'000;
inline constexpr UnixNanos kSecondNanos = 1'000'000'000;

// Thread safety: all implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

class RealClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

// A clock that only tests move.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time start) : nanos_(absl::ToUnixNanos(start)) {}
  absl::Time Now() const override {
    return absl::FromUnixNanos(nanos_.load());
  }
  void Advance(absl::Duration by) {
    nanos_.fetch_add(absl::ToInt64Nanoseconds(by));
  }

 private:
  std::atomic<int64_t> nanos_;
};

}  // namespace tapline

#endif  // TAPLINE_COMMON_TIME_CLOCK_H_
