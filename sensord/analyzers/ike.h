// IKE versions 1 (RFC 2409) and 2 (RFC 7296) on port 500, on 4500 behind four
// zero bytes (RFC 3948), and ESP in UDP, which shares that port.
//
// Anomalies: ike.malformed (lengths that do not agree).

#ifndef TAPLINE_SENSORD_ANALYZERS_IKE_H_
#define TAPLINE_SENSORD_ANALYZERS_IKE_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::ike {

const AnalyzerUnit& Unit();

}  // namespace tapline::ike

#endif  // TAPLINE_SENSORD_ANALYZERS_IKE_H_
