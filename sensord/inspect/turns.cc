#include "sensord/inspect/turns.h"

#include <algorithm>
#include <utility>

#include "common/net/wire_text.h"
#include "common/redact/payload_mask.h"
#include "common/schema/proto_time.h"

namespace tapline {
namespace {

// Modulo 2^32 (RFC 9293 3.4).
int32_t Distance(uint32_t to, uint32_t from) {
  return static_cast<int32_t>(to - from);
}

}  // namespace

TurnBuilder::Part TurnBuilder::NewPart(const Packet& packet, Side& side) {
  const uint32_t size = packet.payload_bytes;
  if (packet.ip_protocol != kIpProtoTcp) return {0, size};
  const bool syn = (packet.tcp_flags & kTcpSyn) != 0;
  // Resets and keep-alives have any number.
  if (size == 0 && !syn) return {};
  const uint32_t begin = packet.tcp_sequence + (syn ? 1 : 0);
  const uint32_t end = begin + size;
  if (!side.seen) {
    side.seen = true;
    side.next = end;
    return {0, size};
  }
  const int32_t ahead = Distance(end, side.next);
  if (ahead <= 0) return FillHole(begin, size, side);
  const int32_t gap = Distance(begin, side.next);
  if (gap > 0 && side.holes.size() < kMaxHoles) {
    side.holes.push_back({side.next, begin});
  }
  side.next = end;
  if (gap >= 0) return {0, size};
  return {size - static_cast<uint32_t>(ahead), static_cast<uint32_t>(ahead)};
}

TurnBuilder::Part TurnBuilder::FillHole(uint32_t begin, uint32_t size,
                                        Side& side) {
  const uint32_t end = begin + size;
  for (size_t i = 0; i < side.holes.size(); ++i) {
    const Hole hole = side.holes[i];
    const uint32_t low = Distance(begin, hole.begin) > 0 ? begin : hole.begin;
    const uint32_t high = Distance(end, hole.end) < 0 ? end : hole.end;
    if (Distance(high, low) <= 0) continue;
    side.holes.erase(side.holes.begin() + static_cast<ptrdiff_t>(i));
    if (low != hole.begin) side.holes.push_back({hole.begin, low});
    if (high != hole.end && side.holes.size() < kMaxHoles) {
      side.holes.push_back({high, hole.end});
    }
    return {low - begin, high - low};
  }
  return {};
}

void TurnBuilder::Add(const Packet& packet, bool from_originator) {
  ++packets_;
  const Part part = NewPart(packet, sides_[from_originator ? 0 : 1]);
  if (packet.payload_bytes == 0) return;
  const v1::Sender sender =
      from_originator ? v1::SENDER_ORIGINATOR : v1::SENDER_RESPONDER;
  if (turns_.empty() || turns_.back().sender() != sender) {
    // What comes again does not begin a turn.
    if (part.size == 0) return;
    if (turns_.size() == kMaxTurns) {
      complete_ = false;
      return;
    }
    Finish();
    v1::Turn& turn = turns_.emplace_back();
    turn.set_sender(sender);
    FillTime(packet.time, *turn.mutable_start());
    turn.set_first_packet(packet.ordinal);
  }
  v1::Turn& turn = turns_.back();
  FillTime(packet.time, *turn.mutable_end());
  turn.set_last_packet(packet.ordinal);
  turn.set_packets(turn.packets() + 1);
  turn.set_payload_bytes(turn.payload_bytes() + part.size);
  if (part.size == 0) turn.set_repeated_packets(turn.repeated_packets() + 1);
  if (previews_) Preview(packet, part);
}

void TurnBuilder::Preview(const Packet& packet, const Part& part) {
  const size_t captured =
      packet.payload_captured > part.offset
          ? std::min(part.size, packet.payload_captured - part.offset)
          : 0;
  const size_t taken = std::min(kPreviewBytes - bytes_.size(), captured);
  bytes_.append(reinterpret_cast<const char*>(packet.payload) + part.offset,
                taken);
  cut_ |= taken < part.size;
}

// Secrets are looked for before bytes become escapes.
void TurnBuilder::Finish() {
  if (turns_.empty()) return;
  turns_.back().set_preview(
      WireText(MaskPayload(bytes_, cut_), 4 * kPreviewBytes));
  bytes_.clear();
  cut_ = false;
}

std::vector<v1::Turn> TurnBuilder::Take() {
  Finish();
  return std::move(turns_);
}

}  // namespace tapline
