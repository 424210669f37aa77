// Where an address lies by its number alone (features.md D24).

#ifndef TAPLINE_COMMON_NET_SCOPE_H_
#define TAPLINE_COMMON_NET_SCOPE_H_

#include "common/net/ip_address.h"

namespace tapline {

// Values equal tapline.v1.Scope; LOCAL_HOST and GATEWAY need knowledge of the
// host and are decided elsewhere.
enum class AddressScope : uint8_t {
  kUnspecified = 0,
  kLoopback = 1,   // 127.0.0.0/8, ::1
  kLinkLocal = 2,  // 169.254.0.0/16, fe80::/10
  kPrivate = 3,    // RFC 1918, RFC 4193, RFC 6598
  kMulticast = 4,  // 224.0.0.0/4, ff00::/8, 255.255.255.255
  kBogon = 5,      // other entries of the IANA special registries
  kPublic = 6,
};

AddressScope ScopeOf(const IpAddress& address);

}  // namespace tapline

#endif  // TAPLINE_COMMON_NET_SCOPE_H_
