// IGMP versions 1 to 3 (RFC 1112, 2236, 3376).
//
// Anomalies: igmp.malformed (shorter than its kind is).

#ifndef TAPLINE_SENSORD_ANALYZERS_IGMP_H_
#define TAPLINE_SENSORD_ANALYZERS_IGMP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::igmp {

const AnalyzerUnit& Unit();

}  // namespace tapline::igmp

#endif  // TAPLINE_SENSORD_ANALYZERS_IGMP_H_
