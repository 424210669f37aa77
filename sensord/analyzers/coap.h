// CoAP over UDP (RFC 7252; RFC 7641, 7959, 8132, 8613): requests matched to
// responses by their token. Payloads are not read.
//
// Anomalies: coap.malformed (an option or token that ends behind the message).

#ifndef TAPLINE_SENSORD_ANALYZERS_COAP_H_
#define TAPLINE_SENSORD_ANALYZERS_COAP_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::coap {

const AnalyzerUnit& Unit();

}  // namespace tapline::coap

#endif  // TAPLINE_SENSORD_ANALYZERS_COAP_H_
