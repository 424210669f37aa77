// The records of a batch on their way to the sink.

#ifndef TAPLINE_SENSORD_PIPELINE_RECORD_BATCH_H_
#define TAPLINE_SENSORD_PIPELINE_RECORD_BATCH_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "google/protobuf/arena.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// On an arena that is reused, so that a record nobody keeps costs no
// allocation; or each on its own, so that a sink that keeps records can take
// them over instead of copying. Thread safety: one thread.
class RecordBatch {
 public:
  // Records handed on at once: a mass expiry must not stand in memory as
  // records.
  static constexpr size_t kMaxRecords = 512;

  explicit RecordBatch(bool kept) : kept_(kept) {
    if (kept_) return;
    block_ = std::make_unique<char[]>(kBlockBytes);
    google::protobuf::ArenaOptions options;
    options.initial_block = block_.get();
    options.initial_block_size = kBlockBytes;
    arena_ = std::make_unique<google::protobuf::Arena>(options);
  }

  // An empty record, valid until Clear.
  v1::Record* Add() {
    if (!kept_) {
      records_.push_back(
          google::protobuf::Arena::CreateMessage<v1::Record>(arena_.get()));
    } else {
      if (records_.size() == pool_.size()) {
        pool_.push_back(std::make_unique<v1::Record>());
      }
      records_.push_back(pool_[records_.size()].get());
    }
    return records_.back();
  }

  bool empty() const { return records_.empty(); }
  bool IsFull() const { return records_.size() >= kMaxRecords; }
  absl::Span<v1::Record* const> span() const {
    return absl::MakeConstSpan(records_);
  }

  void Clear() {
    if (kept_) {
      for (v1::Record* record : records_) record->Clear();
    } else {
      // Records, and what they allocated, go at once; the first block stays.
      arena_->Reset();
    }
    records_.clear();
  }

 private:
  // So that an ordinary batch allocates nothing.
  static constexpr size_t kBlockBytes = 512 << 10;

  const bool kept_;
  std::unique_ptr<char[]> block_;
  std::unique_ptr<google::protobuf::Arena> arena_;
  std::vector<std::unique_ptr<v1::Record>> pool_;
  std::vector<v1::Record*> records_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_RECORD_BATCH_H_
