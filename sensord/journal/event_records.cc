// The RecordBuilder's events and packets.

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sensord/journal/record_builder.h"
#include "sensord/journal/record_fill.h"

namespace tapline {
namespace {

// The place of a signal in the total order of its source names the event.
uint64_t EventId(const Signal& signal) {
  uint64_t hash = Mix(static_cast<uint64_t>(signal.kind),
                      static_cast<uint64_t>(signal.clock));
  hash = Mix(hash, signal.tie);
  return Mix(hash, static_cast<uint64_t>(signal.phase) << 32 | signal.index);
}

std::string TcpFlagNames(uint8_t flags) {
  static constexpr const char* kNames[] = {"FIN", "SYN", "RST", "PSH",
                                           "ACK", "URG", "ECE", "CWR"};
  std::string text;
  for (int bit = 0; bit < 8; ++bit) {
    if (flags & 1 << bit) {
      absl::StrAppend(&text, text.empty() ? "" : ",", kNames[bit]);
    }
  }
  return text;
}

std::string Info(const Packet& packet) {
  if (packet.ip_protocol == kIpProtoTcp) {
    return absl::StrCat(
        "[", TcpFlagNames(packet.tcp_flags), "] seq=", packet.tcp_sequence,
        " ack=", packet.tcp_acknowledgment, " win=", packet.tcp_window,
        " len=", packet.payload_bytes);
  }
  if (packet.ip_protocol == kIpProtoIcmp ||
      packet.ip_protocol == kIpProtoIcmpV6) {
    return absl::StrCat("type=", packet.icmp_type, " code=", packet.icmp_code);
  }
  return absl::StrCat("len=", packet.payload_bytes);
}

}  // namespace

v1::Event& RecordBuilder::StartEvent(const Signal& signal,
                                     v1::Record& record) const {
  Stamp(signal.clock, record);
  v1::Event& event = *record.mutable_event();
  AssignHexId(EventId(signal), *event.mutable_id());
  FillTime(signal.clock, *event.mutable_time());
  if (signal.flow_id != 0) {
    AssignHexId(signal.flow_id, *event.mutable_flow_id());
  } else {
    event.clear_flow_id();
  }
  return event;
}

v1::Event& RecordBuilder::StartFlowEvent(const Signal& signal,
                                         v1::Record& record) const {
  v1::Event& event = StartEvent(signal, record);
  // An anomaly of a frame without IP has neither addresses nor a protocol.
  if (signal.originator != IpAddress() || signal.responder != IpAddress()) {
    FillEndpoint(signal.originator, signal.originator_port,
                 *event.mutable_originator());
    FillEndpoint(signal.responder, signal.responder_port,
                 *event.mutable_responder());
    event.set_transport(TransportOf(signal.ip_protocol, 4));
  } else {
    event.clear_originator();
    event.clear_responder();
    event.clear_transport();
  }
  return event;
}

void RecordBuilder::Event(const Signal& signal, uint32_t arm,
                          absl::string_view bytes, v1::Record& record) const {
  v1::Event& event = StartFlowEvent(signal, record);
  const auto* field =
      v1::Event::descriptor()->FindFieldByNumber(static_cast<int>(arm));
  // Both come from sensord/event/fields: anything else is a mistake of ours.
  if (field == nullptr) std::abort();
  google::protobuf::Message& message =
      *event.GetReflection()->MutableMessage(&event, field);
  if (!message.ParsePartialFromArray(bytes.data(),
                                     static_cast<int>(bytes.size()))) {
    std::abort();
  }
}

void RecordBuilder::Anomaly(const Signal& signal, const AnomalyData& anomaly,
                            v1::Record& record) const {
  v1::AnomalyEvent& out =
      *StartFlowEvent(signal, record).mutable_anomaly_event();
  out.set_name(anomaly.name);
  out.set_count(anomaly.count);
  if (anomaly.first_hash != anomaly.other_hash) {
    AssignHexId(anomaly.first_hash, *out.mutable_first_hash());
    AssignHexId(anomaly.other_hash, *out.mutable_other_hash());
  }
}

void RecordBuilder::Neighbour(const Signal& signal, const ArpSignal& arp,
                              const MacAddress& previous,
                              v1::Record& record) const {
  v1::Event& event = StartEvent(signal, record);
  FillEndpoint(arp.sender, 0, *event.mutable_originator());
  FillEndpoint(arp.target, 0, *event.mutable_responder());
  event.set_transport(arp.sender.IsV4() ? v1::TRANSPORT_ARP
                                        : v1::TRANSPORT_ICMPV6);
  v1::NeighbourChange& change = *event.mutable_neighbour_change();
  change.set_address(arp.sender.ToString());
  change.set_mac(arp.sender_mac.ToString());
  if (!previous.IsZero()) change.set_previous_mac(previous.ToString());
}

void RecordBuilder::CaptureGap(const char* reason, const std::string& interface,
                               UnixNanos start, UnixNanos end, uint64_t frames,
                               uint64_t number, v1::Record& record) const {
  Stamp(end, record);
  v1::Event& event = *record.mutable_event();
  AssignHexId(Mix(static_cast<uint64_t>(end), number), *event.mutable_id());
  FillTime(end, *event.mutable_time());
  v1::CaptureGap& gap = *event.mutable_capture_gap();
  gap.set_reason(reason);
  gap.set_interface(interface);
  FillTime(start, *gap.mutable_start());
  FillTime(end, *gap.mutable_end());
  gap.set_frames(frames);
}

void RecordBuilder::Packet(const tapline::Packet& packet, uint64_t flow_id,
                           v1::Record& record) const {
  Stamp(packet.clock, record);
  v1::Packet& out = *record.mutable_packet();
  out.set_ordinal(packet.ordinal);
  FillTime(packet.time, *out.mutable_time());
  FillEndpoint(packet.source, packet.source_port, *out.mutable_source());
  FillEndpoint(packet.destination, packet.destination_port,
               *out.mutable_destination());
  out.set_transport(packet.marks & kMarkArp
                        ? v1::TRANSPORT_ARP
                        : TransportOf(packet.ip_protocol, packet.ip_version));
  out.set_frame_bytes(packet.frame_bytes);
  out.set_payload_bytes(packet.payload_bytes);
  out.set_tcp_flags(packet.tcp_flags);
  if (flow_id != 0) AssignHexId(flow_id, *out.mutable_flow_id());
  out.set_info(Info(packet));
}

}  // namespace tapline
