// MySQL (MySQL Internals, "Connection Phase"): the greeting and how the client
// logs in, up to the server's answer.
//
// Anomalies: mysql.malformed.

#ifndef TAPLINE_SENSORD_ANALYZERS_MYSQL_H_
#define TAPLINE_SENSORD_ANALYZERS_MYSQL_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::mysql {

const AnalyzerUnit& Unit();

}  // namespace tapline::mysql

#endif  // TAPLINE_SENSORD_ANALYZERS_MYSQL_H_
