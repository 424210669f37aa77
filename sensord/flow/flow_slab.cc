#include "sensord/flow/flow_slab.h"

#include <new>

#include "common/memory/huge_pages.h"

namespace tapline {

FlowSlab::FlowSlab(size_t capacity)
    // Take looks one entry ahead.
    : mapped_bytes_((capacity + 1) * sizeof(FlowEntry)),
      entries_(static_cast<FlowEntry*>(MapHuge(mapped_bytes_))) {}

FlowSlab::~FlowSlab() { UnmapHuge(entries_, mapped_bytes_); }

EntryId FlowSlab::Take() {
  EntryId id = free_;
  if (id != kNoEntry) {
    free_ = (*this)[id].ring;
  } else {
    id = size_++;
  }
  ::new (&(*this)[id]) FlowEntry();
  // The one that comes next: opening a flow would wait for it.
  Prefetch(free_ != kNoEntry ? free_ : size_);
  return id;
}

void FlowSlab::Return(EntryId id) {
  FlowEntry& entry = (*this)[id];
  entry.id = 0;
  entry.ring = free_;
  free_ = id;
}

}  // namespace tapline
