// VRRP versions 2 (RFC 3768) and 3 (RFC 5798).
//
// Anomalies: vrrp.malformed (shorter than its addresses need; CARP, which
// shares the number, is not told).

#ifndef TAPLINE_SENSORD_ANALYZERS_VRRP_H_
#define TAPLINE_SENSORD_ANALYZERS_VRRP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::vrrp {

const AnalyzerUnit& Unit();

}  // namespace tapline::vrrp

#endif  // TAPLINE_SENSORD_ANALYZERS_VRRP_H_
