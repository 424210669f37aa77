// Estimates how many distinct hashes it was given (Flajolet et al., 2007):
// 2^kBits bytes, within about 1.04 / sqrt(2^kBits) in one standard deviation.

#ifndef TAPLINE_SENSORD_DETECT_HYPER_LOG_LOG_H_
#define TAPLINE_SENSORD_DETECT_HYPER_LOG_LOG_H_

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "sensord/detect/endpoint_key.h"

namespace tapline {

template <int kBits>
class HyperLogLog {
 public:
  // True when it changed the sketch.
  bool Add(uint64_t hash) {
    const uint64_t mixed = MixWords(hash, 0x2545f4914f6cdd1d);
    const uint64_t rest = mixed << kBits | uint64_t{1} << (kBits - 1);
    const auto rank = static_cast<uint8_t>(__builtin_clzll(rest) + 1);
    uint8_t& slot = registers_[mixed >> (64 - kBits)];
    if (rank <= slot) return false;
    slot = rank;
    return true;
  }

  uint64_t Count() const {
    constexpr double kM = kRegisters;
    double sum = 0;
    size_t zeros = 0;
    for (uint8_t r : registers_) {
      sum += std::ldexp(1.0, -r);
      zeros += r == 0;
    }
    double estimate = 0.7213 / (1 + 1.079 / kM) * kM * kM / sum;
    if (estimate < 2.5 * kM && zeros > 0) {
      estimate = kM * std::log(kM / static_cast<double>(zeros));
    }
    return static_cast<uint64_t>(std::llround(estimate));
  }

 private:
  static constexpr size_t kRegisters = size_t{1} << kBits;
  uint8_t registers_[kRegisters] = {};
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_HYPER_LOG_LOG_H_
