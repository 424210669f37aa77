#include "sensord/pipeline/packet_ring.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/decode/link_protocols.h"

namespace tapline {
namespace {

constexpr uint16_t kEthernetLink = 1;
// Of a link type nobody knows: less than any header of what it may carry.
constexpr size_t kUnknownHeader = 4;
constexpr size_t kArpBytes = 28;

size_t IpHeader(const uint8_t* p, size_t left) {
  if (left == 0) return 0;
  const size_t size = *p >> 4 == 6 ? 40 : *p >> 4 == 4 ? (*p & 15) * 4u : 0;
  return std::min(size, left);
}

// Of a frame that gave no packet.
size_t LinkAndIpHeader(const Frame& frame) {
  const size_t size = frame.captured_bytes;
  size_t at = 0;
  switch (frame.link_type) {
    case kEthernetLink: {
      at = 14;
      while (at + 4 <= size && IsVlanTag(LoadBig16(frame.data + at - 2)) &&
             at < 14 + 4 * 4) {
        at += 4;
      }
      if (at > size) return size;
      const uint16_t type = LoadBig16(frame.data + at - 2);
      if (type == 0x0806) return std::min(at + kArpBytes, size);
      if (type != 0x0800 && type != 0x86dd) return at;
      break;
    }
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
      break;
    case 113:
      at = 16;
      break;
    case 276:
      at = 20;
      break;
    case 0:
    case 108:
      at = 4;
      break;
    default:
      return std::min(kUnknownHeader, size);
  }
  if (at >= size) return size;
  return at + IpHeader(frame.data + at, size - at);
}

size_t HeadersOf(const Frame& frame, const Packet* packet) {
  const uint8_t* const end = frame.data + frame.captured_bytes;
  // Of joined fragments the payload is elsewhere.
  if (packet == nullptr || packet->payload < frame.data ||
      packet->payload > end) {
    return std::min(LinkAndIpHeader(frame), PacketRing::kMaxHeaders);
  }
  return std::min(static_cast<size_t>(packet->payload - frame.data),
                  PacketRing::kMaxHeaders);
}

PacketRingOptions Fitted(PacketRingOptions options) {
  if (!options.payload) {
    // Twice what headers take as a rule.
    constexpr size_t kHeaderBytes = 128;
    options.bytes = std::min(options.bytes, options.frames * kHeaderBytes);
  }
  options.bytes = std::max(options.bytes, PacketRing::kMaxHeaders);
  return options;
}

}  // namespace

PacketRing::PacketRing(const PacketRingOptions& options)
    : options_(Fitted(options)), payload_(options.payload) {
  slots_.resize(options_.frames);
  // Not touched before it is used.
  bytes_ = std::make_unique_for_overwrite<uint8_t[]>(options_.bytes);
}

void PacketRing::Add(const FrameBatch& frames, const DecodedBatch& decoded) {
  if (options_.frames == 0 || frames.frames.empty()) return;
  if (payload() && frames.frames.back().time >= options_.payload_until) {
    EndPayload();
  }
  const Packet* packet = decoded.packets.data();
  const Packet* const end = packet + decoded.packets.size();
  MutexLock lock(mutex_);
  for (const Frame& frame : frames.frames) {
    const Packet* innermost = nullptr;
    for (; packet != end && packet->ordinal <= frame.ordinal; ++packet) {
      if (packet->ordinal == frame.ordinal) innermost = packet;
    }
    Keep(frame, payload() ? frame.captured_bytes : HeadersOf(frame, innermost));
  }
}

void PacketRing::EndPayload() {
  MutexLock lock(mutex_);
  if (!payload_.exchange(false)) return;
  std::fill_n(bytes_.get(), options_.bytes, uint8_t{0});
  added_ = end_ = 0;
}

void PacketRing::Keep(const Frame& frame, size_t size) {
  size = std::min(size, options_.bytes);
  Slot& slot = slots_[added_ % options_.frames];
  slot = {frame.ordinal,
          frame.time,
          frame.clock,
          end_,
          static_cast<uint32_t>(size),
          frame.captured_bytes,
          frame.wire_bytes,
          frame.link_type};
  const size_t at = end_ % options_.bytes;
  const size_t first = std::min(size, options_.bytes - at);
  std::memcpy(bytes_.get() + at, frame.data, first);
  if (first < size) {
    std::memcpy(bytes_.get(), frame.data + first, size - first);
  }
  end_ += size;
  ++added_;
}

uint64_t PacketRing::first() const {
  uint64_t low = added_ > options_.frames ? added_ - options_.frames : 0;
  uint64_t high = added_;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (Holds(SlotOf(middle))) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

PacketRing::Range PacketRing::range() const {
  MutexLock lock(mutex_);
  const uint64_t oldest = first();
  if (oldest == added_) return {};
  return {SlotOf(oldest).ordinal, SlotOf(added_ - 1).ordinal, added_ - oldest};
}

uint64_t PacketRing::EndBefore(uint64_t before) const {
  uint64_t low = first();
  uint64_t high = added_;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (SlotOf(middle).ordinal < before) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

KeptFrame PacketRing::Copy(const Slot& slot) const {
  KeptFrame kept;
  kept.bytes = std::make_unique<uint8_t[]>(slot.kept);
  const size_t at = slot.begin % options_.bytes;
  const size_t first = std::min<size_t>(slot.kept, options_.bytes - at);
  std::memcpy(kept.bytes.get(), bytes_.get() + at, first);
  std::memcpy(kept.bytes.get() + first, bytes_.get(), slot.kept - first);
  kept.captured_bytes = slot.captured;
  kept.frame.data = kept.bytes.get();
  kept.frame.captured_bytes = slot.kept;
  kept.frame.wire_bytes = slot.wire;
  kept.frame.time = slot.time;
  kept.frame.clock = slot.clock;
  kept.frame.ordinal = slot.ordinal;
  kept.frame.link_type = slot.link_type;
  return kept;
}

absl::StatusOr<KeptFrame> PacketRing::Get(uint64_t ordinal) const {
  {
    MutexLock lock(mutex_);
    const uint64_t oldest = first();
    const uint64_t end = EndBefore(ordinal + 1);
    if (end > oldest && SlotOf(end - 1).ordinal == ordinal) {
      return Copy(SlotOf(end - 1));
    }
  }
  const Range kept = range();
  if (kept.count == 0) return absl::NotFoundError("no packets are kept");
  return absl::NotFoundError(absl::StrCat("packet ", ordinal, " is not kept; ",
                                          kept.first, " to ", kept.last,
                                          " are"));
}

std::vector<KeptFrame> PacketRing::Before(uint64_t before, size_t limit) const {
  std::vector<KeptFrame> found;
  while (found.size() < limit) {
    const size_t wanted = std::min(limit - found.size(), kFramesAtOnce);
    MutexLock lock(mutex_);
    const uint64_t oldest = first();
    uint64_t number = EndBefore(before);
    size_t taken = 0;
    for (; number > oldest && taken < wanted; ++taken) {
      found.push_back(Copy(SlotOf(--number)));
    }
    if (taken < wanted) break;
    before = found.back().frame.ordinal;
  }
  return found;
}

}  // namespace tapline
