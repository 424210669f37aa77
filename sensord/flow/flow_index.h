// From a packet's hash to its flow: open addressing, 8 bytes a slot.

#ifndef TAPLINE_SENSORD_FLOW_FLOW_INDEX_H_
#define TAPLINE_SENSORD_FLOW_FLOW_INDEX_H_

#include <cstddef>
#include <cstdint>

#include "common/memory/huge_pages.h"
#include "sensord/flow/flow_entry.h"

namespace tapline {

// Thread safety: single-threaded.
class FlowIndex {
 public:
  FlowIndex() : slots_(kInitial) {}

  // The tag decides slot and first comparison.
  static uint32_t Tag(uint64_t flow_hash) {
    return static_cast<uint32_t>(flow_hash);
  }

  // First entry under `tag` that `matches(entry id)`; kNoEntry without one.
  template <typename Matches>
  EntryId Find(uint32_t tag, const Matches& matches) const {
    for (size_t i = tag & mask();; i = (i + 1) & mask()) {
      const Slot& slot = slots_[i];
      if (slot.entry == kNoEntry) return kNoEntry;
      if (slot.tag == tag && matches(slot.entry)) return slot.entry;
    }
  }

  void Insert(uint32_t tag, EntryId entry) {
    if ((size_ + 1) * 16 > slots_.size() * 13) Grow();
    Place(tag, entry);
    ++size_;
  }

  // `entry` is in the index under `tag`.
  void Remove(uint32_t tag, EntryId entry) {
    size_t hole = tag & mask();
    while (slots_[hole].entry != entry) hole = (hole + 1) & mask();
    // Pulls later entries of the run back over the hole.
    for (size_t i = (hole + 1) & mask(); slots_[i].entry != kNoEntry;
         i = (i + 1) & mask()) {
      const size_t home = slots_[i].tag & mask();
      if (((i - home) & mask()) >= ((i - hole) & mask())) {
        slots_[hole] = slots_[i];
        hole = i;
      }
    }
    slots_[hole].entry = kNoEntry;
    --size_;
  }

  size_t size() const { return size_; }

  [[gnu::always_inline]] void PrefetchSlot(uint32_t tag) const {
    __builtin_prefetch(&slots_[tag & mask()]);
  }
  // A guess without looking at entries: for prefetching only.
  EntryId Peek(uint32_t tag) const {
    for (size_t i = tag & mask();; i = (i + 1) & mask()) {
      const Slot& slot = slots_[i];
      if (slot.entry == kNoEntry || slot.tag == tag) return slot.entry;
    }
  }

 private:
  static constexpr size_t kInitial = 64;
  struct Slot {
    uint32_t tag = 0;
    EntryId entry = kNoEntry;
  };

  size_t mask() const { return slots_.size() - 1; }

  void Place(uint32_t tag, EntryId entry) {
    size_t i = tag & mask();
    while (slots_[i].entry != kNoEntry) i = (i + 1) & mask();
    slots_[i] = {tag, entry};
  }

  void Grow() {
    HugePageVector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.entry != kNoEntry) Place(slot.tag, slot.entry);
    }
  }

  HugePageVector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_FLOW_INDEX_H_
