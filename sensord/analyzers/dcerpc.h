// DCE/RPC over TCP (port 135 and whatever the endpoint mapper gives) and UDP:
// interfaces bound, logons, operations called and their faults. Over SMB's
// pipes the unit `smb` reads it.
//
// Anomalies: "dcerpc.framing" (no PDU begins where one should),
// "dcerpc.malformed" (a PDU breaks C706; a stream is not read after 16 more).

#ifndef TAPLINE_SENSORD_ANALYZERS_DCERPC_H_
#define TAPLINE_SENSORD_ANALYZERS_DCERPC_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::dcerpc {

const AnalyzerUnit& Unit();

}  // namespace tapline::dcerpc

#endif  // TAPLINE_SENSORD_ANALYZERS_DCERPC_H_
