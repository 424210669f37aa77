// Who opened a flow and what it carries: by evidence, not by luck.

#include "sensord/flow/flow_tracker.h"

namespace tapline {

void FlowTracker::LearnServicePorts() {
  constexpr uint8_t kTransports[2] = {kIpProtoTcp, kIpProtoUdp};
  for (int t = 0; t < 2; ++t) {
    for (uint32_t port = 1; port < 65536; ++port) {
      bool known = port < 1024;
      if (!known && analyzer_ != nullptr) {
        FlowIdentity identity;
        identity.ip_protocol = kTransports[t];
        identity.responder_port = static_cast<uint16_t>(port);
        known = analyzer_->Guess(identity).protocol != Protocol::kUnknown;
      }
      service_ports_[t][port] = known;
    }
  }
}

// TCP: the SYN's sender and the SYN-ACK's receiver. ICMP: the receiver of an
// answer. Otherwise the first sender, unless it speaks from a service's port to
// one that is not.
bool FlowTracker::SenderIsOriginator(const Packet& p) const {
  int table = 1;
  switch (p.ip_protocol) {
    case kIpProtoTcp:
      if ((p.tcp_flags & kTcpSyn) != 0) return (p.tcp_flags & kTcpAck) == 0;
      table = 0;
      break;
    case kIpProtoUdp:
      break;
    case kIpProtoIcmp:
      // Echo, timestamp, information, address mask (RFC 792, RFC 950).
      return !(p.icmp_type == 0 || p.icmp_type == 14 || p.icmp_type == 16 ||
               p.icmp_type == 18);
    case kIpProtoIcmpV6:
      return p.icmp_type != 129;
    default:
      return true;
  }
  return !service_ports_[table][p.source_port] ||
         service_ports_[table][p.destination_port];
}

// An opener is what a flood is made of; the rest is evidence that someone
// already talks.
bool FlowTracker::IsOpener(const Packet& p, bool from_originator) const {
  if ((p.marks & kMarkNoTransport) != 0) return true;
  if (p.ip_protocol != kIpProtoTcp) return from_originator;
  return IsBareSyn(p.tcp_flags) || IsStealthProbe(p.tcp_flags) ||
         (p.tcp_flags & kTcpRst) != 0;
}

void FlowTracker::Classify(FlowEntry& flow) {
  if (analyzer_ != nullptr) {
    const ProtocolGuess guess = analyzer_->Guess(IdentityOf(flow));
    flow.protocol = guess.protocol;
    flow.basis = static_cast<uint32_t>(guess.basis) & 7;
    if (guess.wants_payload) flow.Set(kFlowWantsPayload);
  }
  ChooseTimeouts(flow);
}

void FlowTracker::ChooseTimeouts(FlowEntry& flow) {
  const Protocol p = flow.protocol;
  switch (flow.ip_protocol) {
    case kIpProtoTcp:
      flow.timeout_class = p == Protocol::kHttp || p == Protocol::kTls
                               ? TimeoutClass::kTcpHttp
                           : p == Protocol::kSsh ? TimeoutClass::kTcpSsh
                                                 : TimeoutClass::kTcp;
      return;
    case kIpProtoUdp:
      // Its stage says more.
      if (p == Protocol::kQuic && IsQuicStage(flow.timeout_class)) return;
      flow.timeout_class =
          p == Protocol::kDns || p == Protocol::kMdns || p == Protocol::kLlmnr
              ? TimeoutClass::kUdpDns
          : p == Protocol::kQuic ? TimeoutClass::kUdpQuic
          : p == Protocol::kSsh  ? TimeoutClass::kUdpSsh
                                 : TimeoutClass::kUdp;
      return;
    case kIpProtoIcmp:
    case kIpProtoIcmpV6:
      flow.timeout_class = TimeoutClass::kIcmp;
      return;
    default:
      flow.timeout_class = TimeoutClass::kOther;
  }
}

}  // namespace tapline
