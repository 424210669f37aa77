// Whether a name was seen lately: two Bloom filters of 4,096 bits that take
// turns each half window, or sooner when one fills up. A name is kept for half
// a window to a whole one. A new name is taken for a known one in about
// 3 % at most.

#ifndef TAPLINE_SENSORD_DETECT_NAME_FILTER_H_
#define TAPLINE_SENSORD_DETECT_NAME_FILTER_H_

#include <bitset>
#include <cstdint>

#include "sensord/detect/clock_math.h"

namespace tapline {

class NameFilter {
 public:
  // True when the name is new.
  bool Add(uint64_t hash, UnixNanos clock, UnixNanos window) {
    if (fill_ > kMaxFill || Between(turned_, clock) > window / 2) {
      old_ = fill_ == 0 || Between(turned_, clock) > window
                 ? std::bitset<kBits>()
                 : new_;
      new_.reset();
      fill_ = 0;
      turned_ = clock;
    }
    const size_t a = hash % kBits;
    const size_t b = (hash >> 32) % kBits;
    const bool known = (old_[a] && old_[b]) || (new_[a] && new_[b]);
    if (!(new_[a] && new_[b])) ++fill_;
    new_.set(a);
    new_.set(b);
    return !known;
  }

 private:
  static constexpr size_t kBits = 4096;
  static constexpr size_t kMaxFill = 256;

  std::bitset<kBits> new_;
  std::bitset<kBits> old_;
  size_t fill_ = 0;
  UnixNanos turned_ = -kNever;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_NAME_FILTER_H_
