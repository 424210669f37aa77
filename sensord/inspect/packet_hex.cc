#include "sensord/inspect/packet_hex.h"

#include <utility>

#include "common/redact/payload_guard.h"
#include "sensord/analyzers/analyzer_set.h"
#include "sensord/dissect/application.h"
#include "sensord/dissect/hex_view.h"

namespace tapline {
namespace {

bool IsOpening(const Packet& packet) {
  return packet.ip_protocol == kIpProtoTcp &&
         (packet.tcp_flags & (kTcpSyn | kTcpAck)) == kTcpSyn;
}

bool HasEnds(const Packet& a, const Packet& b) {
  return a.source == b.source && a.destination == b.destination &&
         a.source_port == b.source_port &&
         a.destination_port == b.destination_port;
}

}  // namespace

struct PacketHex::Early {
  Packet packet;
  std::vector<uint8_t> payload;
};

PacketHex::PacketHex(const KeptFrame& target)
    : target_(target), view_(Origin()) {
  const std::vector<Packet>& packets = view_.PacketsOf(target);
  if (!packets.empty()) packet_ = packets.back();
}

PacketHex::~PacketHex() = default;

bool PacketHex::IsOfFlow(const Packet& packet) const {
  Packet back = packet;
  std::swap(back.source, back.destination);
  std::swap(back.source_port, back.destination_port);
  return packet.ip_protocol == packet_->ip_protocol &&
         packet.context == packet_->context &&
         (HasEnds(packet, *packet_) || HasEnds(back, *packet_));
}

void PacketHex::Before(const KeptFrame& kept) {
  if (!packet_.has_value() || packet_->payload_captured == 0) return;
  for (const Packet& packet : view_.PacketsOf(kept)) {
    if (IsOfFlow(packet)) Feed(packet);
  }
}

void PacketHex::Orient(const Packet& packet) {
  if (oriented_ && !IsOpening(packet)) return;
  if (oriented_ && packet.source == originator_ &&
      packet.source_port == originator_port_ && turns_ == nullptr) {
    return;
  }
  // Another connection between the same ports.
  turns_.reset();
  early_.clear();
  asked_ = 0;
  oriented_ = true;
  const bool answer =
      packet.ip_protocol == kIpProtoTcp &&
      (packet.tcp_flags & (kTcpSyn | kTcpAck)) == (kTcpSyn | kTcpAck);
  const bool sent = IsOpening(packet) ||
                    (!answer && IsFromOriginator(packet, *NewAnalyzerSet()));
  originator_ = sent ? packet.source : packet.destination;
  originator_port_ = sent ? packet.source_port : packet.destination_port;
}

void PacketHex::Feed(const Packet& packet) {
  Orient(packet);
  if (turns_ != nullptr) return Add(packet);
  early_.push_back(
      {packet, {packet.payload, packet.payload + packet.payload_captured}});
  if (packet.payload_captured == 0) return;
  const Protocol protocol = IdentifyPayload(packet, *NewAnalyzerSet());
  if (protocol != Protocol::kUnknown || ++asked_ == kMaxAsked) {
    Open(protocol, packet);
  }
}

void PacketHex::Open(Protocol protocol, const Packet& packet) {
  if (protocol == Protocol::kUnknown) {
    protocol = PortHint(packet, *NewAnalyzerSet());
  }
  if (packet.ip_protocol == kIpProtoIcmp) protocol = Protocol::kIcmp;
  if (packet.ip_protocol == kIpProtoIcmpV6) protocol = Protocol::kIcmpv6;
  const std::vector<std::string> protocols = {
      std::string(ProtocolName(protocol))};
  turns_ =
      std::make_unique<TurnBuilder>(std::make_unique<PayloadGuard>(protocols));
  turns_->Watch(target_.frame.ordinal);
  for (Early& early : early_) {
    early.packet.payload = early.payload.data();
    Add(early.packet);
  }
  early_.clear();
}

void PacketHex::Add(const Packet& packet) {
  turns_->Add(packet, packet.source == originator_ &&
                          packet.source_port == originator_port_);
}

void PacketHex::Write(google::protobuf::RepeatedPtrField<v1::HexLine>& out) {
  std::string flags;
  size_t headers = 0;
  if (packet_.has_value() && packet_->payload_captured > 0) {
    headers = view_.HeadersOf(target_);
    const Packet packet = *packet_;
    Feed(packet);
    if (turns_ == nullptr) Open(Protocol::kUnknown, packet);
    flags = turns_->watched_flags();
  }
  WriteHexView({target_.frame.data, target_.frame.captured_bytes}, headers,
               flags, out);
}

void WriteHex(const KeptFrame& target, const PacketRing& ring,
              google::protobuf::RepeatedPtrField<v1::HexLine>& out) {
  std::vector<KeptFrame> frames = ring.Before(target.frame.ordinal, SIZE_MAX);
  PacketHex hex(target);
  for (auto kept = frames.rbegin(); kept != frames.rend(); ++kept) {
    hex.Before(*kept);
  }
  hex.Write(out);
}

}  // namespace tapline
