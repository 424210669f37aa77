// SIP (RFC 3261) over UDP and TCP: one event a transaction.
//
// A request waits for the final response to its CSeq, Call-ID and branch from
// the other side. It is given up after 32 s (64*T1, seen at the flow's next
// message; INVITE after 180 s), when the flow ends, or when 32 others of its
// flow wait. Bodies are stepped over.
//
// Anomalies:
//   sip.malformed  a message without what every message has, or with fields
//                  that cannot be read; on TCP, where none begins: the
//                  direction is given up
//   sip.ambiguous  two lengths, or a CSeq of another method
//   sip.head_too_large  over 16 KiB, on TCP

#ifndef TAPLINE_SENSORD_ANALYZERS_SIP_H_
#define TAPLINE_SENSORD_ANALYZERS_SIP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::sip {

const AnalyzerUnit& Unit();

}  // namespace tapline::sip

#endif  // TAPLINE_SENSORD_ANALYZERS_SIP_H_
