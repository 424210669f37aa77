// RTSP (RFC 2326, RFC 7826): requests, and responses matched to them by CSeq;
// one event each, when the response came, when the flow ends, or when 32 others
// wait. Bodies and interleaved media are stepped over.
//
// Anomalies:
//   rtsp.malformed  a message without CSeq or with a length that is none; or
//                   no message where one should begin: the direction is given
//                   up
//   rtsp.ambiguous  two lengths
//   rtsp.head_too_large  over 16 KiB

#ifndef TAPLINE_SENSORD_ANALYZERS_RTSP_H_
#define TAPLINE_SENSORD_ANALYZERS_RTSP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::rtsp {

const AnalyzerUnit& Unit();

}  // namespace tapline::rtsp

#endif  // TAPLINE_SENSORD_ANALYZERS_RTSP_H_
