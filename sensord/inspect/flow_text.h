// What a flow is, in one line (D21).

#ifndef TAPLINE_SENSORD_INSPECT_FLOW_TEXT_H_
#define TAPLINE_SENSORD_INSPECT_FLOW_TEXT_H_

#include <string>

#include "sensord/inspect/flow_facts.h"

namespace tapline {

// "tls to example.com, encrypted, TLS 1.3 established, 12 packets, 3456 bytes":
// the flow's record, and added up what its events tell of TLS and QUIC, HTTP,
// DNS and logins. No credential and no path; a few hundred bytes at most.
std::string FlowText(const FlowFacts& facts);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_FLOW_TEXT_H_
