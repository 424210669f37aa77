// HTTP/1.0 and 1.1 (RFC 9112): requests, and responses matched to them.
//
// One event a transaction, when its response is complete, or when the flow
// ends. Bodies are stepped over, never kept; a hole within a body of known
// length is survived. At most 64 requests wait for responses; the oldest are
// told unanswered for more.
//
// Where two readers could disagree on where a message ends, where it cannot be
// known, and where it is not HTTP, a direction is only counted from there on.
//
// Anomalies:
//   http.framing_ambiguous     length and coding, different or odd lengths, odd
//                              codings, disguised names of these, broken
//                              chunks, bodies where none may be, bare LF or CR,
//                              NUL, folded lines, a request after "close"
//   http.bare_lf, http.bare_cr, http.nul, http.obs_fold
//   http.length_repeated       Content-Length more than once, the same value
//   http.malformed_header      no colon, a space before it, or no name
//   http.host_missing          HTTP/1.1 without Host
//   http.host_ambiguous        different Host fields
//   http.host_mismatch         the absolute target names another host
//   http.malformed             not HTTP where a message should begin
//   http.head_too_large        over 16 KiB
//   http.too_many_headers      over 100
//   http.too_many_outstanding  over 64 requests, or 64 KiB of what is kept of
//                              them, without response
//   http.response_without_request
//   http.data_after_close      something follows what was said to be the last
//   http.data_before_tunnel    of a CONNECT that is granted later; it is not
//   read

#ifndef TAPLINE_SENSORD_ANALYZERS_HTTP_H_
#define TAPLINE_SENSORD_ANALYZERS_HTTP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::http {

const AnalyzerUnit& Unit();

}  // namespace tapline::http

#endif  // TAPLINE_SENSORD_ANALYZERS_HTTP_H_
