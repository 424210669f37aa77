// BGP version 4 (RFC 4271, capabilities RFC 5492): opens, notifications, and
// how much was announced and withdrawn. Prefixes of other protocols than IPv4,
// which are in attributes, are not counted.
//
// Anomalies: bgp.malformed (a marker or length that is none, an open or update
// whose parts do not fit).

#ifndef TAPLINE_SENSORD_ANALYZERS_BGP_H_
#define TAPLINE_SENSORD_ANALYZERS_BGP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::bgp {

const AnalyzerUnit& Unit();

}  // namespace tapline::bgp

#endif  // TAPLINE_SENSORD_ANALYZERS_BGP_H_
