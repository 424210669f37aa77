// Counts distinct things seen so far: exactly while they are few, then by a
// HyperLogLog sketch (Flajolet et al., 2007) of 1,024 registers, within about
// 3 % in one standard deviation. At most 10 KB.

#ifndef TAPLINE_SENSORD_DETECT_DISTINCT_TOTAL_H_
#define TAPLINE_SENSORD_DETECT_DISTINCT_TOTAL_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace tapline {

class DistinctTotal {
 public:
  // Takes the hash of a thing; true when it is surely new (or, once counting
  // is by sketch, when it changed the sketch).
  bool Add(uint64_t hash);
  uint64_t Count() const;

 private:
  static constexpr size_t kExact = 512;
  static constexpr int kRegisterBits = 10;

  bool AddToSketch(uint64_t hash);

  absl::flat_hash_set<uint64_t> exact_;
  std::vector<uint8_t> registers_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_DISTINCT_TOTAL_H_
