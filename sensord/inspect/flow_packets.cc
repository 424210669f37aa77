#include "sensord/inspect/flow_packets.h"

#include "common/schema/proto_time.h"

namespace tapline {

absl::optional<FlowPackets> FlowPackets::Of(const v1::Flow& flow,
                                            const ContextTable& contexts) {
  const auto originator = IpAddress::Parse(flow.originator().address());
  const auto responder = IpAddress::Parse(flow.responder().address());
  if (!originator.ok() || !responder.ok()) return absl::nullopt;
  FlowPackets packets(contexts);
  packets.originator_ = *originator;
  packets.responder_ = *responder;
  packets.originator_port_ = static_cast<uint16_t>(flow.originator().port());
  packets.responder_port_ = static_cast<uint16_t>(flow.responder().port());
  packets.ip_protocol_ = static_cast<uint8_t>(flow.ip_protocol());
  packets.start_ = NanosOf(flow.start());
  const bool open = flow.end_reason() == v1::END_REASON_ACTIVE;
  packets.end_ = open ? INT64_MAX : NanosOf(flow.end());
  packets.encapsulation_ = flow.encapsulation();
  return packets;
}

bool FlowPackets::Sent(const Packet& p) const {
  return p.source == originator_ && p.destination == responder_ &&
         p.source_port == originator_port_ &&
         p.destination_port == responder_port_;
}

bool FlowPackets::Received(const Packet& p) const {
  return p.source == responder_ && p.destination == originator_ &&
         p.source_port == responder_port_ &&
         p.destination_port == originator_port_;
}

// As RecordBuilder writes it.
bool FlowPackets::IsWithin(const Context& context) const {
  if (context.vlan_count != encapsulation_.vlan_ids_size() ||
      context.tunnel_count != encapsulation_.tunnels_size()) {
    return false;
  }
  for (int i = 0; i < context.vlan_count; ++i) {
    if (context.vlans[i] != encapsulation_.vlan_ids(i)) return false;
  }
  uint32_t vni = 0;
  for (int i = 0; i < context.tunnel_count; ++i) {
    const TunnelKind kind = context.tunnels[i];
    if (encapsulation_.tunnels(i) != TunnelName(kind)) return false;
    const bool has_vni =
        kind == TunnelKind::kVxlan || kind == TunnelKind::kGeneve;
    if (has_vni) vni = context.tunnel_ids[i];
  }
  return vni == encapsulation_.vni();
}

bool FlowPackets::Has(const Packet& p) {
  if (p.ip_protocol != ip_protocol_ || p.clock < start_ || p.clock > end_ ||
      !(Sent(p) || Received(p))) {
    return false;
  }
  if (context_.has_value()) return p.context == *context_;
  if (!IsWithin(contexts_->Get(p.context))) return false;
  context_ = p.context;
  return true;
}

}  // namespace tapline
