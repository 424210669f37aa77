// The door between flow tracking and the understanding of what flows carry.
//
// The flow stage asks one PayloadAnalyzer per engine. A TCP flow gets a
// FlowAnalyzer with its first payload, fed with reassembled bytes; a flow of
// datagrams gets one when a datagram was understood. Neither costs anything
// before that or after it says it is done.

#ifndef TAPLINE_SENSORD_FLOW_PAYLOAD_ANALYZER_H_
#define TAPLINE_SENSORD_FLOW_PAYLOAD_ANALYZER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/net/ip_address.h"
#include "sensord/decode/packet.h"
#include "sensord/event/event_writer.h"
#include "sensord/event/protocol.h"
#include "sensord/event/signal.h"

namespace tapline {

// What the flow stage tells when a flow opens.
struct FlowIdentity {
  uint8_t ip_protocol = 0;
  uint16_t originator_port = 0;
  uint16_t responder_port = 0;
  uint64_t flow_id = 0;
  IpAddress originator;
  IpAddress responder;
};

struct ProtocolGuess {
  Protocol protocol = Protocol::kUnknown;
  ProtocolBasis basis = ProtocolBasis::kNone;
  // Payloads of the flow are to be handed over.
  bool wants_payload = false;
};

// Bytes of one direction of a flow: the next of a TCP stream, or one datagram.
// Borrowed for the call.
struct Segment {
  absl::Span<const uint8_t> bytes;
  // Of the first byte in its direction's stream, counted from the first byte
  // seen; 0 for datagrams.
  uint64_t offset = 0;
  UnixNanos clock = 0;
  bool from_originator = true;
  bool datagram = false;
  // Datagram: the snap length cut it short.
  bool truncated = false;
  // Stream: bytes before the first one were not seen.
  bool midstream = false;
  // The datagram's packet; null for streams.
  const Packet* packet = nullptr;
  // Of the flow that an ICMP error quotes; 0 when there is none.
  uint64_t quoted_flow_id = 0;

  absl::string_view text() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

// Where a connection stands that its transport knows nothing of (QUIC).
enum class Stage : uint8_t {
  kOpening,
  kOpen,
  // One side has closed: for an error of the transport, or as it wanted to.
  kFailed,
  kEnded,
  // Both have.
  kDraining,
};

// What an analyzer may tell of the flow at hand: signals are stamped and
// ordered by the caller.
class AnalyzerOutput {
 public:
  virtual ~AnalyzerOutput() = default;
  // An event of the flow, told when the writer goes; one at a time.
  virtual EventWriter NewEvent(EventArm arm) = 0;
  // kDnsMessage, for detectors.
  virtual void DnsMessage(DnsData data) = 0;
  // A broken rule or a doubt; `name` ("tls.sni_multiple") has static storage.
  // Told once a flow.
  virtual void Anomaly(const char* name) = 0;
  // The ends may have understood something else: marks the flow.
  virtual void Ambiguous() = 0;
  // First host of the flow (SNI, HTTP host, queried name), any bytes; later
  // ones are ignored. So is JA4.
  virtual void Host(absl::string_view host) = 0;
  // The same for a text that is escaped already.
  virtual void SafeHost(absl::string_view host) = 0;
  virtual void Ja4(absl::string_view ja4) = 0;
  // What content says the flow carries; confidence 0..100. Replaces what was
  // said before.
  virtual void Identify(Protocol protocol, ProtocolBasis basis,
                        int confidence) = 0;
  // Bytes were shown to every unit that could claim them, that of the protocol
  // which the port hints at among them, and nobody did.
  virtual void Unrecognized() = 0;
  // What was identified carries what comes next (STARTTLS, CONNECT, Upgrade):
  // both are kept.
  virtual void Upgrade() = 0;
  // Whether the payload is encrypted from here on, where that does not follow
  // from the protocol (SMB 3, RDP).
  virtual void Encrypted(bool encrypted) = 0;
  // What is inside what is encrypted, as far as it shows: "doh", "tor"; static
  // storage. Replaces what was said before.
  virtual void Carries(const char* what, ProtocolBasis basis) = 0;
  // How long the flow may be silent follows it (features.md F09).
  virtual void Reached(Stage stage) = 0;
};

// What is known of one flow's payload so far. Thread safety: single-threaded.
class FlowAnalyzer {
 public:
  virtual ~FlowAnalyzer() = default;
  // These return false when nothing more of the flow is wanted.
  virtual bool OnSegment(const Segment& segment, AnalyzerOutput& out) = 0;
  // `bytes` of a direction will never come: not captured, or given up.
  virtual bool OnGap(bool from_originator, uint64_t bytes,
                     AnalyzerOutput& out) = 0;
  // The flow is over: what waits (unanswered requests) is told. Not called
  // after one of the above returned false.
  virtual void OnEnd(AnalyzerOutput& out) = 0;
  // What it holds, itself included.
  virtual size_t MemoryBytes() const = 0;
};

// One per engine. Thread safety: single-threaded.
class PayloadAnalyzer {
 public:
  virtual ~PayloadAnalyzer() = default;
  // By the numbers alone.
  virtual ProtocolGuess Guess(const FlowIdentity& flow) = 0;
  // For a TCP flow whose first payload is about to come. Never null.
  virtual std::unique_ptr<FlowAnalyzer> OpenStream(
      const FlowIdentity& flow) = 0;
  // A datagram of a flow that has no analyzer yet. Null: it was not understood,
  // or nothing more is wanted (*more false).
  virtual std::unique_ptr<FlowAnalyzer> OpenDatagrams(const FlowIdentity& flow,
                                                      const Segment& first,
                                                      AnalyzerOutput& out,
                                                      bool* more) = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_PAYLOAD_ANALYZER_H_
