// What ICMP types and codes mean.

#ifndef TAPLINE_SENSORD_ANALYZERS_ICMP_MEANING_H_
#define TAPLINE_SENSORD_ANALYZERS_ICMP_MEANING_H_

#include <cstdint>

namespace tapline::icmp {

// "port_unreachable", "echo"; "other" for what has no name here (IANA "ICMP
// Parameters" and "ICMPv6 Parameters"). Static storage.
const char* MeaningOf(bool v6, uint8_t type, uint8_t code);

}  // namespace tapline::icmp

#endif  // TAPLINE_SENSORD_ANALYZERS_ICMP_MEANING_H_
