// What the flow workers tell the stages behind them: plain structs in batches.
//
// Signals of one source have a total order that does not depend on hash seeds,
// workers or speed: (clock, phase, tie, index). Phase 0 are timers, dated by
// their 100 ms deadline, tie = flow id; phase 1 are frames, tie = ordinal of
// the frame, index = layer * 65536 + number; phase 2 is the end of the input.
// (Ordering same-clock frames by flow id instead would have to hold back
// everything while the clock stands still, without bound.)

#ifndef TAPLINE_SENSORD_EVENT_SIGNAL_H_
#define TAPLINE_SENSORD_EVENT_SIGNAL_H_

#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "common/net/ip_address.h"
#include "common/net/mac_address.h"
#include "common/time/clock.h"
#include "sensord/event/event_writer.h"

namespace tapline {

enum class SignalKind : uint8_t {
  // First packet of a flow. `tcp_flags` are that packet's.
  kFlowOpened,
  // A bare SYN (SYN without ACK, FIN, RST), retransmissions included; the first
  // one follows its kFlowOpened. Also for SYNs of aggregated flows.
  kSyn,
  // First packet from the responder; for TCP to a SYN: the first SYN-ACK.
  kAnswered,
  // The originator completed the TCP handshake.
  kEstablished,
  // An attempt was turned down: RST answering a SYN, or an ICMP unreachable
  // that quotes a TCP or UDP packet of a flow never answered.
  kRefused,
  // A TCP packet with a flag set of a stealth scan (NULL, FIN, FIN+PSH+URG,
  // SYN+FIN) that belongs to no open flow. `tcp_flags` tell which.
  kStealthProbe,
  // A TCP connection whose handshake was seen is over: FINs both ways or a
  // reset. Comes with the packet that ends it, long before kFlowClosed, which
  // waits for late packets. detail: index into SignalBatch::sessions.
  kSessionEnded,
  // detail: index into SignalBatch::flows.
  kFlowClosed,
  // A record cut out of a flow that goes on (rotation) or a snapshot.
  kFlowUpdated,
  // detail: index into SignalBatch::arps.
  kArp,
  // detail: index into SignalBatch::dns. One per query or unmatched response as
  // soon as the message is seen.
  kDnsMessage,
  // What an analyzer tells of its flow. detail: index into
  // SignalBatch::events.items.
  kEvent,
  // detail: index into SignalBatch::anomalies.
  kAnomaly,
  // Flow `flow_id` carried the packet of this ordinal whose layer is `detail`,
  // one more than its own; lets the merge stage link inner flows to outer ones.
  kOuterSeen,
  // detail: index into SignalBatch::traffic. One per shard and second, index =
  // shard; left out when nothing moved and open_flows is as last told.
  kTraffic,
};

// 96 bytes. Originator and responder are as the flow decided.
struct Signal {
  UnixNanos clock = 0;
  uint64_t tie = 0;
  uint32_t index = 0;
  uint8_t phase = 1;
  SignalKind kind = SignalKind::kFlowOpened;
  // IANA number; 0 for ARP.
  uint8_t ip_protocol = 0;
  uint8_t tcp_flags = 0;
  uint64_t flow_id = 0;
  IpAddress originator;
  IpAddress responder;
  uint16_t originator_port = 0;
  uint16_t responder_port = 0;
  uint32_t detail = 0;
  // ICMP type of kFlowOpened; tunnel layer (0 outermost).
  uint8_t icmp_type = 0;
  uint8_t layer = 0;
  // Whose detail it is: see SignalBatch::PartOf.
  uint8_t part = 0;

