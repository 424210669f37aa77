#include "sensord/inspect/turns.h"

#include <algorithm>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/schema/proto_time.h"

namespace tapline {
namespace {

// No window is larger (RFC 7323 2.3): farther bytes are of another numbering.
constexpr int32_t kMaxDistance = 1 << 30;
// As far before the first segment seen one that it overtook may lie.
constexpr int64_t kMaxOvertaken = 64 << 10;

// As far as it is captured.
absl::string_view PayloadOf(const Packet& packet) {
  return {reinterpret_cast<const char*>(packet.payload),
          packet.payload_captured};
}

}  // namespace

int64_t TurnBuilder::Place(const Packet& packet, bool from_originator) {
  Side& side = sides_[from_originator ? 0 : 1];
  if (packet.ip_protocol != kIpProtoTcp) return side.next;
  const bool syn = (packet.tcp_flags & kTcpSyn) != 0;
  // Resets and keep-alives have any number.
  if (packet.payload_bytes == 0 && !syn) return side.next;
  const uint32_t sequence = packet.tcp_sequence + (syn ? 1 : 0);
  if (!side.seen) {
    side.seen = true;
    side.sequence = sequence;
    side.front_open = !syn;
    if (!syn) Miss(from_originator, 0);
  }
  // Modulo 2^32 (RFC 9293 3.4).
  const auto distance = static_cast<int32_t>(sequence - side.sequence);
  if (distance <= kMaxDistance && distance >= -kMaxDistance) {
    return side.next + distance;
  }
  side.sequence = sequence;
  side.holes.clear();
  Miss(from_originator, 0);
  return side.next;
}

void TurnBuilder::FillHoles(const Packet& packet, int64_t begin, Side& side) {
  const int64_t end = begin + packet.payload_bytes;
  bool filled = false;
  std::vector<Hole> left;
  for (const Hole& hole : side.holes) {
    const int64_t from = std::max(begin, hole.begin);
    const int64_t to = std::min(end, hole.end);
    if (from >= to) {
      left.push_back(hole);
      continue;
    }
    filled = true;
    Take(packet, begin, from, to, hole.turn, true);
    v1::Turn& turn = turns_[hole.turn];
    turn.set_missing_bytes(turn.missing_bytes() -
                           static_cast<uint64_t>(to - from));
    if (hole.begin < from) left.push_back({hole.begin, from, hole.turn});
    if (to < hole.end && left.size() < kMaxHoles) {
      left.push_back({to, hole.end, hole.turn});
    }
  }
  if (filled) side.holes = std::move(left);
}

bool TurnBuilder::Prepend(const Packet& packet, int64_t begin, Side& side) {
  const int64_t end = std::min(begin + packet.payload_bytes, side.low);
  if (!side.front_open || begin >= side.low ||
      side.first_turn + 1 != turns_.size() || side.low - end > kMaxOvertaken) {
    return false;
  }
  v1::Turn& turn = turns_.back();
  if (end < side.low) {
    turn.set_missing_bytes(turn.missing_bytes() +
                           static_cast<uint64_t>(side.low - end));
    if (side.holes.size() < kMaxHoles) {
      side.holes.push_back({end, side.low, side.first_turn});
    }
  }
  side.low = begin;
  spans_.back().begin = begin;
  Take(packet, begin, begin, end, side.first_turn, true);
  return true;
}

void TurnBuilder::Extend(const Packet& packet, int64_t begin,
                         bool from_originator) {
  Side& side = sides_[from_originator ? 0 : 1];
  const int64_t end = begin + packet.payload_bytes;
  const int64_t from = std::max(begin, side.next);
  const size_t turn = turns_.size() - 1;
  if (from > side.next) {
    const auto missing = static_cast<uint64_t>(from - side.next);
    turns_[turn].set_missing_bytes(turns_[turn].missing_bytes() + missing);
    if (side.holes.size() < kMaxHoles) {
      side.holes.push_back({side.next, from, turn});
    }
    Miss(from_originator, missing);
  }
  side.sequence += static_cast<uint32_t>(end - side.next);
  side.next = end;
  spans_[turn].end = end;
  Take(packet, begin, from, end, turn, false);
  const int64_t captured = std::max(from, begin + packet.payload_captured);
  if (captured < end)
    Miss(from_originator, static_cast<uint64_t>(end - captured));
}

bool TurnBuilder::Open(const Packet& packet, v1::Sender sender,
                       int64_t position) {
  if (turns_.size() == kMaxTurns) {
    complete_ = false;
    return false;
  }
  v1::Turn& turn = turns_.emplace_back();
  spans_.push_back({position, position});
  if (guard_ != nullptr) shown_.emplace_back();
  turn.set_sender(sender);
  FillTime(packet.time, *turn.mutable_start());
  turn.set_first_packet(packet.ordinal);
  return true;
}

void TurnBuilder::Take(const Packet& packet, int64_t begin, int64_t from,
                       int64_t to, size_t turn, bool late) {
  if (!std::count(touched_.begin(), touched_.end(), turn)) {
    touched_.push_back(turn);
  }
  v1::Turn& taking = turns_[turn];
  taking.set_payload_bytes(taking.payload_bytes() +
                           static_cast<uint64_t>(to - from));
  if (guard_ == nullptr) return;
  Show(packet, static_cast<size_t>(from - begin),
       static_cast<size_t>(to - from), from, turn, late);
}

void TurnBuilder::Show(const Packet& packet, size_t offset, size_t size,
                       int64_t position, size_t turn, bool late) {
  const absl::string_view captured = PayloadOf(packet);
  if (offset >= captured.size()) return;
  const absl::string_view bytes = captured.substr(offset, size);
  const bool watched = packet.ordinal == watched_;
  const std::string flags =
      FlagsOf(packet, bytes, turns_[turn].sender() == v1::SENDER_ORIGINATOR,
              late, watched || late || !shown_[turn].full());
  shown_[turn].Insert(position, bytes, flags);
  if (watched) watched_flags_.replace(offset, flags.size(), flags);
}

std::string TurnBuilder::FlagsOf(const Packet& packet, absl::string_view bytes,
                                 bool from_originator, bool late, bool wanted) {
  if (late) return guard_->Late(from_originator, bytes);
  return packet.ip_protocol == kIpProtoTcp
             ? guard_->Next(from_originator, bytes, wanted)
             : guard_->Datagram(from_originator, bytes, wanted);
}

void TurnBuilder::Count(const Packet& packet, bool repeated, size_t turn) {
  v1::Turn& counting = turns_[turn];
  FillTime(packet.time, *counting.mutable_end());
  counting.set_last_packet(packet.ordinal);
  counting.set_packets(counting.packets() + 1);
  if (repeated) counting.set_repeated_packets(counting.repeated_packets() + 1);
}

void TurnBuilder::Add(const Packet& packet, bool from_originator) {
  ++packets_;
  if (guard_ != nullptr && packet.ordinal == watched_) {
    // What comes again is late.
    watched_flags_ = guard_->Late(from_originator, PayloadOf(packet));
  }
  if (!complete_) return;
  const v1::Sender sender =
      from_originator ? v1::SENDER_ORIGINATOR : v1::SENDER_RESPONDER;
  const int64_t begin = Place(packet, from_originator);
  if (packet.payload_bytes == 0) return;
  Side& side = sides_[from_originator ? 0 : 1];
  touched_.clear();
  FillHoles(packet, begin, side);
  if (!Prepend(packet, begin, side) &&
      begin + packet.payload_bytes > side.next) {
    if (!IsLast(sender)) {
      const bool first = side.low == side.next;
      if (!Open(packet, sender, side.next)) return;
      if (first) side.first_turn = turns_.size() - 1;
    }
    Extend(packet, begin, from_originator);
  }
  // What comes again does not begin a turn.
  if (touched_.empty() && IsLast(sender)) {
    return Count(packet, true, turns_.size() - 1);
  }
  // A packet counts once.
  if (!touched_.empty()) Count(packet, false, touched_.front());
}

std::vector<v1::Turn> TurnBuilder::Take() {
  for (size_t i = 0; i < shown_.size(); ++i) {
    turns_[i].set_preview(
        shown_[i].Text(spans_[i].begin, spans_[i].end, *guard_));
  }
  shown_.clear();
  return std::move(turns_);
}

}  // namespace tapline
