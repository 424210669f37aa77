#include "sensord/inspect/turns.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/net/code_point.h"
#include "common/net/wire_text.h"
#include "common/redact/payload_mask.h"
#include "common/schema/proto_time.h"

namespace tapline {
namespace {

// Modulo 2^32 (RFC 9293 3.4).
int32_t Distance(uint32_t to, uint32_t from) {
  return static_cast<int32_t>(to - from);
}

// UTF-8 without controls but those of lines. What is cut may end within a code
// point.
bool IsText(absl::string_view bytes, bool cut) {
  constexpr size_t kMaxPointBytes = 4;
  for (size_t i = 0; i < bytes.size();) {
    const CodePoint point = DecodeUtf8(bytes, i);
    const bool line = bytes[i] == '\t' || bytes[i] == '\r' || bytes[i] == '\n';
    if (!point.valid) return cut && bytes.size() - i < kMaxPointBytes;
    if (IsControl(point.value) && !line) return false;
    i += point.size;
  }
  return true;
}

// Of binary data every byte that is not printable ASCII as \xHH: letters of
// UTF-8 in it are accidents. As WireText otherwise.
std::string BinaryText(absl::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    // A part of a code point is no UTF-8.
    text += WireText(bytes.substr(i, 1));
  }
  return text;
}

// `more` bytes were not taken. Masks and escapes make at most 17 bytes of one.
std::string PreviewText(absl::string_view bytes, uint64_t more) {
  // Secrets are looked for before bytes become escapes.
  const std::string masked = MaskPayload(bytes, more > 0);
  const std::string text =
      IsText(bytes, more > 0) ? WireText(masked, SIZE_MAX) : BinaryText(masked);
  if (more == 0) return text;
  // No '+': behind one the redactor sees a telephone number.
  return absl::StrCat(text, "... (", more, " more bytes)");
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
}

void TurnBuilder::Finish() {
  if (turns_.empty() || !previews_) return;
  v1::Turn& turn = turns_.back();
  turn.set_preview(PreviewText(bytes_, turn.payload_bytes() - bytes_.size()));
  bytes_.clear();
}

std::vector<v1::Turn> TurnBuilder::Take() {
  Finish();
  return std::move(turns_);
}

}  // namespace tapline
