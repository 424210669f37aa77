// Signs of a scan that several rules look for.

#ifndef TAPLINE_SENSORD_DETECT_FLOW_SIGNS_H_
#define TAPLINE_SENSORD_DETECT_FLOW_SIGNS_H_

#include <cstdint>

#include "sensord/event/signal.h"

namespace tapline {

// A whole connection, handshake to close, that carried nothing, as a connect
// scan leaves it.
inline bool IsBareConnect(const FlowSummary& flow) {
  return !flow.midstream && flow.originator_rtt_ns != 0 &&
         (flow.end == FlowEnd::kFin || flow.end == FlowEnd::kRst) &&
         flow.from_originator.payload_bytes == 0 &&
         flow.from_responder.payload_bytes == 0;
}

// From a service port to a client's: an answer whose question was not seen,
// and no try.
inline bool IsTowardClient(const Signal& s) {
  constexpr uint16_t kFirstUnprivilegedPort = 1024;
  return s.originator_port < kFirstUnprivilegedPort &&
         s.responder_port >= kFirstUnprivilegedPort;
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_FLOW_SIGNS_H_
