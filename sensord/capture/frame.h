// One frame as captured, and a batch of them.

#ifndef TAPLINE_SENSORD_CAPTURE_FRAME_H_
#define TAPLINE_SENSORD_CAPTURE_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/time/clock.h"

namespace tapline {

// Borrowed: `data` lives as long as the FrameBatch that holds the frame.
struct Frame {
  const uint8_t* data = nullptr;
  uint32_t captured_bytes = 0;
  // On the wire; never less than captured_bytes.
  uint32_t wire_bytes = 0;
  // As the capture recorded it.
  UnixNanos time = 0;
  // Running maximum of time over the source: the clock of everything up to
  // detect (ClockStamper).
  UnixNanos clock = 0;
  // 0, 1, 2, ... within the source.
  uint64_t ordinal = 0;
  // LINKTYPE_ value (tcpdump.org/linktypes), not the DLT_ of this platform.
  uint16_t link_type = 0;
};

// Frames of one read. Reused: Clear() keeps the memory.
struct FrameBatch {
  // Most frames a source puts into one batch.
  static constexpr size_t kMaxFrames = 512;
  // A source ends the batch with the first frame this long after its first one:
  // sparse traffic must not carry seconds of timers in one batch.
  static constexpr UnixNanos kMaxSpan = 200 * kMillisecondNanos;

  std::vector<Frame> frames;
  // Backing bytes for sources whose buffers do not outlive the read; frames
  // point into it. A mapped file leaves it empty.
  std::unique_ptr<uint8_t[]> storage;
  size_t storage_bytes = 0;
  // Keeps alive what frames point into when it is not `storage` (a mapped
  // file); one per batch.
  std::shared_ptr<const void> backing;
  // The source's clock after this batch; also set when there are no frames (an
  // idle live link advances it).
  UnixNanos clock = 0;

  bool IsFull() const {
    return frames.size() >= kMaxFrames ||
           (!frames.empty() &&
            frames.back().time - frames.front().time >= kMaxSpan);
  }
  void Clear() {
    frames.clear();
    backing.reset();
  }
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_FRAME_H_
