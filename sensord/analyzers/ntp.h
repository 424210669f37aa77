// NTP versions 1 to 4 (RFC 5905), control messages of mode 6 (RFC 9327) and
// private ones of mode 7 as ntpd has them.
//
// Anomalies: ntp.malformed (no whole header, or a value no version has),
// ntp.origin_mismatch (an answer that does not repeat the
// time its request was sent: forged, or the request was not seen), ntp.monlist
// (the amplifying request of CVE-2013-5211).

#ifndef TAPLINE_SENSORD_ANALYZERS_NTP_H_
#define TAPLINE_SENSORD_ANALYZERS_NTP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::ntp {

const AnalyzerUnit& Unit();

}  // namespace tapline::ntp

#endif  // TAPLINE_SENSORD_ANALYZERS_NTP_H_
