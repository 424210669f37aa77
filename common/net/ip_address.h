// An IPv4 or IPv6 address as 16 bytes; IPv4 is held as ::ffff:a.b.c.d
// (RFC 4291 2.5.5.2).

#ifndef TAPLINE_COMMON_NET_IP_ADDRESS_H_
#define TAPLINE_COMMON_NET_IP_ADDRESS_H_

#include <compare>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tapline {

class IpAddress {
 public:
  // The unspecified address ::.
  constexpr IpAddress() = default;

  // From 4 or 16 bytes in network order.
  static IpAddress FromV4(const uint8_t* bytes) {
    IpAddress a;
    a.bytes_[10] = a.bytes_[11] = 0xff;
    std::memcpy(a.bytes_ + 12, bytes, 4);
    return a;
  }
  static IpAddress FromV6(const uint8_t* bytes) {
    IpAddress a;
    std::memcpy(a.bytes_, bytes, 16);
    return a;
  }
  // Host byte order: 0x7f000001 is 127.0.0.1.
  static IpAddress FromV4(uint32_t host_order) {
    const uint8_t b[4] = {static_cast<uint8_t>(host_order >> 24),
                          static_cast<uint8_t>(host_order >> 16),
                          static_cast<uint8_t>(host_order >> 8),
                          static_cast<uint8_t>(host_order)};
    return FromV4(b);
  }

  // Dotted quad or RFC 4291 text, without brackets or zone.
  // InvalidArgument: neither.
  static absl::StatusOr<IpAddress> Parse(absl::string_view text);

  bool IsV4() const { return high() == 0 && (low() >> 32) == 0xffff; }
  const uint8_t* bytes() const { return bytes_; }
  // The 4 bytes of an IPv4 address.
  const uint8_t* v4_bytes() const { return bytes_ + 12; }
  // Host order halves.
  uint64_t high() const { return Load(bytes_); }
  uint64_t low() const { return Load(bytes_ + 8); }
  // RFC 5952 without brackets; dotted quad for IPv4.
  std::string ToString() const;
  // The same in place of what `text` holds.
  void AssignTo(std::string& text) const;

  friend bool operator==(const IpAddress& a, const IpAddress& b) {
    return std::memcmp(a.bytes_, b.bytes_, 16) == 0;
  }
  // Byte order of the 16 bytes.
  friend std::strong_ordering operator<=>(const IpAddress& a,
                                          const IpAddress& b) {
    if (auto c = a.high() <=> b.high(); c != 0) return c;
    return a.low() <=> b.low();
  }
  template <typename H>
  friend H AbslHashValue(H h, const IpAddress& a) {
    return H::combine(std::move(h), a.high(), a.low());
  }

 private:
  static uint64_t Load(const uint8_t* p) {
    uint64_t v;
    std::memcpy(&v, p, 8);
    return __builtin_bswap64(v);
  }

  alignas(8) uint8_t bytes_[16] = {};
};

// A prefix; host bits are zero.
class Cidr {
 public:
  // "192.0.2.0/24", "2001:db8::/32", or a bare address.
  // InvalidArgument: neither, or host bits set.
  static absl::StatusOr<Cidr> Parse(absl::string_view text);

  bool Contains(const IpAddress& address) const;
  // First address, and the number of leading bits of its 128 that count.
  const IpAddress& base() const { return base_; }
  int prefix_bits() const { return prefix_bits_; }
  std::string ToString() const;

 private:
  IpAddress base_;
  int prefix_bits_ = 0;  // of the 128
};

}  // namespace tapline

#endif  // TAPLINE_COMMON_NET_IP_ADDRESS_H_
