// Memory for open flows: chunks that never move, entries that are reused.

#ifndef TAPLINE_SENSORD_FLOW_FLOW_SLAB_H_
#define TAPLINE_SENSORD_FLOW_FLOW_SLAB_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "sensord/flow/flow_entry.h"

namespace tapline {

// Grows by 2 MiB (huge pages where the kernel gives them), never shrinks.
// Thread safety: single-threaded.
class FlowSlab {
 public:
  static constexpr uint32_t kChunkBits = 13;
  static constexpr uint32_t kChunkEntries = 1 << kChunkBits;

  FlowEntry& operator[](EntryId id) {
    return chunks_[id >> kChunkBits][id & (kChunkEntries - 1)];
  }

  // A fresh entry.
  EntryId Take();
  // `id` may be given out again.
  void Return(EntryId id);

  // Entries are numbered 0..size()-1.
  uint32_t size() const { return size_; }
  bool IsOpen(EntryId id) { return (*this)[id].id != 0; }

  void Prefetch(EntryId id) {
    const char* entry = reinterpret_cast<const char*>(&(*this)[id]);
    __builtin_prefetch(entry, 1);
    __builtin_prefetch(entry + 64, 1);
    __builtin_prefetch(entry + 128, 1);
  }
  // What timers and the second's walk read.
  void PrefetchCold(EntryId id) {
    const char* entry = reinterpret_cast<const char*>(&(*this)[id]);
    __builtin_prefetch(entry, 1);
    __builtin_prefetch(entry + 192, 1);
  }

 private:
  struct Unmap {
    void operator()(FlowEntry* chunk) const;
  };
  std::vector<std::unique_ptr<FlowEntry[], Unmap>> chunks_;
  // Returned entries, linked through FlowEntry::ring.
  EntryId free_ = kNoEntry;
  uint32_t size_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_FLOW_SLAB_H_
