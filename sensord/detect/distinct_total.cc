#include "sensord/detect/distinct_total.h"

namespace tapline {

bool DistinctTotal::Add(uint64_t hash) {
  if (sketch_) return sketch_->Add(hash);
  if (!exact_.insert(hash).second) return false;
  if (exact_.size() > kExact) {
    sketch_ = std::make_unique<HyperLogLog<kSketchBits>>();
    for (uint64_t h : exact_) sketch_->Add(h);
    absl::flat_hash_set<uint64_t>().swap(exact_);
  }
  return true;
}

uint64_t DistinctTotal::Count() const {
  return sketch_ ? sketch_->Count() : exact_.size();
}

}  // namespace tapline
