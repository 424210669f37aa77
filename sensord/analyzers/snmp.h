// SNMP over UDP: versions, users, how many messages of which type, and traps.
//
// What a flow's managers did is told when it ends, one event for each version,
// user and security level (at most 8), and each of its first 64 traps at once.
// Anomalies: "snmp.malformed", "snmp.too_many_sessions" (over 8; what more of
// them do is not counted).

#ifndef TAPLINE_SENSORD_ANALYZERS_SNMP_H_
#define TAPLINE_SENSORD_ANALYZERS_SNMP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::snmp {

const AnalyzerUnit& Unit();

}  // namespace tapline::snmp

#endif  // TAPLINE_SENSORD_ANALYZERS_SNMP_H_
