// ICMP (RFC 792): errors with the flow they are about, redirects, and what a
// flow's echo messages come to. The same for ICMPv6 with router announcements
// (RFC 4443, 4861): icmpv6.h.
//
// Anomalies: icmp.reply_differs (an echo reply whose data are not its
// request's), icmp.malformed (an error without a quote, a router's option that
// ends behind the message), icmp.too_many_types (over 8 that are only counted).

#ifndef TAPLINE_SENSORD_ANALYZERS_ICMP_H_
#define TAPLINE_SENSORD_ANALYZERS_ICMP_H_

#include <memory>

#include "sensord/analyzers/analyzer.h"

namespace tapline::icmp {

const AnalyzerUnit& Unit();

// For either version.
std::unique_ptr<Analyzer> Open(const FlowIdentity& flow);

}  // namespace tapline::icmp

#endif  // TAPLINE_SENSORD_ANALYZERS_ICMP_H_
