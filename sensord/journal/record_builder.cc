#include "sensord/journal/record_builder.h"

#include <algorithm>
#include <utility>

#include "common/crypto/community_id.h"
#include "sensord/event/protocol.h"
#include "sensord/journal/record_fill.h"

namespace tapline {
namespace {

bool HasPorts(uint8_t ip_protocol) {
  return ip_protocol == kIpProtoTcp || ip_protocol == kIpProtoUdp ||
         ip_protocol == kIpProtoSctp;
}

bool IsIcmp(uint8_t ip_protocol) {
  return ip_protocol == kIpProtoIcmp || ip_protocol == kIpProtoIcmpV6;
}

void AssignCommunityId(const FlowSummary& flow, std::string& text) {
  const bool v4 = flow.originator.IsV4() && flow.responder.IsV4();
  CommunityTuple tuple;
  tuple.address_bytes = v4 ? 4 : 16;
  tuple.source = v4 ? flow.originator.v4_bytes() : flow.originator.bytes();
  tuple.destination = v4 ? flow.responder.v4_bytes() : flow.responder.bytes();
  tuple.ip_protocol = flow.ip_protocol;
  tuple.source_port = flow.originator_port;
  tuple.destination_port = flow.responder_port;
  tuple.icmp_type = flow.icmp_type;
  tuple.icmp_code = flow.icmp_code;
  AssignCommunityId(tuple, text);
}

uint64_t ConversationId(const IpAddress& a, const IpAddress& b) {
  const IpAddress& low = std::min(a, b);
  const IpAddress& high = std::max(a, b);
  uint64_t hash = Mix(0x636f6e7665727361, low.high());  // "conversa"
  hash = Mix(hash, low.low());
  hash = Mix(hash, high.high());
  return Mix(hash, high.low());
}

void FillSide(const FlowSideCounters& side, v1::FlowSide& out) {
  out.set_packets(side.packets);
  out.set_frame_bytes(side.frame_bytes);
  out.set_ip_bytes(side.ip_bytes);
  out.set_payload_bytes(side.payload_bytes);
  out.set_tcp_flags(side.tcp_flags);
  out.set_retransmissions(side.retransmissions);
  out.set_out_of_order(side.out_of_order);
  out.set_zero_windows(side.zero_windows);
  out.set_duplicate_acks(side.duplicate_acks);
  out.clear_packets_per_second();
  out.clear_bits_per_second();
}

void FillTcp(const FlowSummary& flow, v1::FlowTcp& out) {
  out.set_state(static_cast<v1::TcpState>(flow.tcp_state));
  out.set_responder_rtt_ns(flow.responder_rtt_ns);
  out.set_originator_rtt_ns(flow.originator_rtt_ns);
  out.set_midstream(flow.midstream);
  out.set_one_way(flow.one_way);
}

void FillSnapshot(const FlowSummary& flow, v1::Flow& out) {
  out.set_staleness_ratio(flow.staleness_ratio);
  v1::FlowSide& originator = *out.mutable_from_originator();
  originator.set_packets_per_second(flow.originator_packets_per_second);
  originator.set_bits_per_second(flow.originator_bits_per_second);
  v1::FlowSide& responder = *out.mutable_from_responder();
  responder.set_packets_per_second(flow.responder_packets_per_second);
  responder.set_bits_per_second(flow.responder_bits_per_second);
}

void FillApplication(const FlowSummary& flow, v1::Application& out) {
  const absl::string_view name =
      ProtocolName(static_cast<Protocol>(flow.protocol));
  out.set_protocol(name.data(), name.size());
  out.set_basis(static_cast<v1::Basis>(flow.basis));
  out.set_host(flow.host);
  out.set_ja4(flow.ja4);
  out.set_confidence(flow.confidence);
  out.clear_earlier_protocols();
  for (const uint16_t earlier : flow.earlier_protocols) {
    if (earlier == 0) break;
    const absl::string_view text = ProtocolName(static_cast<Protocol>(earlier));
    out.add_earlier_protocols(text.data(), text.size());
  }
  out.set_encryption(static_cast<v1::Encryption>(flow.encryption));
  out.set_encryption_basis(static_cast<v1::Basis>(flow.encryption_basis));
  out.set_carries(flow.carries == nullptr ? "" : flow.carries);
  out.set_carries_basis(static_cast<v1::Basis>(flow.carries_basis));
}

}  // namespace

RecordBuilder::RecordBuilder(Origin origin, const ContextTable& contexts,
                             ScopeResolver scopes)
    : origin_(std::move(origin)),
      contexts_(contexts),
      scopes_(std::move(scopes)) {}

void RecordBuilder::Stamp(UnixNanos clock, v1::Record& record) const {
  record.set_epoch(origin_.epoch);
  // A used record has them already.
  if (record.source_id() != origin_.source_id) {
    record.set_source_id(origin_.source_id);
  }
  if (record.sensor_id() != origin_.sensor_id) {
    record.set_sensor_id(origin_.sensor_id);
  }
  FillTime(clock, *record.mutable_observed_at());
  record.set_capture_mode(
      clock < origin_.mode_until ? origin_.mode : v1::CAPTURE_MODE_METADATA);
}

void RecordBuilder::FillEndpoint(const IpAddress& address, uint16_t port,
                                 v1::Endpoint& out) const {
  address.AssignTo(*out.mutable_address());
  out.set_port(port);
  out.set_scope(scopes_.Resolve(address));
}

void RecordBuilder::FillEncapsulation(const FlowSummary& flow,
                                      v1::Flow& out) const {
  const Context& context = contexts_.Get(flow.context);
  if (context.vlan_count == 0 && context.tunnel_count == 0 &&
      flow.outer_flow_id == 0) {
    out.clear_encapsulation();
    return;
  }
  v1::Encapsulation& encapsulation = *out.mutable_encapsulation();
  encapsulation.Clear();
  for (int i = 0; i < context.vlan_count; ++i) {
    encapsulation.add_vlan_ids(context.vlans[i]);
  }
  for (int i = 0; i < context.tunnel_count; ++i) {
    encapsulation.add_tunnels(TunnelName(context.tunnels[i]));
    if (context.tunnels[i] == TunnelKind::kVxlan ||
        context.tunnels[i] == TunnelKind::kGeneve) {
      encapsulation.set_vni(context.tunnel_ids[i]);
    }
  }
  if (flow.outer_flow_id != 0) {
    AssignHexId(flow.outer_flow_id, *encapsulation.mutable_outer_flow_id());
  }
}

void RecordBuilder::Flow(const FlowSummary& flow, v1::Record& record) const {
  Stamp(flow.last, record);
  v1::Flow& out = *record.mutable_flow();
  AssignHexId(flow.id, *out.mutable_id());
  const v1::Transport transport =
      TransportOf(flow.ip_protocol, flow.ip_version);
  if (transport != v1::TRANSPORT_ARP) {
    AssignCommunityId(flow, *out.mutable_community_id());
  } else {
    out.clear_community_id();
  }
  AssignHexId(ConversationId(flow.originator, flow.responder),
              *out.mutable_conversation_id());
  out.set_transport(transport);
  const bool ports = HasPorts(flow.ip_protocol);
  FillEndpoint(flow.originator, ports ? flow.originator_port : 0,
               *out.mutable_originator());
  FillEndpoint(flow.responder, ports ? flow.responder_port : 0,
               *out.mutable_responder());
  FillSide(flow.from_originator, *out.mutable_from_originator());
  FillSide(flow.from_responder, *out.mutable_from_responder());
  FillTime(flow.start, *out.mutable_start());
  FillTime(flow.last, *out.mutable_end());
  out.set_end_reason(static_cast<v1::EndReason>(flow.end));
  FillApplication(flow, *out.mutable_application());
  if (flow.ip_protocol == kIpProtoTcp) {
    FillTcp(flow, *out.mutable_tcp());
  } else {
    out.clear_tcp();
  }
  FillEncapsulation(flow, out);
  out.set_ip_protocol(flow.ip_protocol);
  const bool icmp = IsIcmp(flow.ip_protocol);
  out.set_icmp_type(icmp ? flow.icmp_type : 0);
  out.set_icmp_code(icmp ? flow.icmp_code : 0);
  out.set_aggregated_flows(flow.aggregated_flows);
  out.set_icmp_errors(flow.icmp_errors);
  out.set_ambiguous(flow.ambiguous);
  out.set_state(static_cast<v1::FlowState>(flow.state));
  out.set_payload_examined(flow.payload_examined);
  out.clear_anomalies();
  for (const char* name : flow.anomalies) out.add_anomalies(name);
  out.clear_staleness_ratio();
  if (flow.end == FlowEnd::kActive) FillSnapshot(flow, out);
}

void RecordBuilder::Alert(UnixNanos clock, v1::Alert alert,
                          v1::Record& record) const {
  Stamp(clock, record);
  *record.mutable_alert() = std::move(alert);
}

void RecordBuilder::Stats(v1::Stats stats, v1::Record& record) const {
  Stamp(stats.time().seconds() * kSecondNanos + stats.time().nanos(), record);
  *record.mutable_stats() = std::move(stats);
}

}  // namespace tapline
