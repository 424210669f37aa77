// SSDP, how UPnP devices are found (UPnP Device Architecture 2.0, 1): one event
// a message.
//
// Anomalies:
//   ssdp.malformed  a message whose first line or fields cannot be read

#ifndef TAPLINE_SENSORD_ANALYZERS_SSDP_H_
#define TAPLINE_SENSORD_ANALYZERS_SSDP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::ssdp {

const AnalyzerUnit& Unit();

}  // namespace tapline::ssdp

#endif  // TAPLINE_SENSORD_ANALYZERS_SSDP_H_
