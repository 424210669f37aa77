// One open flow: 216 bytes, ordered by how often they are touched.

#ifndef TAPLINE_SENSORD_FLOW_FLOW_ENTRY_H_
#define TAPLINE_SENSORD_FLOW_FLOW_ENTRY_H_

#include <algorithm>
#include <cstdint>

#include "common/net/ip_address.h"
#include "common/time/clock.h"
#include "sensord/event/protocol.h"
#include "sensord/event/signal.h"

namespace tapline {

// Number of a FlowEntry in its slab.
using EntryId = uint32_t;
inline constexpr EntryId kNoEntry = 0xffffffff;
inline constexpr uint32_t kNoPosition = 0xffffffff;

// Bits of FlowEntry::flags.
inline constexpr uint16_t kFlowEmbryonic = 1 << 0;
// Packets since the eviction ring last looked.
inline constexpr uint16_t kFlowReferenced = 1 << 1;
inline constexpr uint16_t kFlowIpV6 = 1 << 2;
inline constexpr uint16_t kFlowMidstream = 1 << 3;
inline constexpr uint16_t kFlowAnswered = 1 << 4;
inline constexpr uint16_t kFlowRefused = 1 << 5;
// The payload goes to the analyzers.
inline constexpr uint16_t kFlowWantsPayload = 1 << 6;
// A packet had no wrong IP header checksum: those that have one are no work of
// a tool that changed addresses in the capture.
inline constexpr uint16_t kFlowGoodHeader = 1 << 7;
// Both sides have sent, also in records cut off before.
inline constexpr uint16_t kFlowTwoWay = 1 << 8;
// Opened by a stealth probe: not a connection.
inline constexpr uint16_t kFlowProbe = 1 << 9;
// An in-window reset waits for silence to prove it (RFC 5961).
inline constexpr uint16_t kFlowResetPending = 1 << 10;
// A SYN with another ISN came on an established flow.
inline constexpr uint16_t kFlowSynPending = 1 << 11;
// The originator completed the handshake.
inline constexpr uint16_t kFlowEstablished = 1 << 12;
inline constexpr uint16_t kFlowFinOriginator = 1 << 13;
inline constexpr uint16_t kFlowFinResponder = 1 << 14;
// No transport header: ports unknown.
inline constexpr uint16_t kFlowPortless = 1 << 15;

// Which timeout holds; chosen by transport and protocol.
enum class TimeoutClass : uint8_t {
  kTcp,
  kTcpHttp,
  kTcpSsh,
  kUdp,
  kUdpDns,
  kUdpQuic,
  kQuicOpening,
  kQuicFailed,
  kQuicEnded,
  kQuicDraining,
  kUdpSsh,
  kIcmp,
  kOther,
};

// Of a QUIC connection that is not open (Stage).
inline bool IsQuicStage(TimeoutClass chosen) {
  return chosen == TimeoutClass::kQuicOpening ||
         chosen == TimeoutClass::kQuicFailed ||
         chosen == TimeoutClass::kQuicEnded ||
         chosen == TimeoutClass::kQuicDraining;
}

// Bytes one direction moved. What the layers took is kept instead of what they
// left: it fits half the room.
struct SideBytes {
  uint64_t frame = 0;
  // frame - ip and ip - payload; negative when a length lies.
  int32_t link = 0;
  int32_t headers = 0;

  // No frame is longer; a length on the wire that says so is a lie.
  static constexpr uint32_t kMaxFrame = 1 << 28;
  // Past this the record is rotated, so no count is ever lost: after some 40
  // million packets of one direction.
  static constexpr int32_t kLimit = 3 << 29;

