// The heaviest addresses of a stream in bounded memory (Space-Saving, Metwally
// et al., 2005).

#ifndef TAPLINE_SENSORD_STATS_SPACE_SAVING_H_
#define TAPLINE_SENSORD_STATS_SPACE_SAVING_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/net/ip_address.h"

namespace tapline {

struct Talker {
  IpAddress address;
  // At most error_bytes too many, never too few.
  uint64_t bytes = 0;
  uint64_t error_bytes = 0;
  // Those seen while it was held: never too many.
  uint64_t packets = 0;
};

// Exact for up to `capacity` addresses; after that any address with more than
// 1 / capacity of all bytes is held, and no error is larger than that share.
// Thread safety: one thread.
class SpaceSaving {
 public:
  explicit SpaceSaving(size_t capacity) : capacity_(capacity) {}

  void Add(const Talker& talker);
  void Merge(const SpaceSaving& other);
  void Clear();
  // The heaviest, by bytes and then by address; at most `limit`.
  std::vector<Talker> Top(size_t limit) const;

 private:
  // Heap nodes carry what is compared; entries stay where they are, so moving
  // a node touches neither the index nor another entry's key.
  struct Node {
    uint64_t bytes;
    uint32_t entry;
  };
  struct Entry {
    IpAddress address;
    uint64_t error_bytes;
    uint64_t packets;
    uint32_t place;  // in heap_
  };

  void Place(size_t i, Node node) {
    heap_[i] = node;
    entries_[node.entry].place = static_cast<uint32_t>(i);
  }
  void SiftUp(size_t i);
  void SiftDown(size_t i);

  size_t capacity_;
  std::vector<Node> heap_;  // lightest first
  std::vector<Entry> entries_;
  absl::flat_hash_map<IpAddress, uint32_t> index_;  // into entries_
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STATS_SPACE_SAVING_H_