  friend bool operator<(const Signal& a, const Signal& b) {
    return std::tie(a.clock, a.phase, a.tie, a.index) <
           std::tie(b.clock, b.phase, b.tie, b.index);
  }
};

enum class FlowEnd : uint8_t {  // values equal tapline.v1.EndReason
  kActive = 1,
  kIdle = 2,
  kFin = 3,
  kRst = 4,
  kEvicted = 5,
  kReused = 6,
  kEndOfInput = 7,
  kRotated = 8,
  kAggregated = 9,
};

enum class TcpPhase : uint8_t {  // values equal tapline.v1.TcpState
  kNone = 0,
  kSynSent = 1,
  kSynReceived = 2,
  kEstablished = 3,
  kFinWait = 4,
  kClosing = 5,
  kTimeWait = 6,
  kClosed = 7,
  kMidstream = 8,
};

enum class FlowState : uint8_t {  // values equal tapline.v1.FlowState
  // 0 to 8 as in TcpPhase.
  kNone = 0,
  kClosing = 5,
  kAsked = 9,
  kAnswered = 10,
  kRefused = 11,
  kInitial = 12,
  kHandshaking = 13,
  kConnected = 14,
  kDraining = 15,
};

// FINs both ways, or a reset.
inline bool IsOver(TcpPhase phase) {
  return phase >= TcpPhase::kClosing && phase <= TcpPhase::kClosed;
}

enum class ProtocolBasis : uint8_t {  // values equal tapline.v1.Basis
  kNone = 0,
  kDecoded = 1,
  kSignature = 2,
  kPortHint = 3,
  kInferred = 4,
};

enum class Encryption : uint8_t {  // values equal tapline.v1.Encryption
  kUnknown = 0,
  kCleartext = 1,
  kEncrypted = 2,
};

struct FlowSideCounters {
  uint64_t packets = 0;
  uint64_t frame_bytes = 0;
  uint64_t ip_bytes = 0;
  uint64_t payload_bytes = 0;
  uint32_t retransmissions = 0;
  uint32_t out_of_order = 0;
  uint32_t zero_windows = 0;
  uint32_t duplicate_acks = 0;
  uint8_t tcp_flags = 0;
};

// Everything a Flow record is made of.
struct FlowSummary {
  uint64_t id = 0;
  IpAddress originator;
  IpAddress responder;
  uint16_t originator_port = 0;
  uint16_t responder_port = 0;
  uint8_t ip_protocol = 0;
  uint8_t ip_version = 0;  // 4 or 6
  uint8_t icmp_type = 0;
  uint8_t icmp_code = 0;
  FlowEnd end = FlowEnd::kActive;
  TcpPhase tcp_state = TcpPhase::kNone;
  bool midstream = false;
  bool one_way = false;
  ProtocolBasis basis = ProtocolBasis::kNone;
  // Index into the protocol table (common/net/protocols.def).
  uint16_t protocol = 0;
  uint16_t icmp_errors = 0;
  // sensord/decode/context.h; 0 for none.
  uint32_t context = 0;
  UnixNanos start = 0;
  UnixNanos last = 0;
  uint64_t responder_rtt_ns = 0;
  uint64_t originator_rtt_ns = 0;
  // Flows folded in; 1 unless end is kAggregated.
  uint64_t aggregated_flows = 1;
  // Filled by the merge stage; 0 for none.
  uint64_t outer_flow_id = 0;
  FlowSideCounters from_originator;
  FlowSideCounters from_responder;
  // Only in snapshots of open flows.
  double staleness_ratio = 0;
  float originator_packets_per_second = 0;
  float originator_bits_per_second = 0;
  float responder_packets_per_second = 0;
  float responder_bits_per_second = 0;
  // How sure the protocol is, 0..100.
  uint8_t confidence = 0;
  Encryption encryption = Encryption::kUnknown;
  ProtocolBasis encryption_basis = ProtocolBasis::kNone;
  // What is inside the encryption ("doh"); null when nothing shows. Static
  // storage.
  const char* carries = nullptr;
  ProtocolBasis carries_basis = ProtocolBasis::kNone;
  // Protocols that carried the present one (STARTTLS, CONNECT), first to last;
  // kUnknown ends them.
  std::array<uint16_t, 3> earlier_protocols = {};
  // First SNI, HTTP host or queried name; already WireText-safe.
  std::string host;
  // JA4 TLS client fingerprint; empty for none.
  std::string ja4;
  // Ends may have read other bytes than the ones looked at here.
  bool ambiguous = false;
  // Its beginning was compared with the protocols that are read.
  bool payload_examined = false;
  FlowState state = FlowState::kNone;
  // Names of the anomalies told of the flow; static storage.
  std::vector<const char*> anomalies;
};

// Who says to have an address: ARP, or neighbour discovery of IPv6, which is
// never a request here.
struct ArpSignal {
  bool request = false;
  bool gratuitous = false;  // sender and target address are the same
  MacAddress sender_mac;
  MacAddress target_mac;
  IpAddress sender;
  IpAddress target;
  uint32_t context = 0;
};

// A DNS message for detectors. The name is lower case, escaped as \ddd.
struct DnsData {
  uint16_t id = 0;
  uint16_t type = 0;
  uint16_t rcode = 0;
  bool response = false;
  bool malformed = false;
  // Bytes of the name on the wire as text, before escaping.
  uint16_t name_bytes = 0;
  std::string name;
};

// A TCP connection at its end.
struct SessionData {
  UnixNanos start = 0;
  uint64_t originator_payload_bytes = 0;
  uint64_t responder_payload_bytes = 0;
  bool reset = false;
};

struct AnomalyData {
  // "ip.frag_overlap_diff"; static storage.
  const char* name = "";
  // Occurrences so far on the source; filled by the merge stage.
  uint64_t count = 0;
  // Of two versions of the same bytes; 0 for none.
  uint64_t first_hash = 0;
  uint64_t other_hash = 0;
};

// What one open flow moved within one second of the clock.
struct FlowDelta {
  IpAddress originator;
  IpAddress responder;
  uint64_t originator_bytes = 0;
  uint64_t responder_bytes = 0;
  uint32_t originator_packets = 0;
  uint32_t responder_packets = 0;
  uint16_t protocol = 0;
  uint8_t ip_protocol = 0;
  bool encrypted = false;
};

// One shard's second of packet time that ends at the signal's clock.
struct TrafficData {
  uint64_t open_flows = 0;
  uint64_t new_flows = 0;
  // Of outermost packets only: a tunnelled frame counts once.
  uint64_t packets = 0;
  uint64_t bytes = 0;
  std::vector<FlowDelta> deltas;
};

// The signals of one worker or of all, in order, with what they point to.
struct SignalBatch {
  std::vector<Signal> signals;
  std::vector<FlowSummary> flows;
  std::vector<SessionData> sessions;
  std::vector<ArpSignal> arps;
  std::vector<DnsData> dns;
  EventList events;
  std::vector<AnomalyData> anomalies;
  std::vector<TrafficData> traffic;
  // The workers' batches that `signals` were merged from, which hold what the
  // signals point to; borrowed. Empty for a worker's own.
  std::vector<SignalBatch*> parts;
  // No later signal of this worker is before this clock.
  UnixNanos watermark = 0;

  // Where the details of a signal of this batch are.
  SignalBatch& PartOf(const Signal& signal) {
    return parts.empty() ? *this : *parts[signal.part];
  }
  const SignalBatch& PartOf(const Signal& signal) const {
    return parts.empty() ? *this : *parts[signal.part];
  }

  // Keeps the room of an ordinary batch, but not what a mass expiry needed
  // once.
  void Clear() {
    constexpr size_t kKeep = 1024;
    if (flows.capacity() > kKeep) std::vector<FlowSummary>().swap(flows);
    if (signals.capacity() > 4 * kKeep) std::vector<Signal>().swap(signals);
    signals.clear();
    flows.clear();
    sessions.clear();
    arps.clear();
    dns.clear();
    events.Clear();
    anomalies.clear();
    traffic.clear();
    parts.clear();
  }
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_EVENT_SIGNAL_H_
