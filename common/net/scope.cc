#include "common/net/scope.h"

namespace tapline {
namespace {

// IANA IPv4 Special-Purpose Address Registry; order does not matter, the
// ranges are disjoint.
struct V4Range {
  uint32_t base;
  int bits;
  AddressScope scope;
};
constexpr V4Range kV4[] = {
    {0x7f000000, 8, AddressScope::kLoopback},    // RFC 1122
    {0xa9fe0000, 16, AddressScope::kLinkLocal},  // RFC 3927
    {0x0a000000, 8, AddressScope::kPrivate},     // RFC 1918
    {0xac100000, 12, AddressScope::kPrivate},    // RFC 1918
    {0xc0a80000, 16, AddressScope::kPrivate},    // RFC 1918
    {0x64400000, 10, AddressScope::kPrivate},    // RFC 6598
    {0xe0000000, 4, AddressScope::kMulticast},   // RFC 5771
    {0xffffffff, 32, AddressScope::kMulticast},  // limited broadcast
    {0x00000000, 8, AddressScope::kBogon},       // RFC 1122
    {0xc0000000, 24, AddressScope::kBogon},      // RFC 6890
    {0xc0000200, 24, AddressScope::kBogon},      // RFC 5737
    {0xc6120000, 15, AddressScope::kBogon},      // RFC 2544
    {0xc6336400, 24, AddressScope::kBogon},      // RFC 5737
    {0xcb007100, 24, AddressScope::kBogon},      // RFC 5737
    {0xf0000000, 4, AddressScope::kBogon},       // RFC 1112
};

AddressScope ScopeOfV4(uint32_t address) {
  if (address == 0xffffffff) return AddressScope::kMulticast;
  for (const V4Range& r : kV4) {
    if ((address ^ r.base) >> (32 - r.bits) == 0) return r.scope;
  }
  return AddressScope::kPublic;
}

}  // namespace

AddressScope ScopeOf(const IpAddress& address) {
  if (address.IsV4()) return ScopeOfV4(static_cast<uint32_t>(address.low()));
  const uint64_t high = address.high();
  if (high == 0 && address.low() == 1) return AddressScope::kLoopback;
  if (high >> 56 == 0xff) return AddressScope::kMulticast;     // RFC 4291
  if (high >> 54 == 0xfe80 >> 6) return AddressScope::kLinkLocal;
  if (high >> 57 == 0xfc >> 1) return AddressScope::kPrivate;  // RFC 4193
  if (high >> 32 == 0x20010db8) return AddressScope::kBogon;   // RFC 3849
  // RFC 4291 2.4: only 2000::/3 is global unicast so far; 64:ff9b::/96 is the
  // well-known translation prefix (RFC 6052).
  if (high >> 61 == 1) return AddressScope::kPublic;
  if (high == 0x0064ff9b00000000 && address.low() >> 32 == 0) {
    return AddressScope::kPublic;
  }
  return AddressScope::kBogon;
}

}  // namespace tapline
