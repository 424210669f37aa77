// Frames made by a test as a FrameSource, in batches of a chosen size.

#ifndef TAPLINE_TESTS_SUPPORT_FAKE_SOURCE_H_
#define TAPLINE_TESTS_SUPPORT_FAKE_SOURCE_H_

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "sensord/capture/frame_source.h"
#include "tests/support/packet_builder.h"

namespace tapline::testing {

struct TimedFrame {
  UnixNanos time;
  Bytes bytes;
};

class FakeSource final : public FrameSource {
 public:
  FakeSource(std::shared_ptr<const std::vector<TimedFrame>> frames,
             size_t batch)
      : frames_(std::move(frames)), batch_(batch) {}

  absl::StatusOr<ReadResult> Read(FrameBatch& out) override {
    out.Clear();
    if (stopped_ || next_ == frames_->size()) return ReadResult::kEnd;
    const size_t end = std::min(next_ + batch_, frames_->size());
    for (; next_ < end; ++next_) {
      const TimedFrame& from = (*frames_)[next_];
      clock_ = std::max(clock_, from.time);
      Frame frame;
      frame.data = from.bytes.data();
      frame.captured_bytes = static_cast<uint32_t>(from.bytes.size());
      frame.wire_bytes = frame.captured_bytes;
      frame.time = from.time;
      frame.clock = clock_;
      frame.ordinal = next_;
      frame.link_type = 1;
      out.frames.push_back(frame);
      bytes_.Add(frame.wire_bytes);
    }
    frames_read_.Add(out.frames.size());
    out.clock = clock_;
    return ReadResult::kFrames;
  }

  CaptureCounters counters() const override {
    CaptureCounters counters;
    counters.frames = frames_read_.Get();
    counters.bytes = bytes_.Get();
    return counters;
  }
  void Stop() override { stopped_ = true; }

 private:
  const std::shared_ptr<const std::vector<TimedFrame>> frames_;
  const size_t batch_;
  size_t next_ = 0;
  UnixNanos clock_ = 0;
  std::atomic<bool> stopped_{false};
  Counter frames_read_;
  Counter bytes_;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_FAKE_SOURCE_H_
