// ONC RPC over UDP and TCP: which programs and procedures are called, where the
// portmapper says they are, what is mounted; NFS by its program.
//
// What a flow's callers did is told when it ends, one event for each program
// and version (at most 16); of portmapper's and mount's answers the first 128
// at once. At most 64 calls wait. Anomalies: "rpc.malformed", "rpc.framing" (a
// record mark that no record has, RFC 5531 11). After 16 records that begin
// with no call or reply a stream is not read any longer.

#ifndef TAPLINE_SENSORD_ANALYZERS_RPC_H_
#define TAPLINE_SENSORD_ANALYZERS_RPC_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::rpc {

const AnalyzerUnit& Unit();

}  // namespace tapline::rpc

#endif  // TAPLINE_SENSORD_ANALYZERS_RPC_H_
