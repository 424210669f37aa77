// Decides which tunnelled packets are worth linking to their outer flow.

#ifndef TAPLINE_SENSORD_DECODE_INNER_FLOW_CACHE_H_
#define TAPLINE_SENSORD_DECODE_INNER_FLOW_CACHE_H_

#include <cstdint>
#include <vector>

#include "common/time/clock.h"

namespace tapline {

// Direct-mapped, by a hash that does not depend on the process's secret: what
// is linked is part of the result and must be the same in every run. A
// collision costs one more link.
class InnerFlowCache {
 public:
  static constexpr UnixNanos kRefresh = kSecondNanos;

  // True when the flow was not seen within the last kRefresh of clock.
  bool Touch(uint64_t hash, UnixNanos clock) {
    if (slots_.empty()) slots_.resize(kSlots);
    Slot& slot = slots_[hash >> 52];
    const bool fresh = slot.hash == hash && clock - slot.clock <= kRefresh;
    if (!fresh) slot = {hash, clock};
    return !fresh;
  }

 private:
  static constexpr size_t kSlots = 4096;
  struct Slot {
    uint64_t hash = 0;
    UnixNanos clock = 0;
  };
  // Made when the first tunnel is seen.
  std::vector<Slot> slots_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_INNER_FLOW_CACHE_H_
