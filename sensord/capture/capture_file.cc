#include "sensord/capture/capture_file.h"

#include <algorithm>

#include "sensord/capture/clock_stamper.h"

namespace tapline {

UnixNanos ImpossibleTime(int64_t seconds, int64_t fraction_nanos,
                         FileProgress& progress) {
  // A 32-bit count of microseconds is below 2^42 ns = 4398 s.
  constexpr int64_t kMaxFraction = int64_t{1} << 42;
  constexpr int64_t kMaxSeconds =
      (ClockStamper::kMaxTime - kMaxFraction) / kSecondNanos;
  progress.bad_times.Add();
  if (seconds < 0 || fraction_nanos < 0) return 0;
  if (seconds > kMaxSeconds) return ClockStamper::kMaxTime;
  return seconds * kSecondNanos + std::min(fraction_nanos, kMaxFraction);
}

}  // namespace tapline
