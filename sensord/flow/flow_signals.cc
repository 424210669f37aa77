// What single packets tell beside their counts.

#include <utility>

#include "sensord/flow/flow_tracker.h"

namespace tapline {
namespace {

bool IsUnreachable(const Packet& p) {
  return p.ip_protocol == kIpProtoIcmp ? p.icmp_type == 3 : p.icmp_type == 1;
}

}  // namespace

void FlowTracker::OnArp(const DecodedBatch& batch, const Packet& packet) {
  if (packet.aux >= batch.arps.size()) return;
  const ArpMessage& arp = batch.arps[packet.aux];
  SignalBatch& out = writer_.batch();
  Signal& signal = writer_.Add(SignalKind::kArp);
  signal.originator = arp.sender;
  signal.responder = arp.target;
  signal.detail = static_cast<uint32_t>(out.arps.size());
  ArpSignal& told = out.arps.emplace_back();
  told.request = arp.operation == 1;
  told.gratuitous = arp.sender == arp.target;
  told.sender_mac = arp.sender_mac;
  told.target_mac = arp.target_mac;
  told.sender = arp.sender;
  told.target = arp.target;
  told.context = packet.context;
}

void FlowTracker::TellFirstTcp(FlowEntry& flow, const Packet& packet) {
  if (IsStealthProbe(packet.tcp_flags)) {
    flow.Set(kFlowProbe);
  } else if (!IsBareSyn(packet.tcp_flags)) {
    flow.Set(kFlowMidstream);
  }
}

void FlowTracker::TellSessionEnd(const FlowEntry& flow) {
  // Without a handshake nothing is known of how it began.
  if (flow.originator_rtt() == 0) return;
  Signal& signal = writer_.Add(SignalKind::kSessionEnded, flow);
  std::vector<SessionData>& sessions = writer_.batch().sessions;
  signal.detail = static_cast<uint32_t>(sessions.size());
  sessions.push_back({flow.start, flow.bytes[0].payload(),
                      flow.bytes[1].payload(),
                      flow.phase == TcpPhase::kClosed});
}

void FlowTracker::TellAnomaly(FlowEntry& flow, FlowAnomaly anomaly) {
  TellAnomaly(flow, static_cast<uint32_t>(anomaly), FlowAnomalyName(anomaly));
}

void FlowTracker::TellAnomaly(FlowEntry& flow, uint32_t bit, const char* name) {
  if ((flow.anomalies >> bit & 1) != 0) return;
  flow.anomalies |= 1u << bit;
  SignalBatch& out = writer_.batch();
  writer_.Add(SignalKind::kAnomaly, flow).detail =
      static_cast<uint32_t>(out.anomalies.size());
  out.anomalies.emplace_back().name = name;
}

EntryId FlowTracker::FindQuoted(const Packet& packet,
                                const QuotedPacket& quote) {
  return index_.Find(FlowIndex::Tag(quote.flow_hash), [&](EntryId entry) {
    const FlowEntry& f = slab_[entry];
    return f.ip_protocol == quote.ip_protocol && f.context == packet.context &&
           f.IsBetween(quote.source, quote.source_port, quote.destination,
                       quote.destination_port);
  });
}

void FlowTracker::OnQuote(const Packet& packet, const QuotedPacket& quote,
                          EntryId id) {
  FlowEntry& flow = slab_[id];
  if (flow.icmp_errors != 0xffff) ++flow.icmp_errors;
  const bool attempt =
      (quote.ip_protocol == kIpProtoTcp || quote.ip_protocol == kIpProtoUdp) &&
      flow.originator == quote.source &&
      flow.originator_port == quote.source_port;
  if (!attempt || !IsUnreachable(packet) || flow.Has(kFlowAnswered) ||
      flow.Has(kFlowRefused)) {
    return;
  }
  flow.Set(kFlowRefused);
  writer_.Add(SignalKind::kRefused, flow).icmp_type = packet.icmp_type;
}

}  // namespace tapline
