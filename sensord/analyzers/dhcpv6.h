// DHCP for IPv6 (RFC 8415): an event a message. Answers come on flows of their
// own; transaction_id joins them.
//
// Anomalies: dhcpv6.malformed (an option ends behind what holds it, or is
// shorter than its kind is).

#ifndef TAPLINE_SENSORD_ANALYZERS_DHCPV6_H_
#define TAPLINE_SENSORD_ANALYZERS_DHCPV6_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::dhcpv6 {

const AnalyzerUnit& Unit();

}  // namespace tapline::dhcpv6

#endif  // TAPLINE_SENSORD_ANALYZERS_DHCPV6_H_
