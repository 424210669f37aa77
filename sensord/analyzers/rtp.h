// RTP and RTCP (RFC 3550) on UDP, known by what several packets say: the same
// source, sequence numbers and times that go on. One event a source, when the
// flow ends; at most eight sources of a flow are followed. Other packets on the
// same flow (STUN, DTLS: RFC 7983) are passed over.
//
// Anomalies:
//   rtp.too_many_sources  over eight: the rest are not told
//   rtp.malformed         RTCP whose lengths do not add up

#ifndef TAPLINE_SENSORD_ANALYZERS_RTP_H_
#define TAPLINE_SENSORD_ANALYZERS_RTP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::rtp {

const AnalyzerUnit& Unit();

}  // namespace tapline::rtp

#endif  // TAPLINE_SENSORD_ANALYZERS_RTP_H_
