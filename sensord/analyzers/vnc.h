// VNC, the RFB protocol (RFC 6143) of versions 3.3, 3.7 and 3.8: versions, the
// kinds of security, how the login ends, and the screen. Tells one event when
// the handshake is over; then no bytes are wanted. Security types that begin
// TLS are identified anew.
//
// Anomalies: vnc.malformed (a version, choice or result that RFC 6143 7.1 does
// not know).

#ifndef TAPLINE_SENSORD_ANALYZERS_VNC_H_
#define TAPLINE_SENSORD_ANALYZERS_VNC_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::vnc {

const AnalyzerUnit& Unit();

}  // namespace tapline::vnc

#endif  // TAPLINE_SENSORD_ANALYZERS_VNC_H_
