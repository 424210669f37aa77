// When flows are looked at again: buckets of 100 ms ticks.
//
// A packet never touches the wheel. An entry waits in the bucket of the tick at
// which it is due, or of one at most kHorizon ahead; when the bucket comes, the
// owner computes the true deadline and schedules it again if that is later.

#ifndef TAPLINE_SENSORD_FLOW_TIMER_WHEEL_H_
#define TAPLINE_SENSORD_FLOW_TIMER_WHEEL_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sensord/flow/flow_entry.h"
#include "sensord/flow/flow_slab.h"

namespace tapline {

// Ticks are numbers of kTick since the epoch. Thread safety: single-threaded.
class TimerWheel {
 public:
  // Most ticks ahead: 30 s, the usual TIME_WAIT, so that closing a connection
  // seldom has to move its entry.
  static constexpr int64_t kHorizon = 300;

  explicit TimerWheel(FlowSlab* slab) : slab_(slab), buckets_(kSlots) {}

  // Due at `due` or earlier; after `now`.
  void Schedule(EntryId id, int64_t due, int64_t now) {
    const int64_t tick = std::clamp(due, now + 1, now + kHorizon);
    const size_t slot = static_cast<size_t>(tick) & (kSlots - 1);
    FlowEntry& entry = (*slab_)[id];
    entry.timer_slot = slot & (kSlots - 1);
    entry.timer_position = buckets_[slot].size() & kPositionMask;
    buckets_[slot].push_back(id);
  }

  void Cancel(EntryId id) {
    const FlowEntry& entry = (*slab_)[id];
    std::vector<EntryId>& bucket = buckets_[entry.timer_slot];
    const EntryId moved = bucket.back();
    bucket.pop_back();
    if (moved == id) return;
    bucket[entry.timer_position] = moved;
    (*slab_)[moved].timer_position = entry.timer_position;
  }

  // Tick at which the entry comes up.
  int64_t TickOf(EntryId id, int64_t now) {
    const int64_t next = now + 1;
    const int64_t slot = (*slab_)[id].timer_slot;
    return next + ((slot - next) & (kSlots - 1));
  }

  // Moves the entries of `tick` to `out`; they are then unscheduled.
  void Drain(int64_t tick, std::vector<EntryId>& out) {
    std::vector<EntryId>& bucket =
        buckets_[static_cast<size_t>(tick) & (kSlots - 1)];
    out.assign(bucket.begin(), bucket.end());
    // What a burst needed once is not kept 512 times.
    if (bucket.capacity() > kKeep) {
      std::vector<EntryId>().swap(bucket);
    } else {
      bucket.clear();
    }
  }

  bool IsEmpty(int64_t tick) const {
    return buckets_[static_cast<size_t>(tick) & (kSlots - 1)].empty();
  }

  // A bucket can hold this many.
  static constexpr uint32_t kPositionMask = (1u << 23) - 1;

 private:
  static constexpr size_t kSlots = 512;
  static constexpr size_t kKeep = 1024;

  FlowSlab* slab_;
  std::vector<std::vector<EntryId>> buckets_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_TIMER_WHEEL_H_
