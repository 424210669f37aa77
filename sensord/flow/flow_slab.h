// Memory for open flows: one run of entries that never moves.

#ifndef TAPLINE_SENSORD_FLOW_FLOW_SLAB_H_
#define TAPLINE_SENSORD_FLOW_FLOW_SLAB_H_

#include <cstddef>
#include <cstdint>

#include "sensord/flow/flow_entry.h"

namespace tapline {

// Addresses for `capacity` entries are reserved; memory comes with use, in huge
// pages where the kernel gives them, and is reused but never given back.
// Thread safety: single-threaded.
class FlowSlab {
 public:
  explicit FlowSlab(size_t capacity);
  ~FlowSlab();
  FlowSlab(const FlowSlab&) = delete;
  FlowSlab& operator=(const FlowSlab&) = delete;

  FlowEntry& operator[](EntryId id) { return entries_[id]; }

  // A fresh entry. REQUIRES: fewer than `capacity` are out.
  EntryId Take();
  // `id` may be given out again.
  void Return(EntryId id);

  // Entries are numbered 0..size()-1.
  uint32_t size() const { return size_; }
  bool IsOpen(EntryId id) { return (*this)[id].id != 0; }

  // What a packet reads; an entry may begin anywhere in a cache line.
  [[gnu::always_inline]] void Prefetch(EntryId id) {
    const char* entry = reinterpret_cast<const char*>(&(*this)[id]);
    __builtin_prefetch(entry, 1);
    __builtin_prefetch(entry + 64, 1);
    __builtin_prefetch(entry + 128, 1);
    __builtin_prefetch(entry + 168, 1);
  }
  // What timers and the second's walk read.
  [[gnu::always_inline]] void PrefetchCold(EntryId id) {
    const char* entry = reinterpret_cast<const char*>(&(*this)[id]);
    __builtin_prefetch(entry, 1);
    __builtin_prefetch(entry + 63, 1);
    __builtin_prefetch(entry + sizeof(FlowEntry) - 1, 1);
  }

 private:
  const size_t mapped_bytes_;
  FlowEntry* const entries_;
  // Returned entries, linked through FlowEntry::ring.
  EntryId free_ = kNoEntry;
  uint32_t size_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_FLOW_SLAB_H_
