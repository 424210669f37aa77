// Who opened a flow and what it carries: by evidence, not by luck.

#include <string>
#include <utility>

#include "sensord/flow/flow_tracker.h"

namespace tapline {

// What an analyzer tells of the flow at hand.
class FlowTracker::Output final : public AnalyzerOutput {
 public:
  Output(FlowTracker& tracker, FlowEntry& flow)
      : tracker_(tracker), flow_(flow) {}

  void Dns(SignalKind kind, DnsData data) override {
    SignalBatch& out = tracker_.writer_.batch();
    tracker_.writer_.Add(kind, flow_).detail =
        static_cast<uint32_t>(out.dns.size());
    out.dns.push_back(std::move(data));
  }

  void Anomaly(const char* name) override {
    constexpr uint32_t kFirst = static_cast<uint32_t>(FlowAnomaly::kCount);
    std::vector<const char*>& names = tracker_.analyzer_anomalies_;
    uint32_t i = 0;
    while (i < names.size() && names[i] != name) ++i;
    if (i == names.size()) {
      if (kFirst + i >= kMaxFlowAnomalies) return;
      names.push_back(name);
    }
    tracker_.TellAnomaly(flow_, kFirst + i, name);
  }

  void Host(const std::string& host) override {
    if (flow_.host == 0 && !host.empty()) {
      flow_.host = tracker_.hosts_.Add(host) & 0x1fffffff;
    }
  }

  void Identify(Protocol protocol, ProtocolBasis basis) override {
    flow_.protocol = protocol;
    flow_.basis = static_cast<uint32_t>(basis) & 7;
    tracker_.ChooseTimeouts(flow_);
  }

  void Ignore() override { flow_.Drop(kFlowWantsDatagrams); }

 private:
  FlowTracker& tracker_;
  FlowEntry& flow_;
};

void FlowTracker::LearnServicePorts() {
  constexpr uint8_t kTransports[2] = {kIpProtoTcp, kIpProtoUdp};
  for (int t = 0; t < 2; ++t) {
    for (uint32_t port = 1; port < 65536; ++port) {
      bool known = port < 1024;
      if (!known && analyzer_ != nullptr) {
        const FlowIdentity identity{kTransports[t], 0,
                                    static_cast<uint16_t>(port)};
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
    const ProtocolGuess guess = analyzer_->Guess(
        {flow.ip_protocol, flow.originator_port, flow.responder_port});
    flow.protocol = guess.protocol;
    flow.basis = static_cast<uint32_t>(guess.basis) & 7;
    if (guess.wants_datagrams) flow.Set(kFlowWantsDatagrams);
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

void FlowTracker::Analyze(FlowEntry& flow, const Packet& packet,
                          bool from_originator) {
  flow.Set(kFlowAnalyzed);
  Output output(*this, flow);
  analyzer_->OnDatagram({&packet, flow.id, from_originator}, output);
}

void FlowTracker::EndAnalysis(FlowEntry& flow) {
  if (!flow.Has(kFlowAnalyzed) || analyzer_ == nullptr) return;
  Output output(*this, flow);
  analyzer_->OnFlowEnd(flow.id, writer_.clock(), output);
}

}  // namespace tapline
