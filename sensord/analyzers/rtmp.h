// RTMP (Adobe's specification of 2012, 5.2), by its handshake: named only.

#ifndef TAPLINE_SENSORD_ANALYZERS_RTMP_H_
#define TAPLINE_SENSORD_ANALYZERS_RTMP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::rtmp {

const AnalyzerUnit& Unit();

}  // namespace tapline::rtmp

#endif  // TAPLINE_SENSORD_ANALYZERS_RTMP_H_
