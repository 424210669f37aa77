// The records of a batch on their way to the sink.

#ifndef TAPLINE_SENSORD_PIPELINE_RECORD_BATCH_H_
#define TAPLINE_SENSORD_PIPELINE_RECORD_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// Records are used again, so that one nobody keeps costs no allocation; a sink
// that keeps them moves the content out. Thread safety: one thread.
class RecordBatch {
 public:
  // Records handed on at once: a mass expiry must not stand in memory as
  // records.
  static constexpr size_t kMaxRecords = 512;

  // What a record is for. A flow, or an event of one arm, is empty or as the
  // RecordBuilder left one of the same shape once; others are empty.
  static constexpr size_t kOther = 0;
  static constexpr size_t kFlow = 1;
  static constexpr size_t EventShape(uint32_t arm) { return kFlow + arm; }

  // Valid until Clear.
  v1::Record& Add(size_t shape) {
    if (shape >= pools_.size()) pools_.resize(shape + 1);
    Pool& pool = pools_[shape];
    if (pool.used == pool.records.size()) {
      pool.records.push_back(std::make_unique<v1::Record>());
    }
    records_.push_back(pool.records[pool.used++].get());
    return *records_.back();
  }

  bool empty() const { return records_.empty(); }
  bool IsFull() const { return records_.size() >= kMaxRecords; }
  // In the order they were added.
  absl::Span<v1::Record* const> span() const {
    return absl::MakeConstSpan(records_);
  }

  void Clear() {
    Pool& others = pools_[kOther];
    for (size_t i = 0; i < others.used; ++i) others.records[i]->Clear();
    for (Pool& pool : pools_) pool.used = 0;
    records_.clear();
  }

 private:
  struct Pool {
    std::vector<std::unique_ptr<v1::Record>> records;
    size_t used = 0;
  };

  // By shape.
  std::vector<Pool> pools_ = std::vector<Pool>(kFlow + 1);
  std::vector<v1::Record*> records_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_RECORD_BATCH_H_