  uint64_t ip() const { return frame - static_cast<uint64_t>(int64_t{link}); }
  uint64_t payload() const {
    return ip() - static_cast<uint64_t>(int64_t{headers});
  }
  bool IsFull() const {
    return link > kLimit || link < -kLimit || headers > kLimit ||
           headers < -kLimit;
  }
  void Add(uint32_t frame_bytes, uint32_t ip_bytes, uint32_t payload_bytes) {
    frame_bytes = std::min(frame_bytes, kMaxFrame);
    ip_bytes = std::min(ip_bytes, kMaxFrame);
    payload_bytes = std::min(payload_bytes, kMaxFrame);
    frame += frame_bytes;
    link += static_cast<int32_t>(frame_bytes - ip_bytes);
    headers += static_cast<int32_t>(ip_bytes - payload_bytes);
  }
};

// TCP facts of one sender. Sequence numbers are modulo 2^32.
struct TcpSide {
  // After the highest octet sent.
  uint32_t next = 0;
  uint32_t ack = 0;
  // The last hole before `next`; empty when begin = end. Until there was one
  // both are the timestamp of the handshake (RFC 7323), 0 without one.
  uint32_t hole_begin = 0;
  uint32_t hole_end = 0;
  // At the limit the record is rotated, so no count is ever lost.
  uint16_t retransmissions = 0;
  uint16_t out_of_order = 0;
  uint16_t zero_windows = 0;
  uint16_t duplicate_acks = 0;
  uint16_t window = 0;
};

inline constexpr uint8_t kNextKnown = 1;
inline constexpr uint8_t kAckKnown = 2;
// Of the originator: the handshake is done, and FlowEntry::handshake its round
// trip.
inline constexpr uint8_t kRttKnown = 4;
// TCP and UDP: a packet of this side had a right checksum: wrong ones are not
// the work of a network card that fills them in later.
inline constexpr uint8_t kGoodChecksum = 8;
inline constexpr uint8_t kUnknownScale = 15;

struct TcpSideBits {
  // RFC 7323 shift or kUnknownScale.
  uint8_t window_scale : 4 = kUnknownScale;
  // kNextKnown, kAckKnown, kRttKnown, kGoodChecksum.
  uint8_t known : 4 = 0;
};

// Bits of FlowEntry::anomalies.
inline constexpr uint32_t kMaxFlowAnomalies = 24;

// Index 0 of the arrays is the originator.
struct FlowEntry {
  // The key and what every packet asks.
  IpAddress originator;
  IpAddress responder;
  uint16_t originator_port = 0;
  uint16_t responder_port = 0;
  uint32_t context : 28 = 0;
  uint32_t shard : 4 = 0;
  UnixNanos last = 0;
  // Place in the shard's list of this second's flows.
  uint32_t touched = kNoPosition;
  // Place in the shard's eviction ring.
  uint32_t ring = 0;
  uint16_t flags = 0;
  uint8_t ip_protocol = 0;
  TcpPhase phase : 4 = TcpPhase::kNone;
  TimeoutClass timeout_class : 4 = TimeoutClass::kOther;
  // TCP: OR of the flags; ICMP: type and code of the first message.
  uint8_t tcp_flags[2] = {0, 0};
  TcpSideBits tcp_bits[2];

  // Counters of the current record.
  SideBytes bytes[2];
  uint32_t packets[2] = {0, 0};

  // TCP.
  TcpSide tcp[2];
  Protocol protocol : 8 = Protocol::kUnknown;
  uint8_t originator_ttl = 0;
  uint16_t icmp_errors = 0;
  // Of the originator's last SYN.
  uint32_t isn = 0;
  // Anomalies already told, one bit each.
  uint32_t anomalies : kMaxFlowAnomalies = 0;
  // The highest TTL or hop limit of a side.
  uint32_t responder_ttl : 8 = 0;
  // Packed (flow_math.h). With kRttKnown the originator's round trip, 0 when
  // not measured. Before that the time from `start` to the SYN, then to the
  // SYN-ACK, plus 1; 0 when not seen or when a retransmission makes the round
  // trip ambiguous.
  uint32_t handshake = 0;

  // Opening, closing and once a second.
  UnixNanos start = 0;
  uint64_t id = 0;
  // Of the flow hash: finds the index slot.
  uint32_t tag = 0;
  // Packed; 0 unknown.
  uint32_t responder_rtt = 0;
  // Decayed averages per second (flow_math.h, PackRate).
  uint16_t packet_rate[2] = {0, 0};
  uint16_t byte_rate[2] = {0, 0};
  // Place in the timer wheel.
  uint32_t timer_position : 23 = 0;
  uint32_t timer_slot : 9 = 0;
  // Handle in FlowDetails; 0 for none.
  uint32_t detail : 28 = 0;
  uint32_t basis : 3 = 0;
  // AnalyzerOutput::Identify or Unrecognized was called.
  uint32_t examined : 1 = 0;

  uint32_t originator_rtt() const {
    return (tcp_bits[0].known & kRttKnown) != 0 ? handshake : 0;
  }
  // Whether these are the ends, whoever is the originator.
  bool IsBetween(const IpAddress& a, uint16_t a_port, const IpAddress& b,
                 uint16_t b_port) const {
    return (originator == a && responder == b && originator_port == a_port &&
            responder_port == b_port) ||
           (originator == b && responder == a && originator_port == b_port &&
            responder_port == a_port);
  }
  bool Has(uint16_t flag) const { return (flags & flag) != 0; }
  void Set(uint16_t flag) { flags = static_cast<uint16_t>(flags | flag); }
  void Drop(uint16_t flag) { flags = static_cast<uint16_t>(flags & ~flag); }
};

static_assert(sizeof(FlowEntry) == 216);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_FLOW_ENTRY_H_
