// Kerberos 5 over UDP and TCP (RFC 4120 7.2): requests for tickets, and replies
// matched to them.
//
// A request waits for the reply of its kind, or an error, from the other side;
// at most 8 of a flow do. Anomalies: "kerberos.malformed", "kerberos.framing"
// (a length on TCP that no message has).

#ifndef TAPLINE_SENSORD_ANALYZERS_KERBEROS_H_
#define TAPLINE_SENSORD_ANALYZERS_KERBEROS_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::kerberos {

const AnalyzerUnit& Unit();

}  // namespace tapline::kerberos

#endif  // TAPLINE_SENSORD_ANALYZERS_KERBEROS_H_
