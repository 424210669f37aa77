// STUN (RFC 8489; classic RFC 3489), TURN (RFC 8656) and the checks of ICE
// (RFC 8445), over UDP and TCP. They prepare a way for DTLS (RFC 7983): where
// that begins the flow is identified anew. What else shares the flow (media,
// relayed data) is passed over; after 64 such datagrams without a message
// nothing more is read.
//
// Anomalies: stun.malformed (lengths that do not agree).

#ifndef TAPLINE_SENSORD_ANALYZERS_STUN_H_
#define TAPLINE_SENSORD_ANALYZERS_STUN_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::stun {

const AnalyzerUnit& Unit();

}  // namespace tapline::stun

#endif  // TAPLINE_SENSORD_ANALYZERS_STUN_H_
