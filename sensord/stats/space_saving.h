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
  bool Lighter(size_t a, size_t b) const {
    return heap_[a].bytes < heap_[b].bytes;
  }
  void Swap(size_t a, size_t b);
  void SiftUp(size_t i);
  void SiftDown(size_t i);

  size_t capacity_;
  std::vector<Talker> heap_;  // lightest first
  absl::flat_hash_map<IpAddress, size_t> index_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STATS_SPACE_SAVING_H_
