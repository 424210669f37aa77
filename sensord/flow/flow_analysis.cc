// What flows carry: payload on its way to the analyzers, and what they tell.

#include <string>
#include <utility>

#include "common/net/wire_text.h"
#include "sensord/flow/flow_tracker.h"

namespace tapline {
namespace {

// A flow whose first datagrams nobody understood is not looked at again.
constexpr uint32_t kMaxUnknownDatagrams = 8;
constexpr size_t kMaxHostBytes = 256;
constexpr size_t kMaxJa4Bytes = 64;

}  // namespace

// What an analyzer tells of the flow at hand.
class FlowTracker::Output final : public AnalyzerOutput {
 public:
  Output(FlowTracker& tracker, FlowEntry& flow)
      : tracker_(tracker), flow_(flow) {}

  EventWriter NewEvent(EventArm arm) override {
    EventList& events = tracker_.writer_.batch().events;
    tracker_.writer_.Add(SignalKind::kEvent, flow_).detail =
        static_cast<uint32_t>(events.items.size());
    return EventWriter(arm, &events);
  }

  void DnsMessage(DnsData data) override {
    SignalBatch& out = tracker_.writer_.batch();
    tracker_.writer_.Add(SignalKind::kDnsMessage, flow_).detail =
        static_cast<uint32_t>(out.dns.size());
    out.dns.push_back(std::move(data));
  }

  void Anomaly(const char* name) override {
    std::vector<const char*>& names = tracker_.analyzer_anomalies_;
    size_t number = 1;
    while (number <= names.size() && names[number - 1] != name) ++number;
    if (number > names.size()) {
      if (number > 255) return;
      names.push_back(name);
    }
    for (uint8_t& slot : Detail().anomalies) {
      if (slot == number) return;
      if (slot != 0) continue;
      slot = static_cast<uint8_t>(number);
      SignalBatch& out = tracker_.writer_.batch();
      tracker_.writer_.Add(SignalKind::kAnomaly, flow_).detail =
          static_cast<uint32_t>(out.anomalies.size());
      out.anomalies.emplace_back().name = name;
      return;
    }
  }

  void Ambiguous() override {
    tracker_.TellAnomaly(flow_, FlowAnomaly::kAmbiguous);
  }

  void Host(absl::string_view host) override {
    if (host.empty()) return;
    FlowDetail& detail = Detail();
    if (detail.host != nullptr) return;
    detail.host = MakeSmallText(WireText(host, kMaxHostBytes));
  }

  void Ja4(absl::string_view ja4) override {
    FlowDetail& detail = Detail();
    if (detail.ja4 != nullptr || ja4.empty()) return;
    detail.ja4 = MakeSmallText(WireText(ja4, kMaxJa4Bytes));
  }

  void Identify(Protocol protocol, ProtocolBasis basis,
                int confidence) override {
    flow_.protocol = protocol;
    flow_.basis = static_cast<uint32_t>(basis) & 7;
    Detail().confidence = static_cast<uint8_t>(confidence);
    tracker_.ChooseTimeouts(flow_);
  }

  void Upgrade() override {
    FlowDetail& detail = Detail();
    detail.AddEarlier(flow_.protocol);
    detail.encryption = Encryption::kUnknown;
  }

  void Encrypted(bool encrypted) override {
    Detail().encryption =
        encrypted ? Encryption::kEncrypted : Encryption::kCleartext;
  }

 private:
  FlowDetail& Detail() { return tracker_.DetailOf(flow_); }

  FlowTracker& tracker_;
  FlowEntry& flow_;
};

FlowIdentity FlowTracker::IdentityOf(const FlowEntry& flow) const {
  FlowIdentity identity;
  identity.ip_protocol = flow.ip_protocol;
  identity.originator_port = flow.originator_port;
  identity.responder_port = flow.responder_port;
  identity.flow_id = flow.id;
  identity.originator = flow.originator;
  identity.responder = flow.responder;
  return identity;
}

FlowDetail& FlowTracker::DetailOf(FlowEntry& flow) {
  if (flow.detail == 0) flow.detail = details_.Add() & 0x1fffffff;
  return details_[flow.detail];
}

void FlowTracker::AnalyzeDatagram(FlowEntry& flow, const Packet& packet,
                                  bool from_originator) {
  Segment segment;
  segment.bytes = {packet.payload, packet.payload_captured};
  segment.clock = packet.clock;
  segment.from_originator = from_originator;
  segment.datagram = true;
  segment.truncated = (packet.marks & kMarkTruncated) != 0;
  segment.packet = &packet;
  Output output(*this, flow);
  if (flow.detail != 0 && details_[flow.detail].analyzer != nullptr) {
    std::unique_ptr<FlowAnalyzer>& analyzer = details_[flow.detail].analyzer;
    if (analyzer->OnSegment(segment, output)) return;
    analyzer.reset();
    flow.Drop(kFlowWantsPayload);
    return;
  }
  bool more = true;
  std::unique_ptr<FlowAnalyzer> analyzer =
      analyzer_->OpenDatagrams(IdentityOf(flow), segment, output, &more);
  if (!more || (analyzer == nullptr &&
                flow.packets[0] + flow.packets[1] >= kMaxUnknownDatagrams)) {
    flow.Drop(kFlowWantsPayload);
  }
  if (analyzer != nullptr) DetailOf(flow).analyzer = std::move(analyzer);
}

void FlowTracker::EndAnalysis(FlowEntry& flow) {
  if (flow.detail == 0 || details_[flow.detail].analyzer == nullptr) return;
  const std::unique_ptr<FlowAnalyzer> analyzer =
      std::move(details_[flow.detail].analyzer);
  Output output(*this, flow);
  analyzer->OnEnd(output);
}

}  // namespace tapline
