// MQTT 3.1, 3.1.1 and 5.0: who connects how, the server's answer, and how much
// is published and subscribed. Payloads, user names and passwords are passed
// over; nothing is read after 65536 messages.
//
// Anomalies: mqtt.malformed (a length of more than four bytes, a type that is
// not, a connect that ends too early), mqtt.second_connect.

#ifndef TAPLINE_SENSORD_ANALYZERS_MQTT_H_
#define TAPLINE_SENSORD_ANALYZERS_MQTT_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::mqtt {

const AnalyzerUnit& Unit();

}  // namespace tapline::mqtt

#endif  // TAPLINE_SENSORD_ANALYZERS_MQTT_H_
