#include "sensord/flow/flow_slab.h"

#include <sys/mman.h>

#include <new>

namespace tapline {

EntryId FlowSlab::Take() {
  EntryId id = free_;
  if (id != kNoEntry) {
    free_ = (*this)[id].ring;
  } else {
    id = size_++;
    if (id >> kChunkBits == chunks_.size()) {
      constexpr size_t kBytes = sizeof(FlowEntry) * kChunkEntries;
      void* memory = std::aligned_alloc(kBytes, kBytes);
      if (memory == nullptr) std::abort();
      madvise(memory, kBytes, MADV_HUGEPAGE);
      chunks_.emplace_back(static_cast<FlowEntry*>(memory));
    }
  }
  ::new (&(*this)[id]) FlowEntry();
  return id;
}

void FlowSlab::Return(EntryId id) {
  FlowEntry& entry = (*this)[id];
  entry.id = 0;
  entry.ring = free_;
  free_ = id;
}

}  // namespace tapline
