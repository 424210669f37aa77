#include "sensord/inspect/turns.h"

#include <algorithm>
#include <utility>

#include "common/net/wire_text.h"
#include "common/redact/secret_mask.h"

namespace tapline {
namespace {

void FillTime(UnixNanos time, google::protobuf::Timestamp& out) {
  out.set_seconds(time / kSecondNanos);
  out.set_nanos(static_cast<int32_t>(time % kSecondNanos));
}

}  // namespace

uint32_t TurnBuilder::NewBytes(const Packet& packet, Side& side) {
  if (packet.ip_protocol != kIpProtoTcp) return packet.payload_bytes;
  const uint32_t syn = (packet.tcp_flags & kTcpSyn) != 0 ? 1 : 0;
  const uint32_t end = packet.tcp_sequence + syn + packet.payload_bytes;
  if (!side.seen) {
    side.seen = true;
    side.next = end;
    return packet.payload_bytes;
  }
  // Modulo 2^32 (RFC 9293 3.4).
  const int32_t ahead = static_cast<int32_t>(end - side.next);
  if (ahead <= 0) return 0;
  side.next = end;
  return std::min(static_cast<uint32_t>(ahead), packet.payload_bytes);
}

void TurnBuilder::Add(const Packet& packet, bool from_originator) {
  ++packets_;
  const uint32_t fresh = NewBytes(packet, sides_[from_originator ? 0 : 1]);
  if (packet.payload_bytes == 0) return;
  const v1::Sender sender =
      from_originator ? v1::SENDER_ORIGINATOR : v1::SENDER_RESPONDER;
  if (turns_.empty() || turns_.back().sender() != sender) {
    // What comes again does not begin a turn.
    if (fresh == 0) return;
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
  turn.set_payload_bytes(turn.payload_bytes() + fresh);
  if (fresh == 0) turn.set_repeated_packets(turn.repeated_packets() + 1);
  if (!previews_ || bytes_.size() >= kPreviewBytes) return;
  // The new bytes are the last ones of the payload.
  const uint32_t old = packet.payload_bytes - fresh;
  if (old >= packet.payload_captured) return;
  const size_t room = kPreviewBytes - bytes_.size();
  bytes_.append(reinterpret_cast<const char*>(packet.payload) + old,
                std::min<size_t>(room, packet.payload_captured - old));
}

// Secrets are looked for before bytes become escapes.
void TurnBuilder::Finish() {
  if (turns_.empty() || bytes_.empty()) return;
  turns_.back().set_preview(WireText(MaskSecrets(bytes_), 4 * kPreviewBytes));
  bytes_.clear();
}

std::vector<v1::Turn> TurnBuilder::Take() {
  Finish();
  return std::move(turns_);
}

}  // namespace tapline
