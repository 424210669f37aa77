#include "sensord/flow/flow_slab.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <new>

namespace tapline {
namespace {

constexpr size_t kChunkBytes = sizeof(FlowEntry) * FlowSlab::kChunkEntries;

// Aligned to its size, so that one huge page can hold it; straight from the
// kernel, so that the heap stays whole. Ends the process without memory, as
// operator new would.
FlowEntry* MapChunk() {
  void* memory = mmap(nullptr, 2 * kChunkBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  const auto address = reinterpret_cast<uintptr_t>(memory);
  const size_t before = (kChunkBytes - address % kChunkBytes) % kChunkBytes;
  char* chunk = static_cast<char*>(memory) + before;
  if (before > 0) munmap(memory, before);
  munmap(chunk + kChunkBytes, kChunkBytes - before);
  madvise(chunk, kChunkBytes, MADV_HUGEPAGE);
  return reinterpret_cast<FlowEntry*>(chunk);
}

}  // namespace

void FlowSlab::Unmap::operator()(FlowEntry* chunk) const {
  munmap(chunk, kChunkBytes);
}

EntryId FlowSlab::Take() {
  EntryId id = free_;
  if (id != kNoEntry) {
    free_ = (*this)[id].ring;
  } else {
    id = size_++;
    if (id >> kChunkBits == chunks_.size()) chunks_.emplace_back(MapChunk());
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
