// The TCP state of a flow as a bystander sees it (RFC 9293, RFC 5961), without
// reassembly: states, retransmissions, order, windows, round trips.
//
// Choices where hosts differ: the newest SYN before a SYN-ACK wins, the first
// SYN-ACK wins; a reset closes only when it is exact; what lies beyond the
// window has no effect. A segment that fills the last hole counts as out of
// order, one that repeats what was seen as a retransmission.

#ifndef TAPLINE_SENSORD_FLOW_TCP_TRACKER_H_
#define TAPLINE_SENSORD_FLOW_TCP_TRACKER_H_

#include <cstdint>

#include "sensord/decode/packet.h"
#include "sensord/flow/flow_entry.h"

namespace tapline {

// Bits of FlowEntry::anomalies.
enum class FlowAnomaly : uint8_t {
#define FLOW_ANOMALY(id, name) k##id,
#include "sensord/flow/flow_anomalies.def"
#undef FLOW_ANOMALY
  kCount,
};

// "tcp.bad_rst".
const char* FlowAnomalyName(FlowAnomaly anomaly);

// What one packet did, to be told in this order.
struct TcpOutcome {
  bool syn = false;
  bool answered = false;
  bool established = false;
  bool refused = false;
  // A keep-alive probe's octet is not payload.
  bool keep_alive = false;
  // Data came that was seen before, at least in part.
  bool overlaps = false;
  // One bit per FlowAnomaly.
  uint32_t anomalies = 0;
};

// Whether its TCP header was read.
inline bool HasTcp(const Packet& p) {
  return p.ip_protocol == kIpProtoTcp && (p.marks & kMarkNoTransport) == 0;
}
inline bool IsBareSyn(uint8_t flags) {
  return (flags & (kTcpSyn | kTcpAck | kTcpFin | kTcpRst)) == kTcpSyn;
}
inline bool IsSynAck(uint8_t flags) {
  return (flags & (kTcpSyn | kTcpAck | kTcpFin | kTcpRst)) ==
         (kTcpSyn | kTcpAck);
}
// NULL, FIN, Xmas, SYN+FIN.
inline bool IsStealthProbe(uint8_t flags) {
  const uint8_t six = flags & 0x3f;
  return six == 0 || six == kTcpFin || six == (kTcpFin | kTcpPsh | kTcpUrg) ||
         (six & (kTcpSyn | kTcpFin)) == (kTcpSyn | kTcpFin);
}

// True when `packet` begins another connection of the same key: a new SYN after
// the end, or the SYN-ACK to a new SYN.
bool BeginsNewConnection(const FlowEntry& flow, const Packet& packet,
                         bool from_originator);

// Takes `packet`, which may be the first (phase kNone). Does not count packets
// or bytes; FlowEntry::packets still holds the ones before.
TcpOutcome TrackTcp(FlowEntry& flow, const Packet& packet,
                    bool from_originator);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_TCP_TRACKER_H_
