// How many in the last window, in buckets: what happened between
// (kBuckets - 1) / kBuckets of a window ago and a whole window ago may or may
// not count; older never does.

#ifndef TAPLINE_SENSORD_DETECT_SLIDING_COUNT_H_
#define TAPLINE_SENSORD_DETECT_SLIDING_COUNT_H_

#include <algorithm>
#include <cstdint>

#include "sensord/detect/clock_math.h"

namespace tapline {

template <int kBuckets>
class SlidingCount {
 public:
  void Add(UnixNanos clock, UnixNanos window, uint32_t n = 1) {
    Advance(clock, window);
    uint32_t& count = counts_[Place(newest_)];
    if (count == 0) {
      first_micros_[Place(newest_)] =
          static_cast<uint32_t>((clock - Floor(clock, Width(window))) / 1000);
    }
    count += n;
    total_ += n;
  }
  // Takes back one of the newest.
  void TakeBack() {
    for (int i = 0; i < kBuckets; ++i) {
      uint32_t& count = counts_[Place(newest_ - i)];
      if (count == 0) continue;
      --count;
      --total_;
      return;
    }
  }
  uint64_t Total(UnixNanos clock, UnixNanos window) {
    Advance(clock, window);
    return total_;
  }
  // As of the last Add or Total.
  uint64_t total() const { return total_; }
  // The oldest one counted, to the microsecond; kNever when there is none.
  UnixNanos OldestClock(UnixNanos window) const {
    for (int i = kBuckets - 1; i >= 0; --i) {
      if (counts_[Place(newest_ - i)] == 0) continue;
      UnixNanos start;
      if (__builtin_mul_overflow(newest_ - i, Width(window), &start)) {
        return -kNever;
      }
      return Later(start, first_micros_[Place(newest_ - i)] * int64_t{1000});
    }
    return kNever;
  }

 private:
  static UnixNanos Width(UnixNanos window) {
    return std::max<UnixNanos>(window / kBuckets, 1);
  }
  static int Place(int64_t bucket) {
    return static_cast<int>(((bucket % kBuckets) + kBuckets) % kBuckets);
  }
  void Advance(UnixNanos clock, UnixNanos window) {
    const int64_t bucket = Floor(clock, Width(window)) / Width(window);
    if (bucket == newest_) return;
    const int64_t gap = Between(newest_, bucket);
    if (total_ != 0) {
      if (gap < 0 || gap >= kBuckets) {
        std::fill(counts_, counts_ + kBuckets, 0);
        total_ = 0;
      } else {
        for (int64_t b = newest_ + 1; b <= bucket; ++b) {
          total_ -= counts_[Place(b)];
          counts_[Place(b)] = 0;
        }
      }
    }
    newest_ = bucket;
  }

  int64_t newest_ = 0;
  uint64_t total_ = 0;
  uint32_t counts_[kBuckets] = {};
  uint32_t first_micros_[kBuckets] = {};  // after the bucket's start
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_SLIDING_COUNT_H_
