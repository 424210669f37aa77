// How often what was done on a flow, of protocols that do little of much.

#ifndef TAPLINE_SENSORD_ANALYZERS_USAGE_TABLE_H_
#define TAPLINE_SENSORD_ANALYZERS_USAGE_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tapline {

// One kind of use.
struct Usage {
  uint64_t key = 0;
  uint32_t requests = 0;
  uint32_t responses = 0;
  uint32_t errors = 0;
  // Of the last error.
  uint32_t error_code = 0;
  bool told = false;
};

// At most 64 kinds; that there are more is for the caller to say. Thread
// safety: single-threaded.
class UsageTable {
 public:
  static constexpr size_t kMaxRows = 64;

  // The row of `key`, a new one if need be; null when there is no room.
  Usage* Find(uint64_t key) {
    const auto at =
        std::find_if(rows_.begin(), rows_.end(),
                     [key](const Usage& row) { return row.key == key; });
    if (at != rows_.end()) return &*at;
    if (rows_.size() == kMaxRows) return nullptr;
    Usage& row = rows_.emplace_back();
    row.key = key;
    return &row;
  }

  const std::vector<Usage>& rows() const { return rows_; }
  // On the heap.
  size_t MemoryBytes() const { return rows_.capacity() * sizeof(Usage); }

 private:
  std::vector<Usage> rows_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_USAGE_TABLE_H_
