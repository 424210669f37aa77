// EtherNet/IP with CIP inside: explicit messages over TCP and UDP. Tags and
// values are not read; implicit I/O on port 2222 is something else.
//
// Anomalies: enip.malformed (a head that no message has), enip.too_many_uses
// (over 64 commands and services; more are not counted).

#ifndef TAPLINE_SENSORD_ANALYZERS_ENIP_H_
#define TAPLINE_SENSORD_ANALYZERS_ENIP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::enip {

const AnalyzerUnit& Unit();

}  // namespace tapline::enip

#endif  // TAPLINE_SENSORD_ANALYZERS_ENIP_H_
