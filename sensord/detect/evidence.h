// Small pieces of alerts that several rules share.

#ifndef TAPLINE_SENSORD_DETECT_EVIDENCE_H_
#define TAPLINE_SENSORD_DETECT_EVIDENCE_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/net/ip_address.h"
#include "tapline/v1/alert.pb.h"

namespace tapline {

inline constexpr uint8_t kIcmp = 1;
inline constexpr uint8_t kTcp = 6;
inline constexpr uint8_t kUdp = 17;
inline constexpr uint8_t kIcmpV6 = 58;

inline void SetSource(v1::Alert& alert, const IpAddress& address) {
  alert.mutable_source()->set_address(address.ToString());
}

inline void SetTarget(v1::Alert& alert, const IpAddress& address,
                      uint16_t port) {
  alert.mutable_target()->set_address(address.ToString());
  alert.mutable_target()->set_port(port);
}

inline v1::Transport TransportOf(uint8_t ip_protocol) {
  switch (ip_protocol) {
    case kTcp:
      return v1::TRANSPORT_TCP;
    case kUdp:
      return v1::TRANSPORT_UDP;
    case kIcmp:
      return v1::TRANSPORT_ICMP;
    case kIcmpV6:
      return v1::TRANSPORT_ICMPV6;
    case 0:
      return v1::TRANSPORT_ARP;
    default:
      return v1::TRANSPORT_OTHER;
  }
}

inline absl::string_view TransportName(uint8_t ip_protocol) {
  switch (ip_protocol) {
    case kTcp:
      return "TCP";
    case kUdp:
      return "UDP";
    case kIcmp:
      return "ICMP";
    case kIcmpV6:
      return "ICMPv6";
    default:
      return "ARP";
  }
}

// "3 ports", "1 port".
inline std::string Plural(uint64_t n, absl::string_view noun) {
  return absl::StrCat(n, " ", noun, n == 1 ? "" : "s");
}

// "192.0.2.1:80", "[2001:db8::1]:80".
inline std::string AddressPort(const IpAddress& address, uint16_t port) {
  return address.IsV4() ? absl::StrCat(address.ToString(), ":", port)
                        : absl::StrCat("[", address.ToString(), "]:", port);
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_EVIDENCE_H_
