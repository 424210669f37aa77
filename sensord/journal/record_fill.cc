#include "sensord/journal/record_fill.h"

#include <array>
#include <cstring>

namespace tapline {
namespace {

// The two digits of each byte.
constexpr auto kHexBytes = [] {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> bytes{};
  for (size_t b = 0; b < 256; ++b) {
    bytes[b] = {kDigits[b >> 4], kDigits[b & 15]};
  }
  return bytes;
}();

}  // namespace

void AssignHexId(uint64_t value, std::string& text) {
  char digits[16];
  for (int i = 14; i >= 0; i -= 2) {
    std::memcpy(digits + i, kHexBytes[value & 255].data(), 2);
    value >>= 8;
  }
  text.assign(digits, sizeof digits);
}

v1::Transport TransportOf(uint8_t ip_protocol, uint8_t ip_version) {
  if (ip_version == 0 && ip_protocol == 0) return v1::TRANSPORT_ARP;
  switch (ip_protocol) {  // IANA "Assigned Internet Protocol Numbers"
    case 1:
      return v1::TRANSPORT_ICMP;
    case 2:
      return v1::TRANSPORT_IGMP;
    case 4:
      return v1::TRANSPORT_IPIP;
    case 6:
      return v1::TRANSPORT_TCP;
    case 17:
      return v1::TRANSPORT_UDP;
    case 41:
      return v1::TRANSPORT_IPV6_IN_IP;
    case 47:
      return v1::TRANSPORT_GRE;
    case 50:
      return v1::TRANSPORT_ESP;
    case 51:
      return v1::TRANSPORT_AH;
    case 58:
      return v1::TRANSPORT_ICMPV6;
    case 89:
      return v1::TRANSPORT_OSPF;
    case 103:
      return v1::TRANSPORT_PIM;
    case 112:
      return v1::TRANSPORT_VRRP;
    case 132:
      return v1::TRANSPORT_SCTP;
    default:
      return v1::TRANSPORT_OTHER;
  }
}

}  // namespace tapline
