// Tells in four bytes a place which keys are worth a counter of their own:
// connections half open in this window and the one before, over all keys that
// share the place. What it says is never too little.

#ifndef TAPLINE_SENSORD_DETECT_HALF_OPEN_FILTER_H_
#define TAPLINE_SENSORD_DETECT_HALF_OPEN_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sensord/detect/clock_math.h"

namespace tapline {

class HalfOpenFilter {
 public:
  HalfOpenFilter() : places_(kPlaces) {}

  uint32_t Add(uint64_t hash, UnixNanos clock, UnixNanos window) {
    Turn(Floor(clock, window) / window);
    Place& place = places_[hash % kPlaces];
    if (place.now < UINT16_MAX) ++place.now;
    return uint32_t{place.now} + place.before;
  }
  [[gnu::always_inline]] void Prefetch(uint64_t hash) const {
    __builtin_prefetch(&places_[hash % kPlaces]);
  }
  void TakeBack(uint64_t hash) {
    Place& place = places_[hash % kPlaces];
    if (place.now > 0) {
      --place.now;
    } else if (place.before > 0) {
      --place.before;
    }
  }

 private:
  static constexpr size_t kPlaces = 32768;
  struct Place {
    uint16_t now = 0;
    uint16_t before = 0;
  };

  void Turn(int64_t window) {
    if (window == window_) return;
    const bool next = Between(window_, window) == 1;
    for (Place& place : places_) {
      place.before = next ? place.now : uint16_t{0};
      place.now = 0;
    }
    window_ = window;
  }

  int64_t window_ = 0;
  std::vector<Place> places_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_HALF_OPEN_FILTER_H_
