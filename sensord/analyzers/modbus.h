// Modbus/TCP: functions used on which unit, and refusals. Addresses and values
// are not read.
//
// Anomalies: modbus.malformed (a head that no message has),
// modbus.too_many_uses (over 64 functions of units; more are not counted).

#ifndef TAPLINE_SENSORD_ANALYZERS_MODBUS_H_
#define TAPLINE_SENSORD_ANALYZERS_MODBUS_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::modbus {

const AnalyzerUnit& Unit();

}  // namespace tapline::modbus

#endif  // TAPLINE_SENSORD_ANALYZERS_MODBUS_H_
