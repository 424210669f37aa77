// The newest frames of a source, kept in memory for people who look closer
// (S04): headers only, or whole frames where the capture mode allows.

#ifndef TAPLINE_SENSORD_PIPELINE_PACKET_RING_H_
#define TAPLINE_SENSORD_PIPELINE_PACKET_RING_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "common/sync/mutex.h"
#include "sensord/capture/frame.h"
#include "sensord/decode/packet.h"

namespace tapline {

struct PacketRingOptions {
  // At most this many frames; 0: none are kept.
  size_t frames = 10'000;
  // Of all frames together; the oldest go first.
  size_t bytes = 32 << 20;
  // Whole frames instead of headers.
  bool payload = false;
  // With the first frame of then or later they end (EndPayload).
  UnixNanos payload_until = std::numeric_limits<UnixNanos>::max();
};

// A frame as it was kept, with bytes of its own.
struct KeptFrame {
  // frame.data points into `bytes`; captured_bytes is what was kept.
  Frame frame;
  // Captured once, kept or not.
  uint32_t captured_bytes = 0;
  std::unique_ptr<uint8_t[]> bytes;
};

// Link to transport header, up to 256 bytes of it; of a frame without a decoded
// packet (fragments, what nobody knows) the link and IP header.
// Thread safety: Add from one thread, the rest from any. Add waits for a reader
// at most while that copies kFramesAtOnce frames.
class PacketRing {
 public:
  static constexpr size_t kFramesAtOnce = 64;
  static constexpr size_t kMaxHeaders = 256;

  explicit PacketRing(const PacketRingOptions& options);

  // `decoded` is what came of `frames`.
  void Add(const FrameBatch& frames, const DecodedBatch& decoded);

  // Whole frames are kept, and may be shown.
  bool payload() const { return payload_.load(std::memory_order_relaxed); }
  // Wipes what is kept and keeps headers from now on; nothing when it already
  // did. From any thread.
  void EndPayload();
  // First and last ordinal that are kept; `count` 0 when none is.
  struct Range {
    uint64_t first = 0;
    uint64_t last = 0;
    uint64_t count = 0;
  };
  Range range() const;
  // NotFound: not kept any more, or not yet.
  absl::StatusOr<KeptFrame> Get(uint64_t ordinal) const;
  // Up to `limit` frames with ordinals below `before`, newest first.
  std::vector<KeptFrame> Before(uint64_t before, size_t limit) const;

 private:
  struct Slot {
    uint64_t ordinal;
    UnixNanos time;
    UnixNanos clock;
    // Position in the endless sequence of bytes.
    uint64_t begin;
    uint32_t kept;
    uint32_t captured;
    uint32_t wire;
    uint16_t link_type;
  };

  void Keep(const Frame& frame, size_t size)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Frames added so far count from 0; the slot of one that is still there.
  uint64_t first() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const Slot& SlotOf(uint64_t number) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return slots_[number % options_.frames];
  }
  bool Holds(const Slot& slot) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return end_ - slot.begin <= options_.bytes;
  }
  KeptFrame Copy(const Slot& slot) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The number of the newest frame with an ordinal below `before`, plus one.
  uint64_t EndBefore(uint64_t before) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const PacketRingOptions options_;
  std::atomic<bool> payload_;
  mutable Mutex mutex_;
  std::vector<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<uint8_t[]> bytes_ ABSL_GUARDED_BY(mutex_);
  // Frames and bytes ever added.
  uint64_t added_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t end_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_PACKET_RING_H_
