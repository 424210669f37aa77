// BACnet/IP (ASHRAE 135: annex J, clauses 6 and 20): services used, and which
// devices say they are there. Properties and values are not read.
//
// Anomalies: bacnet.malformed (a head that ends behind the message),
// bacnet.too_many_uses (over 64 services; more are not counted).

#ifndef TAPLINE_SENSORD_ANALYZERS_BACNET_H_
#define TAPLINE_SENSORD_ANALYZERS_BACNET_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::bacnet {

const AnalyzerUnit& Unit();

}  // namespace tapline::bacnet

#endif  // TAPLINE_SENSORD_ANALYZERS_BACNET_H_
