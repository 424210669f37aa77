// MongoDB's wire protocol (MongoDB manual, "MongoDB Wire Protocol"): who
// connects, how the login ends, which commands are used. What they carry is not
// read.
//
// Anomalies: mongodb.malformed (a length that no message has).

#ifndef TAPLINE_SENSORD_ANALYZERS_MONGODB_H_
#define TAPLINE_SENSORD_ANALYZERS_MONGODB_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::mongodb {

const AnalyzerUnit& Unit();

}  // namespace tapline::mongodb

#endif  // TAPLINE_SENSORD_ANALYZERS_MONGODB_H_
