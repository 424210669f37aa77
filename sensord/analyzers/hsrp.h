// HSRP version 1 (RFC 2281) and 2 (TLVs, as Cisco's routers have it).

#ifndef TAPLINE_SENSORD_ANALYZERS_HSRP_H_
#define TAPLINE_SENSORD_ANALYZERS_HSRP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::hsrp {

const AnalyzerUnit& Unit();

}  // namespace tapline::hsrp

#endif  // TAPLINE_SENSORD_ANALYZERS_HSRP_H_
