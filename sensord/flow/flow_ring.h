// Open flows of a shard in the order in which they may be evicted.

#ifndef TAPLINE_SENSORD_FLOW_FLOW_RING_H_
#define TAPLINE_SENSORD_FLOW_FLOW_RING_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sensord/flow/flow_entry.h"
#include "sensord/flow/flow_slab.h"

namespace tapline {

// Entries know their place (FlowEntry::ring); removing one touches no other.
// Thread safety: single-threaded.
class FlowRing {
 public:
  explicit FlowRing(FlowSlab* slab) : slab_(slab) {}

  size_t size() const { return live_; }

  void Append(EntryId id) {
    if (tail_ - head_ == slots_.size()) Rebuild();
    slots_[tail_ & mask()] = id;
    (*slab_)[id].ring = tail_++;
    ++live_;
  }

  void Remove(EntryId id) {
    slots_[(*slab_)[id].ring & mask()] = kNoEntry;
    --live_;
    while (head_ != tail_ && slots_[head_ & mask()] == kNoEntry) ++head_;
  }

  // kNoEntry when empty.
  EntryId Oldest() const {
    return live_ == 0 ? kNoEntry : slots_[head_ & mask()];
  }

 private:
  uint32_t mask() const { return static_cast<uint32_t>(slots_.size()) - 1; }

  // Closes the gaps, in twice the room when there are few.
  void Rebuild() {
    size_t room = 64;
    while (room < live_ * 2) room *= 2;
    std::vector<EntryId> next(room, kNoEntry);
    uint32_t count = 0;
    for (; head_ != tail_; ++head_) {
      const EntryId id = slots_[head_ & mask()];
      if (id == kNoEntry) continue;
      next[count] = id;
      (*slab_)[id].ring = count++;
    }
    slots_.swap(next);
    head_ = 0;
    tail_ = count;
  }

  FlowSlab* slab_;
  std::vector<EntryId> slots_;
  // Positions; the slot is their remainder.
  uint32_t head_ = 0;
  uint32_t tail_ = 0;
  size_t live_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_FLOW_RING_H_
