// From flows to their records: at the end, at a rotation, and on request.

#include <algorithm>
#include <utility>

#include "sensord/flow/flow_math.h"
#include "sensord/flow/flow_tracker.h"

namespace tapline {
namespace {

// Of what only a port says, 0..100.
constexpr uint8_t kHintConfidence = 30;

}  // namespace

void FlowTracker::TellRecord(SignalKind kind, FlowSummary summary) {
  SignalBatch& out = writer_.batch();
  Signal& signal = writer_.Add(kind);
  signal.flow_id = summary.id;
  signal.ip_protocol = summary.ip_protocol;
  signal.originator = summary.originator;
  signal.responder = summary.responder;
  signal.originator_port = summary.originator_port;
  signal.responder_port = summary.responder_port;
  signal.detail = static_cast<uint32_t>(out.flows.size());
  out.flows.push_back(std::move(summary));
}

void FlowTracker::Rotate(FlowEntry& flow) {
  FlowSummary summary;
  Summarize(flow, FlowEnd::kRotated, summary);
  TellRecord(SignalKind::kFlowUpdated, std::move(summary));
  for (int side = 0; side < 2; ++side) {
    if (flow.touched != kNoPosition) {
      // Modulo 2^n, so that the running second keeps its difference.
      Touched& before = shards_[flow.shard]->touched[flow.touched];
      before.bytes[side] -= flow.bytes[side].frame;
      before.packets[side] -= flow.packets[side];
    }
    flow.bytes[side] = SideBytes();
    flow.packets[side] = 0;
    TcpSide& tcp = flow.tcp[side];
    tcp.retransmissions = tcp.out_of_order = 0;
    tcp.zero_windows = tcp.duplicate_acks = 0;
    if (flow.ip_protocol == kIpProtoTcp) flow.tcp_flags[side] = 0;
  }
  flow.icmp_errors = 0;
  // Its stamp counts from `start`.
  if ((flow.tcp_bits[0].known & kRttKnown) == 0) flow.handshake = 0;
  flow.start = clock_;
}

void FlowTracker::Summarize(const FlowEntry& flow, FlowEnd end,
                            FlowSummary& out) const {
  out.id = flow.id;
  out.originator = flow.originator;
  out.responder = flow.responder;
  out.originator_port = flow.originator_port;
  out.responder_port = flow.responder_port;
  out.ip_protocol = flow.ip_protocol;
  out.ip_version = flow.Has(kFlowIpV6) ? 6 : 4;
  out.end = end;
  out.tcp_state = flow.phase;
  out.state = StateOf(flow);
  out.payload_examined = flow.examined != 0;
  out.midstream = flow.Has(kFlowMidstream);
  out.one_way = !flow.Has(kFlowTwoWay);
  out.basis = static_cast<ProtocolBasis>(flow.basis);
  out.protocol = static_cast<uint16_t>(flow.protocol);
  out.icmp_errors = flow.icmp_errors;
  out.context = flow.context;
  out.start = flow.start;
  out.last = flow.last;
  out.responder_rtt_ns = UnpackDuration(flow.responder_rtt);
  out.originator_rtt_ns = UnpackDuration(flow.originator_rtt());
  const bool icmp = flow.timeout_class == TimeoutClass::kIcmp;
  if (icmp) {
    out.icmp_type = flow.tcp_flags[0];
    out.icmp_code = flow.tcp_flags[1];
  }
  for (int side = 0; side < 2; ++side) {
    FlowSideCounters& to = side == 0 ? out.from_originator : out.from_responder;
    to.packets = flow.packets[side];
    to.frame_bytes = flow.bytes[side].frame;
    to.ip_bytes = flow.bytes[side].ip();
    to.payload_bytes = flow.bytes[side].payload();
    to.retransmissions = flow.tcp[side].retransmissions;
    to.out_of_order = flow.tcp[side].out_of_order;
    to.zero_windows = flow.tcp[side].zero_windows;
    to.duplicate_acks = flow.tcp[side].duplicate_acks;
    to.tcp_flags = icmp ? 0 : flow.tcp_flags[side];
  }
  for (uint32_t left = flow.anomalies; left != 0; left &= left - 1) {
    const uint32_t bit = static_cast<uint32_t>(__builtin_ctz(left));
    const auto anomaly = static_cast<FlowAnomaly>(bit);
    out.ambiguous |= anomaly == FlowAnomaly::kAmbiguous;
    out.anomalies.push_back(FlowAnomalyName(anomaly));
  }
  SummarizePayload(flow, out);
}

// Datagrams know no more than who spoke, unless an analyzer followed them.
FlowState FlowTracker::StateOf(const FlowEntry& flow) {
  if (flow.ip_protocol == kIpProtoTcp) {
    return static_cast<FlowState>(flow.phase);
  }
  const bool answered = flow.Has(kFlowTwoWay);
  switch (flow.timeout_class) {
    case TimeoutClass::kQuicOpening:
      return answered ? FlowState::kHandshaking : FlowState::kInitial;
    case TimeoutClass::kQuicFailed:
    case TimeoutClass::kQuicEnded:
      return FlowState::kClosing;
    case TimeoutClass::kQuicDraining:
      return FlowState::kDraining;
    case TimeoutClass::kUdpQuic:
      // A port says nothing about the handshake.
      if (flow.basis == static_cast<uint32_t>(ProtocolBasis::kDecoded)) {
        return FlowState::kConnected;
      }
      break;
    default:
      break;
  }
  if (answered) return FlowState::kAnswered;
  return flow.icmp_errors > 0 ? FlowState::kRefused : FlowState::kAsked;
}

// What its analyzer saw, else what the protocol is by design.
Encryption FlowTracker::EncryptionOf(const FlowEntry& flow) const {
  if (flow.detail != 0 &&
      details_[flow.detail].encryption != Encryption::kUnknown) {
    return details_[flow.detail].encryption;
  }
  if (flow.protocol == Protocol::kUnknown) return Encryption::kUnknown;
  // The port alone says nothing of bytes that never came.
  if (static_cast<ProtocolBasis>(flow.basis) == ProtocolBasis::kPortHint &&
      flow.bytes[0].payload() + flow.bytes[1].payload() == 0) {
    return Encryption::kUnknown;
  }
  return IsEncrypted(flow.protocol) ? Encryption::kEncrypted
                                    : Encryption::kCleartext;
}

void FlowTracker::SummarizePayload(const FlowEntry& flow,
                                   FlowSummary& out) const {
  if (out.basis == ProtocolBasis::kPortHint) out.confidence = kHintConfidence;
  if (out.basis == ProtocolBasis::kDecoded) out.confidence = 100;
  out.encryption = EncryptionOf(flow);
  if (out.encryption != Encryption::kUnknown) out.encryption_basis = out.basis;
  if (flow.detail == 0) return;
  const FlowDetail& detail = details_[flow.detail];
  if (detail.host != nullptr) out.host = detail.host.get();
  if (detail.ja4 != nullptr) out.ja4 = detail.ja4.get();
  if (detail.confidence != 0) out.confidence = detail.confidence;
  if (detail.encryption != Encryption::kUnknown) {
    out.encryption_basis = ProtocolBasis::kDecoded;
  }
  if (detail.carries != nullptr) {
    out.carries = detail.carries;
    out.carries_basis = detail.carries_basis;
  }
  for (size_t i = 0; i < detail.earlier.size(); ++i) {
    out.earlier_protocols[i] = detail.earlier[i];
  }
  for (const uint16_t number : detail.anomalies.numbers()) {
    out.anomalies.push_back(analyzer_anomalies_[number]);
  }
}

void FlowTracker::SummarizeOpen(FlowEntry flow, FlowSummary& out) const {
  const int64_t idle = FloorDivide(clock_, kSecondNanos) -
                       FloorDivide(flow.last, kSecondNanos) - 1;
  if (flow.touched == kNoPosition && idle > 0) DecayRates(flow, idle);
  Summarize(flow, FlowEnd::kActive, out);
  out.staleness_ratio = std::min(
      1.0, static_cast<double>(Elapsed(clock_, flow.last)) /
               static_cast<double>(std::max<UnixNanos>(TimeoutOf(flow), 1)));
  out.originator_packets_per_second = UnpackRate(flow.packet_rate[0]);
  out.responder_packets_per_second = UnpackRate(flow.packet_rate[1]);
  out.originator_bits_per_second = UnpackRate(flow.byte_rate[0]) * 8;
  out.responder_bits_per_second = UnpackRate(flow.byte_rate[1]) * 8;
}

void FlowTracker::Snapshot(size_t limit, uint64_t* cursor,
                           std::vector<FlowSummary>& out) {
  for (; *cursor < slab_.size() && limit > 0; ++*cursor) {
    const EntryId id = static_cast<EntryId>(*cursor);
    if (!slab_.IsOpen(id)) continue;
    SummarizeOpen(slab_[id], out.emplace_back());
    --limit;
  }
  if (*cursor >= slab_.size()) *cursor = 0;
}

void FlowTracker::FindFlows(const FlowIdRange& ids, size_t limit,
                            uint64_t* cursor, std::vector<FlowSummary>& out) {
  const uint64_t end = std::min<uint64_t>(slab_.size(), *cursor + limit);
  for (; *cursor < end; ++*cursor) {
    const EntryId id = static_cast<EntryId>(*cursor);
    if (slab_.IsOpen(id) && ids.Has(slab_[id].id)) {
      SummarizeOpen(slab_[id], out.emplace_back());
    }
  }
  if (*cursor >= slab_.size()) *cursor = 0;
}

}  // namespace tapline
