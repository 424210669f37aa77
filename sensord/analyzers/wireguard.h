// WireGuard ("WireGuard: Next Generation Kernel Network Tunnel", 5.4): its
// handshakes. Data messages of a flow whose beginning was not seen are believed
// on its port only.
//
// Anomalies: wireguard.malformed (a message that is not as long as its kind).

#ifndef TAPLINE_SENSORD_ANALYZERS_WIREGUARD_H_
#define TAPLINE_SENSORD_ANALYZERS_WIREGUARD_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::wireguard {

const AnalyzerUnit& Unit();

}  // namespace tapline::wireguard

#endif  // TAPLINE_SENSORD_ANALYZERS_WIREGUARD_H_
