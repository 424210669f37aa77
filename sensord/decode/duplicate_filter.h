// Recognizes a frame that was just seen: a mirror port that copies both
// directions, or a bond, shows frames twice.

#ifndef TAPLINE_SENSORD_DECODE_DUPLICATE_FILTER_H_
#define TAPLINE_SENSORD_DECODE_DUPLICATE_FILTER_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "common/crypto/siphash.h"
#include "sensord/capture/frame.h"

namespace tapline {

// Remembers the hashes of the last frames, four to a set, in 256 KiB that are
// used only with a window. More frames within the window than that let
// duplicates through; what is told a duplicate is one.
class DuplicateFilter {
 public:
  // 0: nothing is a duplicate.
  DuplicateFilter(UnixNanos window, const SipKey& secret)
      : window_(window), secret_(secret), slots_(window > 0 ? kSlots : 0) {}

  bool enabled() const { return window_ > 0; }

  // True when the same bytes came within the window before. The first of them
  // counts: what a sender repeats for longer is seen once a window.
  bool Repeats(const Frame& frame) {
    const uint64_t hash =
        SipHashBytes<SipHash13>(secret_, frame.data, frame.captured_bytes) ^
        uint64_t { frame.wire_bytes } << 32;
    Slot* const set = &slots_[hash % (kSlots / kWays) * kWays];
    Slot* oldest = set;
    for (Slot* slot = set; slot < set + kWays; ++slot) {
      if (slot->hash == hash && IsWithinWindow(frame.time, slot->time)) {
        return true;
      }
      if (slot->time < oldest->time) oldest = slot;
    }
    *oldest = {hash, frame.time};
    return false;
  }

 private:
  static constexpr size_t kWays = 4;
  static constexpr size_t kSlots = 4096 * kWays;
  struct Slot {
    uint64_t hash = 0;
    UnixNanos time = std::numeric_limits<UnixNanos>::min();  // none yet
  };

  // Of any two times: files may hold everything.
  bool IsWithinWindow(UnixNanos a, UnixNanos b) const {
    const auto window = static_cast<uint64_t>(window_);
    return static_cast<uint64_t>(a) - static_cast<uint64_t>(b) + window <=
           2 * window;
  }

  const UnixNanos window_;
  const SipKey secret_;
  std::vector<Slot> slots_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_DUPLICATE_FILTER_H_
