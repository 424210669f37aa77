// Arithmetic on the clock that hostile times cannot overflow.

#ifndef TAPLINE_SENSORD_DETECT_CLOCK_MATH_H_
#define TAPLINE_SENSORD_DETECT_CLOCK_MATH_H_

#include <algorithm>
#include <cstdint>
#include <limits>

#include "common/time/clock.h"
#include "google/protobuf/duration.pb.h"

namespace tapline {

inline constexpr UnixNanos kNever = std::numeric_limits<UnixNanos>::max();
// Deadlines fall on multiples of this, as the flow timers do.
inline constexpr UnixNanos kDeadlineGrain = 100 * kMillisecondNanos;

inline UnixNanos Later(UnixNanos clock, UnixNanos by) {
  UnixNanos sum;
  return __builtin_add_overflow(clock, by, &sum) ? kNever : sum;
}

// Time from `begin` to `end`; kNever when it does not fit.
inline UnixNanos Between(UnixNanos begin, UnixNanos end) {
  UnixNanos difference;
  return __builtin_sub_overflow(end, begin, &difference) ? kNever : difference;
}

// The multiple of `grain` at or before the clock.
inline UnixNanos Floor(UnixNanos clock, UnixNanos grain) {
  const UnixNanos rest = clock % grain;
  UnixNanos floor;
  return __builtin_sub_overflow(clock, rest < 0 ? rest + grain : rest, &floor)
             ? clock
             : floor;
}

inline UnixNanos NextDeadline(UnixNanos clock) {
  const UnixNanos floor = Floor(clock, kDeadlineGrain);
  return floor == clock ? clock : Later(floor, kDeadlineGrain);
}

// At least 1 ms and at most a year: windows divide and are added.
inline UnixNanos WindowNanos(const google::protobuf::Duration& d) {
  constexpr int64_t kYearSeconds = 31'536'000;
  const int64_t seconds = std::clamp<int64_t>(d.seconds(), 0, kYearSeconds);
  return std::max<UnixNanos>(seconds * kSecondNanos + d.nanos(),
                             kMillisecondNanos);
}

inline void SetDuration(UnixNanos nanos, google::protobuf::Duration& d) {
  d.set_seconds(nanos / kSecondNanos);
  d.set_nanos(static_cast<int32_t>(nanos % kSecondNanos));
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_CLOCK_MATH_H_
