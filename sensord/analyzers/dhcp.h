// DHCP for IPv4 (RFC 2131; options RFC 2132, 3046, 3396, 4702) and BOOTP
// (RFC 951): an event a message. A server answers from another address than
// the client asked, so that both are flows of their own; transaction_id joins
// them.
//
// Anomalies: dhcp.short (no whole fixed part), dhcp.option_length (an option
// ends behind the message or is not as long as its kind is),
// dhcp.server_mismatch (a reply sent from the client's port).

#ifndef TAPLINE_SENSORD_ANALYZERS_DHCP_H_
#define TAPLINE_SENSORD_ANALYZERS_DHCP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::dhcp {

const AnalyzerUnit& Unit();

}  // namespace tapline::dhcp

#endif  // TAPLINE_SENSORD_ANALYZERS_DHCP_H_
