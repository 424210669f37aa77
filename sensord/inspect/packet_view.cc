#include "sensord/inspect/packet_view.h"

#include <cstdint>
#include <utility>

namespace tapline {
namespace {

DecoderOptions Options() {
  DecoderOptions options;
  options.fragment_bytes = 256 << 10;
  return options;
}

}  // namespace

PacketView::PacketView(Origin origin)
    : decoder_(Options(), contexts_),
      builder_(std::move(origin), contexts_, ScopeResolver()) {}

const std::vector<Packet>& PacketView::PacketsOf(const KeptFrame& kept) {
  batch_.frames.assign(1, kept.frame);
  batch_.clock = kept.frame.clock;
  decoder_.Decode(batch_, decoded_);
  decoder_.Finish();
  batch_.frames.clear();
  return decoded_.packets;
}

size_t PacketView::HeadersOf(const KeptFrame& kept) {
  const std::vector<Packet>& packets = PacketsOf(kept);
  if (packets.empty()) return 0;
  const auto begin = reinterpret_cast<uintptr_t>(kept.frame.data);
  const auto payload = reinterpret_cast<uintptr_t>(packets.back().payload);
  // Of joined fragments the payload is elsewhere.
  const bool inside =
      payload >= begin && payload - begin <= kept.frame.captured_bytes;
  return inside ? payload - begin : 0;
}

v1::Record PacketView::RecordOf(const KeptFrame& kept) {
  v1::Record record;
  const std::vector<Packet>& packets = PacketsOf(kept);
  Packet packet;
  if (packets.empty()) {
    packet.ordinal = kept.frame.ordinal;
    packet.time = kept.frame.time;
    packet.clock = kept.frame.clock;
    packet.frame_bytes = kept.frame.wire_bytes;
  } else {
    packet = packets.back();
  }
  builder_.Packet(packet, 0, record);
  if (packets.empty()) {
    record.mutable_packet()->clear_source();
    record.mutable_packet()->clear_destination();
    record.mutable_packet()->set_info("no packet of its own");
  }
  return record;
}

}  // namespace tapline
