// An EUI-48 address.

#ifndef TAPLINE_COMMON_NET_MAC_ADDRESS_H_
#define TAPLINE_COMMON_NET_MAC_ADDRESS_H_

#include <cstdint>
#include <cstring>
#include <string>

namespace tapline {

struct MacAddress {
  uint8_t bytes[6] = {};

  // "02:00:5e:10:00:01".
  std::string ToString() const;
  bool IsZero() const { return AsNumber() == 0; }
  // The 48 bits as a number, first byte highest.
  uint64_t AsNumber() const {
    uint64_t v = 0;
    for (uint8_t b : bytes) v = v << 8 | b;
    return v;
  }
  friend bool operator==(const MacAddress& a, const MacAddress& b) {
    return std::memcmp(a.bytes, b.bytes, 6) == 0;
  }
};

}  // namespace tapline

#endif  // TAPLINE_COMMON_NET_MAC_ADDRESS_H_
