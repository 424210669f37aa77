// AMQP 0-9-1 with its forerunners, and AMQP 1.0: a connection's beginning.
//
// Anomalies: amqp.malformed (a frame that is none).

#ifndef TAPLINE_SENSORD_ANALYZERS_AMQP_H_
#define TAPLINE_SENSORD_ANALYZERS_AMQP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::amqp {

const AnalyzerUnit& Unit();

}  // namespace tapline::amqp

#endif  // TAPLINE_SENSORD_ANALYZERS_AMQP_H_
