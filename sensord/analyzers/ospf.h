// OSPF versions 2 (RFC 2328) and 3 (RFC 5340).
//
// Anomalies: ospf.malformed (a length that is not the packet's, a hello that is
// too short), ospf.plain_password.

#ifndef TAPLINE_SENSORD_ANALYZERS_OSPF_H_
#define TAPLINE_SENSORD_ANALYZERS_OSPF_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::ospf {

const AnalyzerUnit& Unit();

}  // namespace tapline::ospf

#endif  // TAPLINE_SENSORD_ANALYZERS_OSPF_H_
