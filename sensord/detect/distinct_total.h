// Counts distinct things seen so far: exactly while they are few, then by a
// sketch within about 3 % (one standard deviation). At most 10 KB.

#ifndef TAPLINE_SENSORD_DETECT_DISTINCT_TOTAL_H_
#define TAPLINE_SENSORD_DETECT_DISTINCT_TOTAL_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_set.h"
#include "sensord/detect/hyper_log_log.h"

namespace tapline {

class DistinctTotal {
 public:
  // Takes the hash of a thing; true when it is surely new (or, once counting
  // is by sketch, when it changed the sketch).
  bool Add(uint64_t hash);
  uint64_t Count() const;

 private:
  static constexpr size_t kExact = 512;
  static constexpr int kSketchBits = 10;

  absl::flat_hash_set<uint64_t> exact_;
  std::unique_ptr<HyperLogLog<kSketchBits>> sketch_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_DISTINCT_TOTAL_H_
