// HTTP/2 in the clear (RFC 9113), by prior knowledge or after an upgrade, and
// gRPC on it: one event of http.proto a stream, when both sides ended it, when
// it is reset, or when the flow ends.
//
// DATA is stepped over, never kept; a hole within it is survived. Header blocks
// are decoded whoever sent them, because what comes later needs their table. At
// most 128 streams are followed at once; the oldest are told unfinished for
// more. A direction whose frames or tables are lost is only counted.
//
// Anomalies:
//   http2.malformed            a frame that breaks RFC 9113 6, or none
//   http2.hpack_error          a header block that breaks RFC 7541
//   http2.header_list_too_large over 128 fields or 64 KiB of them in a block
//   http2.continuation_flood   a block of over 32 frames or 48 KiB
//   http2.too_many_streams     over 128 at once
//   http2.rapid_reset          over 100 streams reset by the client within 10 s
//                              before a response (CVE-2023-44487)
//   http2.control_flood        over 1000 SETTINGS, PING or empty DATA frames of
//                              a side within 10 s
//   http2.field_ambiguous      a pseudo field twice, or CR, LF or NUL in a
//   field

#ifndef TAPLINE_SENSORD_ANALYZERS_HTTP2_H_
#define TAPLINE_SENSORD_ANALYZERS_HTTP2_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::http2 {

const AnalyzerUnit& Unit();

}  // namespace tapline::http2

#endif  // TAPLINE_SENSORD_ANALYZERS_HTTP2_H_
