// Kafka ("Kafka protocol guide"): who asks for what. There is nothing in the
// first bytes that only Kafka has: they are believed on any port when the whole
// head of a request fits and the client has a name, else on its own port.
//
// Anomalies: kafka.malformed (a length or head that no message has).

#ifndef TAPLINE_SENSORD_ANALYZERS_KAFKA_H_
#define TAPLINE_SENSORD_ANALYZERS_KAFKA_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::kafka {

const AnalyzerUnit& Unit();

}  // namespace tapline::kafka

#endif  // TAPLINE_SENSORD_ANALYZERS_KAFKA_H_
