// Small arithmetic of flow tracking: packed numbers, hostile clocks, ids.

#ifndef TAPLINE_SENSORD_FLOW_FLOW_MATH_H_
#define TAPLINE_SENSORD_FLOW_FLOW_MATH_H_

#include <cstdint>
#include <cstring>
#include <limits>

#include "common/net/ip_address.h"
#include "common/time/clock.h"

namespace tapline {

// Rounds towards minus infinity, so that clocks before 1970 tick alike.
inline int64_t FloorDivide(int64_t a, int64_t b) {
  const int64_t quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

inline int64_t CeilDivide(int64_t a, int64_t b) {
  const int64_t quotient = a / b;
  return a % b > 0 ? quotient + 1 : quotient;
}

inline int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<int64_t>::max()
               : std::numeric_limits<int64_t>::min();
}

// later - earlier as an unsigned number; 0 when it would be negative.
inline uint64_t Elapsed(UnixNanos later, UnixNanos earlier) {
  return later > earlier
             ? static_cast<uint64_t>(later) - static_cast<uint64_t>(earlier)
             : 0;
}

// A duration in 32 bits: exact nanoseconds below 2^31 (2.1 s), then in steps of
// 64 ns up to 137 s, where it saturates.
inline uint32_t PackDuration(uint64_t nanos) {
  constexpr uint32_t kLong = 1u << 31;
  if (nanos < kLong) return static_cast<uint32_t>(nanos);
  const uint64_t steps = nanos >> 6;
  return steps < kLong ? kLong | static_cast<uint32_t>(steps) : ~0u;
}

inline uint64_t UnpackDuration(uint32_t packed) {
  constexpr uint32_t kLong = 1u << 31;
  return packed < kLong ? packed : static_cast<uint64_t>(packed ^ kLong) << 6;
}

// A rate from 2^-20 to 2^44 in 16 bits, 10 of them mantissa: within 0.1 %.
inline constexpr uint32_t kRateBase = (127u - 20) << 23;

inline uint16_t PackRate(float rate) {
  uint32_t bits;
  std::memcpy(&bits, &rate, sizeof bits);
  // Also of anything negative, which there is not.
  if (bits <= kRateBase || (bits >> 31) != 0) return 0;
  const uint32_t packed = (bits - kRateBase + 0x1000) >> 13;
  return packed > 0xffff ? 0xffff : static_cast<uint16_t>(packed);
}

inline float UnpackRate(uint16_t packed) {
  if (packed == 0) return 0;
  const uint32_t bits = (static_cast<uint32_t>(packed) << 13) + kRateBase;
  float rate;
  std::memcpy(&rate, &bits, sizeof rate);
  return rate;
}

// Signed distance of sequence numbers, RFC 9293 3.4.
inline int32_t SequenceDistance(uint32_t to, uint32_t from) {
  return static_cast<int32_t>(to - from);
}

// An id of a flow or an aggregate: a fixed hash of what it is, never 0. It does
// not depend on the process's hash seeds.
struct IdInput {
  IpAddress originator;
  IpAddress responder;
  uint16_t originator_port = 0;
  uint16_t responder_port = 0;
  uint8_t ip_protocol = 0;
  uint32_t context = 0;
  UnixNanos start = 0;
  // Tells flows of one key that began at one clock apart.
  uint32_t repetition = 0;
};

inline uint64_t MultiplyFold(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t MakeId(const IdInput& in) {
  constexpr uint64_t k0 = 0xa0761d6478bd642f, k1 = 0xe7037ed1a0b428db,
                     k2 = 0x8ebc6af09c88c6e3, k3 = 0x589965cc75374cc3;
  const uint64_t ports = static_cast<uint64_t>(in.originator_port) << 32 |
                         static_cast<uint64_t>(in.responder_port) << 16 |
                         in.ip_protocol;
  const uint64_t place =
      static_cast<uint64_t>(in.context) << 32 | in.repetition;
  uint64_t h =
      MultiplyFold(in.originator.high() ^ k0, in.originator.low() ^ k1);
  h = MultiplyFold(in.responder.high() ^ k1 ^ h, in.responder.low() ^ k2);
  h = MultiplyFold(ports ^ k2 ^ h, place ^ k3);
  h = MultiplyFold(static_cast<uint64_t>(in.start) ^ k3 ^ h, k0 ^ h);
  h = MultiplyFold(h ^ k1, k2);
  return h == 0 ? 1 : h;
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_FLOW_MATH_H_
