#include "sensord/flow/flow_slab.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <new>

namespace tapline {
namespace {

constexpr size_t kHugePage = 2 << 20;

// Aligned so that huge pages fit; straight from the kernel, so that the heap
// stays whole. Ends the process without memory, as operator new would.
char* Reserve(size_t bytes) {
  void* memory = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  const auto address = reinterpret_cast<uintptr_t>(memory);
  const size_t before = (kHugePage - address % kHugePage) % kHugePage;
  char* aligned = static_cast<char*>(memory) + before;
  if (before > 0) munmap(memory, before);
  munmap(aligned + bytes, kHugePage - before);
  madvise(aligned, bytes, MADV_HUGEPAGE);
  return aligned;
}

}  // namespace

FlowSlab::FlowSlab(size_t capacity)
    : mapped_bytes_((capacity * sizeof(FlowEntry) + kHugePage) / kHugePage *
                    kHugePage) {
  entries_ = reinterpret_cast<FlowEntry*>(Reserve(mapped_bytes_));
}

FlowSlab::~FlowSlab() { munmap(entries_, mapped_bytes_); }

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
