// Syslog over UDP (RFC 5424, 5426, 3164) and TCP (RFC 6587): who logs at which
// severity, never what.
//
// Tells an event with the first message of each kind (facility, severity, host
// and application) of a flow, kMaxKinds at most, and when the flow ends one
// with the number of each kind that came more than once.
//
// Anomalies: syslog.malformed (no priority where a message begins),
// syslog.too_many_kinds (there are more, which are not counted).

#ifndef TAPLINE_SENSORD_ANALYZERS_SYSLOG_H_
#define TAPLINE_SENSORD_ANALYZERS_SYSLOG_H_

#include <cstddef>

#include "sensord/analyzers/analyzer.h"

namespace tapline::syslog {

inline constexpr size_t kMaxKinds = 32;

const AnalyzerUnit& Unit();

}  // namespace tapline::syslog

#endif  // TAPLINE_SENSORD_ANALYZERS_SYSLOG_H_
