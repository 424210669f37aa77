// The Internet checksum (RFC 1071).

#ifndef TAPLINE_SENSORD_DECODE_CHECKSUM_H_
#define TAPLINE_SENSORD_DECODE_CHECKSUM_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tapline {

// Sum of the 16-bit words, not folded, in the machine's byte order; `sum` is
// what was added before. An odd last byte is padded with zero.
inline uint64_t ChecksumAdd(uint64_t sum, const uint8_t* p, size_t size) {
  for (; size >= 4; p += 4, size -= 4) {
    uint32_t v;
    std::memcpy(&v, p, 4);
    sum += v;
  }
  if (size > 0) {
    uint32_t v = 0;
    std::memcpy(&v, p, size);
    sum += v;
  }
  return sum;
}

// 0 when the sum covers a correct checksum field.
inline uint16_t ChecksumFold(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// 0 for a header with a correct checksum in place.
inline uint16_t InternetChecksum(const uint8_t* p, size_t size) {
  return ChecksumFold(ChecksumAdd(0, p, size));
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_CHECKSUM_H_
