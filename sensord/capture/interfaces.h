// Network interfaces of this host.

#ifndef TAPLINE_SENSORD_CAPTURE_INTERFACES_H_
#define TAPLINE_SENSORD_CAPTURE_INTERFACES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/net/ip_address.h"
#include "common/net/mac_address.h"

namespace tapline {

struct InterfaceAddress {
  IpAddress address;
  int prefix_bits = 0;  // 0..32 or 0..128
};

// Cumulative, as the kernel keeps them.
struct InterfaceCounters {
  uint64_t received_packets = 0;
  uint64_t received_bytes = 0;
  uint64_t received_errors = 0;
  uint64_t received_dropped = 0;
  uint64_t sent_packets = 0;
  uint64_t sent_bytes = 0;
};

struct InterfaceInfo {
  std::string name;
  uint32_t index = 0;
  // Absent if the interface has no EUI-48 address.
  std::optional<MacAddress> mac;
  std::vector<InterfaceAddress> addresses;
  uint32_t mtu = 0;
  bool up = false;       // set up by the administrator
  bool running = false;  // has a carrier
  bool loopback = false;
  // Carries the preferred default route, IPv4's before IPv6's.
  bool default_route = false;
  // "ethernet", "loopback", "none", or the ARPHRD number.
  std::string link_type;
  InterfaceCounters counters;
  // How it was found: "netlink", or "libpcap" (then without MTU, MAC, counters
  // and default route).
  const char* discovery = "";
};

// Sorted by index. Needs no privilege.
absl::StatusOr<std::vector<InterfaceInfo>> ListInterfaces();

// Name of the interface with the preferred default route.
// NotFound: none; the message says what to do.
absl::StatusOr<std::string> DefaultRouteInterface();

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_INTERFACES_H_
