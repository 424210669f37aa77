// RADIUS over UDP: requests for access and accounting, and responses matched to
// them by their identifier.
//
// At most 32 requests of a flow wait. Anomalies: "radius.malformed".

#ifndef TAPLINE_SENSORD_ANALYZERS_RADIUS_H_
#define TAPLINE_SENSORD_ANALYZERS_RADIUS_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::radius {

const AnalyzerUnit& Unit();

}  // namespace tapline::radius

#endif  // TAPLINE_SENSORD_ANALYZERS_RADIUS_H_
