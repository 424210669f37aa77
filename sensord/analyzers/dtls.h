// DTLS 1.0 to 1.3 (RFC 4347, RFC 6347, RFC 9147): its handshakes are told as
// `tls` events, whose version says that they are of DTLS.
//
// Anomalies beside those of tls_handshake.h:
//   dtls.record_invalid      no record where one must begin
//   dtls.fragment_invalid    a fragment outside its message (RFC 6347 4.2.3)
//   dtls.overlap_diff        the same bytes came twice and differ: also marks
//                            the flow as ambiguous
//   dtls.handshake_oversize  more than 64 KiB wait for the rest of messages

#ifndef TAPLINE_SENSORD_ANALYZERS_DTLS_H_
#define TAPLINE_SENSORD_ANALYZERS_DTLS_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::dtls {

const AnalyzerUnit& Unit();

}  // namespace tapline::dtls

#endif  // TAPLINE_SENSORD_ANALYZERS_DTLS_H_
