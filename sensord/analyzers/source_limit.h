// How often one source may make us work hard, by packet time.

#ifndef TAPLINE_SENSORD_ANALYZERS_SOURCE_LIMIT_H_
#define TAPLINE_SENSORD_ANALYZERS_SOURCE_LIMIT_H_

#include <array>
#include <cstdint>

#include "common/net/ip_address.h"
#include "common/time/clock.h"

namespace tapline {

// Takes so much a second from each address, and from all together. Of addresses
// that meet in a slot the last one is counted, so that many of them get more
// and never less. Thread safety: single-threaded.
class SourceLimit {
 public:
  SourceLimit(uint32_t per_source, uint32_t in_all)
      : per_source_(per_source), in_all_(in_all) {}

  // Whether one more is allowed at this time, which never runs back.
  bool Take(const IpAddress& source, UnixNanos clock) {
    const int64_t second = clock / kSecondNanos;
    if (second != second_) {
      second_ = second;
      taken_ = 0;
    }
    if (taken_ >= in_all_) return false;
    Slot& slot = slots_[Mix(source) % kSlots];
    if (slot.second != second || !(slot.source == source)) {
      slot = {source, second, 0};
    }
    if (slot.taken >= per_source_) return false;
    ++slot.taken;
    ++taken_;
    return true;
  }

 private:
  static constexpr size_t kSlots = 256;
  struct Slot {
    IpAddress source;
    int64_t second = -1;
    uint32_t taken = 0;
  };
  static uint64_t Mix(const IpAddress& a) {
    const uint64_t mixed =
        (a.high() ^ a.low() * 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
    return mixed >> 32;
  }

  const uint32_t per_source_;
  const uint32_t in_all_;
  int64_t second_ = -1;
  uint32_t taken_ = 0;
  std::array<Slot, kSlots> slots_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_SOURCE_LIMIT_H_
