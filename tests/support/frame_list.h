// Frames made by a test, as a batch. Users depend on sensord_capture.

#ifndef TAPLINE_TESTS_SUPPORT_FRAME_LIST_H_
#define TAPLINE_TESTS_SUPPORT_FRAME_LIST_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>

#include "sensord/capture/frame.h"
#include "tests/support/packet_builder.h"

namespace tapline::testing {

// Owns exact-size copies of the frames, so that a sanitizer sees a read past
// the end.
class FrameList {
 public:
  // 2026-01-01T00:00:00Z.
  static constexpr UnixNanos kStart = 1767225600LL * kSecondNanos;

  // `wire_bytes` 0: all was captured. Time is `at` after kStart.
  void Add(const Bytes& frame, UnixNanos at = 0, uint16_t link_type = 1,
           uint32_t wire_bytes = 0) {
    copies_.push_back(std::make_unique<uint8_t[]>(frame.size()));
    if (!frame.empty()) {
      std::memcpy(copies_.back().get(), frame.data(), frame.size());
    }
    Frame f;
    f.data = copies_.back().get();
    f.captured_bytes = static_cast<uint32_t>(frame.size());
    f.wire_bytes = wire_bytes == 0 ? f.captured_bytes : wire_bytes;
    f.time = kStart + at;
    clock_ = std::max(clock_, f.time);
    f.clock = clock_;
    f.ordinal = ordinal_++;
    f.link_type = link_type;
    batch_.frames.push_back(f);
    batch_.clock = clock_;
  }
  // Moves the clock without a frame.
  void Advance(UnixNanos at) {
    clock_ = std::max(clock_, kStart + at);
    batch_.clock = clock_;
  }

  const FrameBatch& batch() const { return batch_; }
  // Ordinals and the clock go on.
  void Clear() {
    batch_.Clear();
    copies_.clear();
  }

 private:
  FrameBatch batch_;
  std::deque<std::unique_ptr<uint8_t[]>> copies_;
  UnixNanos clock_ = kStart;
  uint64_t ordinal_ = 0;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_FRAME_LIST_H_
