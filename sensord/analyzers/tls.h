// TLS 1.0 to 1.3 over streams (RFC 8446, RFC 5246), SSL 3.0 (RFC 6101) and the
// hello messages of SSL 2.0: one `tls` event a handshake, told when both sides
// go over to encrypted data, at a fatal alert, or with what there is when the
// flow ends. Nothing after that is read.
//
// Anomalies beside those of tls_handshake.h:
//   tls.record_invalid      no record where one must begin
//   tls.record_oversize     more than 2^14 + 2048 bytes (RFC 5246 6.2.3)
//   tls.record_empty        empty handshake or alert record (RFC 8446 5.1)
//   tls.handshake_oversize  a message of more than 64 KiB: the rest is not read

#ifndef TAPLINE_SENSORD_ANALYZERS_TLS_H_
#define TAPLINE_SENSORD_ANALYZERS_TLS_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::tls {

const AnalyzerUnit& Unit();

}  // namespace tapline::tls

#endif  // TAPLINE_SENSORD_ANALYZERS_TLS_H_
