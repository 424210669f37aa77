// DNP3 over TCP and UDP (IEEE 1815): functions used between which stations.
// Objects and values are not read.
//
// Anomalies: dnp3.malformed (no start where a frame is due), dnp3.checksum (of
// a header), dnp3.too_many_uses (over 64 functions of stations; more are not
// counted).

#ifndef TAPLINE_SENSORD_ANALYZERS_DNP3_H_
#define TAPLINE_SENSORD_ANALYZERS_DNP3_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::dnp3 {

const AnalyzerUnit& Unit();

}  // namespace tapline::dnp3

#endif  // TAPLINE_SENSORD_ANALYZERS_DNP3_H_
