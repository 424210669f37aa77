#include "sensord/flow/stream_side.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/crypto/siphash.h"

namespace tapline {
namespace {

using ByteSpan = absl::Span<const uint8_t>;

ByteSpan BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

uint64_t HashOf(ByteSpan bytes) {
  const size_t size = std::min(bytes.size(), StreamDifference::kHashedBytes);
  SipHash13 sip{SipKey{}};
  uint64_t word = 0;
  for (size_t i = 0; i < size; ++i) {
    word |= uint64_t{bytes[i]} << (8 * (i % 8));
    if (i % 8 == 7) {
      sip.Absorb(word);
      word = 0;
    }
  }
  return sip.Finish(word, size);
}

// Both of the same size; notes the first difference of the segment only.
void Compare(ByteSpan first, ByteSpan other, StreamDifference& difference) {
  if (difference.found || first.empty() ||
      std::memcmp(first.data(), other.data(), first.size()) == 0) {
    return;
  }
  difference = {true, HashOf(first), HashOf(other)};
}

}  // namespace

StreamDifference StreamSide::Add(uint32_t sequence, ByteSpan bytes,
                                 uint32_t wire_bytes) {
  StreamDifference difference;
  const int32_t ahead = Ahead(sequence);
  if (ahead < 0) {
    CompareWithRecent(sequence, bytes, difference);
    const uint32_t old = static_cast<uint32_t>(-int64_t{ahead});
    if (old >= wire_bytes) return difference;
    bytes.remove_prefix(std::min<size_t>(old, bytes.size()));
    wire_bytes -= old;
    sequence += old;
  }
  if (wire_bytes == 0) return difference;
  if (ahead > 0 && static_cast<int32_t>(acknowledged_ - sequence) >= 0) {
    lost_ = true;
  }
  if (ahead <= 0 && held_.empty()) {
    ready_ = bytes;
    ready_missing_ = wire_bytes - static_cast<uint32_t>(bytes.size());
    return difference;
  }
  Hold(sequence, bytes, wire_bytes, difference);
  return difference;
}

void StreamSide::Keep() {
  const uint32_t wire_bytes =
      static_cast<uint32_t>(ready_.size()) + ready_missing_;
  if (wire_bytes == 0) return;
  InsertHeld(0, next_, std::exchange(ready_, ByteSpan()), wire_bytes);
  ready_missing_ = 0;
}

void StreamSide::Acknowledge(uint32_t sequence) {
  if (static_cast<int32_t>(sequence - acknowledged_) > 0) {
    acknowledged_ = sequence;
  }
}

// recent_ ends before next_.
void StreamSide::CompareWithRecent(uint32_t sequence, ByteSpan bytes,
                                   StreamDifference& difference) const {
  const size_t back = next_ - sequence;
  if (back > recent_.size()) {
    const size_t unknown = back - recent_.size();
    if (unknown >= bytes.size()) return;
    bytes.remove_prefix(unknown);
  }
  const size_t kept = std::min(back, recent_.size());
  const size_t size = std::min(kept, bytes.size());
  Compare(BytesOf(recent_).subspan(recent_.size() - kept, size),
          bytes.first(size), difference);
}

// Keeps of the segment what no held run has.
void StreamSide::Hold(uint32_t sequence, ByteSpan bytes, uint32_t wire_bytes,
                      StreamDifference& difference) {
  size_t at = 0;
  while (wire_bytes > 0) {
    while (at < held_.size() &&
           static_cast<int32_t>(held_[at].end() - sequence) <= 0) {
      ++at;
    }
    uint32_t free = wire_bytes;
    if (at < held_.size()) {
      const int32_t room = static_cast<int32_t>(held_[at].sequence - sequence);
      free = room <= 0 ? 0 : std::min(wire_bytes, static_cast<uint32_t>(room));
    }
    if (free > 0) {
      const size_t captured = std::min<size_t>(free, bytes.size());
      InsertHeld(at, sequence, bytes.first(captured), free);
      bytes.remove_prefix(captured);
      sequence += free;
      wire_bytes -= free;
      continue;
    }
    const Held& first = held_[at];
    const uint32_t inside = sequence - first.sequence;
    const uint32_t common = std::min(wire_bytes, first.end() - sequence);
    if (inside < first.bytes.size()) {
      const size_t size =
          std::min<size_t>({common, first.bytes.size() - inside, bytes.size()});
      Compare(BytesOf(first.bytes).subspan(inside, size), bytes.first(size),
              difference);
    }
    bytes.remove_prefix(std::min<size_t>(common, bytes.size()));
    sequence += common;
    wire_bytes -= common;
  }
}

void StreamSide::InsertHeld(size_t at, uint32_t sequence, ByteSpan bytes,
                            uint32_t wire_bytes) {
  const char* text = reinterpret_cast<const char*>(bytes.data());
  const uint32_t missing = wire_bytes - static_cast<uint32_t>(bytes.size());
  held_bytes_ += bytes.size();
  if (at > 0 && held_[at - 1].missing == 0 && held_[at - 1].end() == sequence) {
    held_[at - 1].bytes.append(text, bytes.size());
    held_[at - 1].missing = missing;
    return;
  }
  Held held;
  held.sequence = sequence;
  held.missing = missing;
  held.bytes.assign(text, bytes.size());
  held_.insert(held_.begin() + static_cast<std::ptrdiff_t>(at),
               std::move(held));
}

bool StreamSide::IsHoleGivenUp() const {
  return flushing_ || lost_ || held_bytes_ > kMaxHeldBytes ||
         held_.size() > kMaxHeldRuns;
}

StreamRun StreamSide::Next() {
  if (!ready_.empty()) return Give(std::exchange(ready_, ByteSpan()));
  if (ready_missing_ > 0) {
    StreamRun run = GiveGap(std::exchange(ready_missing_, 0));
    run.cut = true;
    return run;
  }
  if (held_.empty()) {
    lost_ = false;
    return {};
  }
  const int32_t hole = Ahead(held_.front().sequence);
  if (hole > 0) {
    if (!IsHoleGivenUp()) return {};
    lost_ = false;
    return GiveGap(static_cast<uint32_t>(hole));
  }
  // Urgent data left out may have moved past the beginning of what is held.
  const size_t old = static_cast<uint32_t>(-int64_t{hole});
  Held held = std::move(held_.front());
  held_.erase(held_.begin());
  held_bytes_ -= held.bytes.size();
  ready_missing_ = held.missing;
  if (old > held.bytes.size()) {
    ready_missing_ -= static_cast<uint32_t>(
        std::min<size_t>(old - held.bytes.size(), ready_missing_));
  }
  given_ = std::move(held.bytes);
  const ByteSpan bytes = BytesOf(given_).subspan(std::min(old, given_.size()));
  return bytes.empty() ? Next() : Give(bytes);
}

StreamRun StreamSide::Give(ByteSpan bytes) {
  StreamRun run;
  run.bytes = bytes;
  run.offset = offset_;
  next_ += static_cast<uint32_t>(bytes.size());
  offset_ += bytes.size();
  return run;
}

StreamRun StreamSide::GiveGap(uint64_t bytes) {
  StreamRun run;
  run.missing = bytes;
  run.offset = offset_;
  next_ += static_cast<uint32_t>(bytes);
  offset_ += bytes;
  recent_.clear();
  return run;
}

void StreamSide::Remember(const StreamRun& run) {
  ByteSpan bytes = run.bytes;
  if (bytes.size() >= kRecentBytes) bytes = bytes.last(kRecentBytes);
  if (recent_.size() + bytes.size() > 2 * kRecentBytes) {
    recent_.erase(0, recent_.size() - kRecentBytes);
  }
  recent_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace tapline
