#include "sensord/analyzers/analyzer_set.h"

#include "sensord/analyzers/dns_analyzer.h"
#include "sensord/analyzers/port_hints.h"

namespace tapline {
namespace {

bool IsDnsLike(Protocol protocol) {
  return protocol == Protocol::kDns || protocol == Protocol::kMdns ||
         protocol == Protocol::kLlmnr;
}

class AnalyzerSet final : public PayloadAnalyzer {
 public:
  ProtocolGuess Guess(const FlowIdentity& flow) override {
    ProtocolGuess guess;
    if (flow.ip_protocol != kIpProtoTcp && flow.ip_protocol != kIpProtoUdp) {
      guess.protocol = hints_.ByTransport(flow.ip_protocol);
      if (guess.protocol != Protocol::kUnknown) {
        guess.basis = ProtocolBasis::kDecoded;
      }
      return guess;
    }
    guess.protocol = Hint(flow);
    if (guess.protocol != Protocol::kUnknown) {
      guess.basis = ProtocolBasis::kPortHint;
    }
    guess.wants_datagrams =
        flow.ip_protocol == kIpProtoUdp &&
        (guess.protocol == Protocol::kUnknown || IsDnsLike(guess.protocol));
    return guess;
  }

  void OnDatagram(const Datagram& datagram, AnalyzerOutput& out) override {
    const Packet& p = *datagram.packet;
    const uint16_t originator_port =
        datagram.from_originator ? p.source_port : p.destination_port;
    const uint16_t responder_port =
        datagram.from_originator ? p.destination_port : p.source_port;
    const Protocol hint =
        Hint({p.ip_protocol, originator_port, responder_port});
    dns_.OnDatagram(datagram, IsDnsLike(hint) ? hint : Protocol::kUnknown, out);
  }

  void OnFlowEnd(uint64_t flow_id, UnixNanos, AnalyzerOutput& out) override {
    dns_.OnFlowEnd(flow_id, out);
  }

 private:
  // The responder's port speaks first: the other is ephemeral as a rule.
  Protocol Hint(const FlowIdentity& flow) const {
    const Protocol hint = hints_.ByPort(flow.ip_protocol, flow.responder_port);
    if (hint != Protocol::kUnknown) return hint;
    return hints_.ByPort(flow.ip_protocol, flow.originator_port);
  }

  PortHints hints_;
  DnsAnalyzer dns_;
};

}  // namespace

std::unique_ptr<PayloadAnalyzer> NewAnalyzerSet() {
  return std::make_unique<AnalyzerSet>();
}

}  // namespace tapline
