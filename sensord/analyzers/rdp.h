// RDP ([MS-RDPBCGR] 1.3.1.1): the connection request and what security is
// agreed on; then TLS, or RDP's own encryption. Over UDP ([MS-RDPEUDP]) only
// named.
//
// Anomalies: "rdp.framing" (no TPKT, RFC 1006 6), "rdp.malformed" (a message
// breaks its structure).

#ifndef TAPLINE_SENSORD_ANALYZERS_RDP_H_
#define TAPLINE_SENSORD_ANALYZERS_RDP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::rdp {

const AnalyzerUnit& Unit();

}  // namespace tapline::rdp

#endif  // TAPLINE_SENSORD_ANALYZERS_RDP_H_
