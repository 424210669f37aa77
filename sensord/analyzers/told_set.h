// What was told of a flow lately: a protocol that repeats itself is told once.

#ifndef TAPLINE_SENSORD_ANALYZERS_TOLD_SET_H_
#define TAPLINE_SENSORD_ANALYZERS_TOLD_SET_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "common/crypto/siphash.h"

namespace tapline {

// The last kKeys different keys. Thread safety: single-threaded.
template <size_t kKeys>
class ToldSet {
 public:
  // Whether `key` is new; it then takes the place of the oldest.
  bool Add(uint64_t key) {
    const auto end = keys_.begin() + static_cast<std::ptrdiff_t>(size_);
    if (std::find(keys_.begin(), end, key) != end) return false;
    keys_[next_] = key;
    next_ = (next_ + 1) % kKeys;
    size_ = std::max(size_, next_ == 0 ? kKeys : next_);
    return true;
  }

  // The same for what `bytes` and `seed` say, by an unkeyed hash: one who makes
  // two alike hides his own message only.
  bool Add(absl::Span<const uint8_t> bytes, uint64_t seed = 0) {
    return Add(seed ^
               SipHashBytes<SipHash13>(SipKey(), bytes.data(), bytes.size()));
  }

 private:
  std::array<uint64_t, kKeys> keys_{};
  size_t size_ = 0;
  size_t next_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_TOLD_SET_H_
