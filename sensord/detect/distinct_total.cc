#include "sensord/detect/distinct_total.h"

#include <cmath>

#include "sensord/detect/endpoint_key.h"

namespace tapline {

bool DistinctTotal::Add(uint64_t hash) {
  if (!registers_.empty()) return AddToSketch(hash);
  if (!exact_.insert(hash).second) return false;
  if (exact_.size() > kExact) {
    registers_.resize(size_t{1} << kRegisterBits);
    for (uint64_t h : exact_) AddToSketch(h);
    absl::flat_hash_set<uint64_t>().swap(exact_);
  }
  return true;
}

bool DistinctTotal::AddToSketch(uint64_t hash) {
  const uint64_t mixed = MixWords(hash, 0x2545f4914f6cdd1d);
  const size_t i = mixed >> (64 - kRegisterBits);
  const uint64_t rest = mixed << kRegisterBits | uint64_t{1} << 9;
  const auto rank = static_cast<uint8_t>(__builtin_clzll(rest) + 1);
  if (rank <= registers_[i]) return false;
  registers_[i] = rank;
  return true;
}

uint64_t DistinctTotal::Count() const {
  if (registers_.empty()) return exact_.size();
  const auto m = static_cast<double>(registers_.size());
  double sum = 0;
  size_t zeros = 0;
  for (uint8_t r : registers_) {
    sum += std::ldexp(1.0, -r);
    zeros += r == 0;
  }
  double estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
  if (estimate < 2.5 * m && zeros > 0) {
    estimate = m * std::log(m / static_cast<double>(zeros));
  }
  return static_cast<uint64_t>(std::llround(estimate));
}

}  // namespace tapline
