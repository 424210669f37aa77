// The bytes of one direction of a TCP connection, in order (RFC 9293 3.4).
//
// Where bytes come more than once the first that arrived count; later ones are
// compared with them as far as those are at hand (what waits behind a hole, and
// the last kRecentBytes remembered). A hole is given up when more than
// kMaxHeldBytes or kMaxHeldRuns wait behind it, when the other end acknowledged
// it and still more comes, and at the end: the capture lost it.

#ifndef TAPLINE_SENSORD_FLOW_STREAM_SIDE_H_
#define TAPLINE_SENSORD_FLOW_STREAM_SIDE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace tapline {

// Bytes, or a hole in their place; one of the two.
struct StreamRun {
  absl::Span<const uint8_t> bytes;
  uint64_t missing = 0;
  // The hole is the snap length's doing.
  bool cut = false;
  // Of the first byte, from the first of the stream; 64 bits, so that sequence
  // numbers may wrap.
  uint64_t offset = 0;

  bool empty() const { return bytes.empty() && missing == 0; }
};

// Two versions of the same bytes: SipHash-1-3, key zero, of at most
// kHashedBytes of each.
struct StreamDifference {
  static constexpr size_t kHashedBytes = 64;
  bool found = false;
  uint64_t first_hash = 0;
  uint64_t other_hash = 0;
};

// Thread safety: single-threaded.
class StreamSide {
 public:
  static constexpr size_t kMaxHeldBytes = 64 << 10;
  static constexpr size_t kMaxHeldRuns = 1024;
  static constexpr size_t kRecentBytes = 4096;

  bool begun() const { return begun_; }
  // The stream's first byte has this sequence number.
  void Begin(uint32_t sequence) {
    next_ = acknowledged_ = sequence;
    begun_ = true;
  }

  // Takes a segment of `wire_bytes`, of which `bytes` were captured; borrowed
  // until Next has given everything out, or Keep. REQUIRES: begun.
  StreamDifference Add(uint32_t sequence, absl::Span<const uint8_t> bytes,
                       uint32_t wire_bytes);
  // Copies what Add borrowed: it is given out later than now.
  void Keep();
  // The other end has everything before this.
  void Acknowledge(uint32_t sequence);
  // Gives up every hole: no more will come.
  void Flush() { flushing_ = true; }
  // The next byte is not part of the stream (urgent data), but may come again.
  void LeaveOut(uint8_t byte) {
    recent_.push_back(static_cast<char>(byte));
    ++next_;
  }

  // The next run, empty when there is none now. Valid until the next call of
  // anything.
  StreamRun Next();
  // Copies a run that Next has just given, to compare with what may come again:
  // at once, and only where the stream goes on.
  void Remember(const StreamRun& run);

  // Whether bytes wait behind a hole.
  bool holds() const { return !held_.empty(); }
  uint32_t next_sequence() const { return next_; }
  // On the heap.
  size_t MemoryBytes() const {
    return held_bytes_ + held_.capacity() * sizeof(Held) + recent_.capacity() +
           given_.capacity();
  }

 private:
  // A run behind a hole.
  struct Held {
    uint32_t sequence = 0;
    // Bytes behind `bytes` that were not captured.
    uint32_t missing = 0;
    std::string bytes;
    uint32_t end() const {
      return sequence + static_cast<uint32_t>(bytes.size()) + missing;
    }
  };

  int32_t Ahead(uint32_t sequence) const {
    return static_cast<int32_t>(sequence - next_);
  }
  void CompareWithRecent(uint32_t sequence, absl::Span<const uint8_t> bytes,
                         StreamDifference& difference) const;
  void Hold(uint32_t sequence, absl::Span<const uint8_t> bytes,
            uint32_t wire_bytes, StreamDifference& difference);
  void InsertHeld(size_t at, uint32_t sequence, absl::Span<const uint8_t> bytes,
                  uint32_t wire_bytes);
  bool IsHoleGivenUp() const;
  StreamRun Give(absl::Span<const uint8_t> bytes);
  StreamRun GiveGap(uint64_t bytes);

  bool begun_ = false;
  bool flushing_ = false;
  // A segment came from behind a hole that the other end had acknowledged.
  bool lost_ = false;
  uint32_t next_ = 0;
  uint32_t acknowledged_ = 0;
  uint64_t offset_ = 0;
  // In order, not given out yet: borrowed, and what of it was not captured.
  absl::Span<const uint8_t> ready_;
  uint32_t ready_missing_ = 0;
  // By sequence, without overlaps.
  std::vector<Held> held_;
  size_t held_bytes_ = 0;
  // The last bytes remembered, without holes.
  std::string recent_;
  // Keeps what Next gave out of held_.
  std::string given_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_STREAM_SIDE_H_
