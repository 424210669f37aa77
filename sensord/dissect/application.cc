#include "sensord/dissect/application.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "sensord/dissect/event_layer.h"
#include "sensord/dissect/message_places.h"

namespace tapline {
namespace {

constexpr size_t kMaxEvents = 32;

class Listener final : public AnalyzerOutput {
 public:
  Listener() { list.places = &places; }

  EventWriter NewEvent(EventArm arm) override {
    starts.push_back(places.size());
    return EventWriter(arm, &list);
  }
  void DnsMessage(DnsData) override {}
  void Anomaly(const char* name) override {
    const auto known = std::find(anomalies.begin(), anomalies.end(), name);
    if (known == anomalies.end()) anomalies.push_back(name);
  }
  void Ambiguous() override {}
  void Host(absl::string_view) override {}
  void SafeHost(absl::string_view) override {}
  void Ja4(absl::string_view) override {}
  void Identify(Protocol p, ProtocolBasis, int) override { protocol = p; }
  void Upgrade() override {}
  void Encrypted(bool) override {}
  void Carries(const char*, ProtocolBasis) override {}
  void Unrecognized() override {}
  void Reached(Stage) override {}

  bool ToldNothing() const {
    return list.items.empty() && protocol == Protocol::kUnknown;
  }
  absl::Span<const FieldPlace> PlacesOf(size_t event) const {
    const size_t end =
        event + 1 < starts.size() ? starts[event + 1] : places.size();
    return absl::MakeConstSpan(places).subspan(starts[event],
                                               end - starts[event]);
  }

  EventList list;
  std::vector<FieldPlace> places;
  // Of each event, its first place.
  std::vector<size_t> starts;
  std::vector<const char*> anomalies;
  Protocol protocol = Protocol::kUnknown;
};

FlowIdentity IdentityOf(const Packet& packet, bool from_originator) {
  FlowIdentity flow;
  flow.ip_protocol = packet.ip_protocol;
  flow.flow_id = 1;
  flow.originator = packet.source;
  flow.responder = packet.destination;
  flow.originator_port = packet.source_port;
  flow.responder_port = packet.destination_port;
  if (!from_originator) {
    std::swap(flow.originator, flow.responder);
    std::swap(flow.originator_port, flow.responder_port);
  }
  return flow;
}

Protocol HintOf(PayloadAnalyzer& analyzers, uint8_t ip_protocol,
                uint16_t port) {
  FlowIdentity flow;
  flow.ip_protocol = ip_protocol;
  flow.responder_port = port;
  return analyzers.Guess(flow).protocol;
}

// Feeds the payload as the first and last of its flow.
void Ask(const Packet& packet, bool from_originator, PayloadAnalyzer& analyzers,
         Listener& told) {
  const FlowIdentity flow = IdentityOf(packet, from_originator);
  if (!analyzers.Guess(flow).wants_payload) return;
  Segment segment;
  segment.bytes = {packet.payload, packet.payload_captured};
  segment.clock = packet.clock;
  segment.from_originator = from_originator;
  segment.datagram = packet.ip_protocol != kIpProtoTcp;
  segment.truncated = packet.payload_captured < packet.payload_bytes;
  if (segment.datagram) segment.packet = &packet;
  std::unique_ptr<FlowAnalyzer> reader;
  if (segment.datagram) {
    bool more = true;
    reader = analyzers.OpenDatagrams(flow, segment, told, &more);
    if (!more) reader.reset();
  } else {
    reader = analyzers.OpenStream(flow);
    if (!reader->OnSegment(segment, told)) reader.reset();
  }
  if (reader != nullptr) reader->OnEnd(told);
}

void WriteUntold(const Packet& packet, const Listener& told,
                 PayloadAnalyzer& analyzers, LayerWriter& out) {
  const size_t size = packet.payload_captured;
  const bool named = told.protocol != Protocol::kUnknown;
  const absl::string_view name = named ? ProtocolName(told.protocol) : "data";
  if (out.HasLayer(name)) return;
  out.Begin(name, named ? absl::AsciiStrToUpper(name) : "Data", packet.payload,
            size);
  out.Number("data.len", packet.payload_bytes, packet.payload, size, "bytes");
  if (named) return;
  const Protocol hint = PortHint(packet, analyzers);
  if (hint != Protocol::kUnknown) {
    out.Remark(v1::FINDING_SEVERITY_NOTE,
               absl::StrCat("the port is usual for ", ProtocolName(hint)));
  }
}

// As one of the two sides' first packet.
std::unique_ptr<Listener> Told(const Packet& packet,
                               PayloadAnalyzer& analyzers) {
  const bool first = IsFromOriginator(packet, analyzers);
  auto told = std::make_unique<Listener>();
  Ask(packet, first, analyzers, *told);
  if (told->ToldNothing()) {
    auto other = std::make_unique<Listener>();
    Ask(packet, !first, analyzers, *other);
    if (!other->ToldNothing()) told = std::move(other);
  }
  return told;
}

void Remark(const Listener& told, LayerWriter& out) {
  for (const char* anomaly : told.anomalies) {
    out.RemarkLayer(v1::FINDING_SEVERITY_WARN, anomaly);
  }
}

}  // namespace

bool IsFromOriginator(const Packet& packet, PayloadAnalyzer& analyzers) {
  const auto known = [&](uint16_t port) {
    return HintOf(analyzers, packet.ip_protocol, port) != Protocol::kUnknown;
  };
  const bool to_known = known(packet.destination_port);
  if (to_known != known(packet.source_port)) return to_known;
  return packet.destination_port <= packet.source_port;
}

Protocol PortHint(const Packet& packet, PayloadAnalyzer& analyzers) {
  const Protocol hint =
      HintOf(analyzers, packet.ip_protocol, packet.destination_port);
  return hint != Protocol::kUnknown
             ? hint
             : HintOf(analyzers, packet.ip_protocol, packet.source_port);
}

Protocol IdentifyPayload(const Packet& packet, PayloadAnalyzer& analyzers) {
  return packet.payload_captured == 0 ? Protocol::kUnknown
                                      : Told(packet, analyzers)->protocol;
}

void WriteApplication(const Packet& packet, PayloadAnalyzer& analyzers,
                      LayerWriter& out) {
  if (packet.payload_captured == 0) return;
  const std::unique_ptr<Listener> told = Told(packet, analyzers);
  const absl::Span<const uint8_t> payload(packet.payload,
                                          packet.payload_captured);
  const size_t shown = std::min(told->list.items.size(), kMaxEvents);
  for (size_t i = 0; i < shown; ++i) {
    WriteEventLayer(told->list, told->list.items[i], told->PlacesOf(i), payload,
                    out);
  }
  if (shown == 1) PlaceMessageFields(packet, out);
  if (shown == 0) WriteUntold(packet, *told, analyzers, out);
  Remark(*told, out);
}

void WriteRemarks(const Packet& packet, PayloadAnalyzer& analyzers,
                  LayerWriter& out) {
  Remark(*Told(packet, analyzers), out);
}

}  // namespace tapline
