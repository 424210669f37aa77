// The door between flow tracking and protocol analysis.

#ifndef TAPLINE_SENSORD_FLOW_PAYLOAD_ANALYZER_H_
#define TAPLINE_SENSORD_FLOW_PAYLOAD_ANALYZER_H_

#include <cstdint>
#include <string>

#include "sensord/decode/packet.h"
#include "sensord/event/protocol.h"
#include "sensord/event/signal.h"

namespace tapline {

// What the flow stage asks when a flow opens.
struct FlowIdentity {
  uint8_t ip_protocol = 0;
  uint16_t originator_port = 0;
  uint16_t responder_port = 0;
};

struct ProtocolGuess {
  Protocol protocol = Protocol::kUnknown;
  ProtocolBasis basis = ProtocolBasis::kNone;
  // Datagrams of the flow are to be handed to OnDatagram.
  bool wants_datagrams = false;
};

// One datagram of a flow that wants them.
struct Datagram {
  const Packet* packet = nullptr;
  uint64_t flow_id = 0;
  bool from_originator = true;
};

// What an analyzer may tell: signals are stamped and ordered by the caller.
class AnalyzerOutput {
 public:
  virtual ~AnalyzerOutput() = default;
  // kDnsMessage or kDnsTransaction of the datagram's flow.
  virtual void Dns(SignalKind kind, DnsData data) = 0;
  virtual void Anomaly(const char* name) = 0;
  // First host of the flow (queried name); later ones are ignored.
  virtual void Host(const std::string& host) = 0;
  // Content decided the protocol.
  virtual void Identify(Protocol protocol, ProtocolBasis basis) = 0;
  // No more datagrams of this flow are wanted.
  virtual void Ignore() = 0;
};

// One per engine. Thread safety: single-threaded.
class PayloadAnalyzer {
 public:
  virtual ~PayloadAnalyzer() = default;
  virtual ProtocolGuess Guess(const FlowIdentity& flow) = 0;
  virtual void OnDatagram(const Datagram& datagram, AnalyzerOutput& out) = 0;
  // The flow ended: what waits (unanswered queries) is given out and freed.
  virtual void OnFlowEnd(uint64_t flow_id, UnixNanos clock,
                         AnalyzerOutput& out) = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_PAYLOAD_ANALYZER_H_
