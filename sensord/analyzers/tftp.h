// TFTP over UDP: requests on port 69, and transfers between other ports.
//
// A transfer is told when its last block was acknowledged, an error ended it,
// or its flow is over. Anomalies: "tftp.malformed".

#ifndef TAPLINE_SENSORD_ANALYZERS_TFTP_H_
#define TAPLINE_SENSORD_ANALYZERS_TFTP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::tftp {

const AnalyzerUnit& Unit();

}  // namespace tapline::tftp

#endif  // TAPLINE_SENSORD_ANALYZERS_TFTP_H_
