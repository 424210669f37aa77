// Reads a FrameSource to its end.

#ifndef TAPLINE_TESTS_SUPPORT_READ_ALL_H_
#define TAPLINE_TESTS_SUPPORT_READ_ALL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sensord/capture/frame_source.h"

namespace tapline::testing {

// A frame with bytes of its own.
struct OwnedFrame {
  Frame frame;  // data is null
  std::string bytes;
};

struct AllFrames {
  std::vector<OwnedFrame> frames;
  absl::Status status;  // the error before the end
  int idles = 0;
};

inline AllFrames ReadAll(FrameSource& source) {
  AllFrames all;
  FrameBatch batch;
  while (true) {
    const absl::StatusOr<ReadResult> result = source.Read(batch);
    if (!result.ok()) {
      all.status.Update(result.status());
      continue;
    }
    if (*result == ReadResult::kEnd) return all;
    if (*result == ReadResult::kIdle) ++all.idles;
    for (const Frame& frame : batch.frames) {
      OwnedFrame owned{frame,
                       std::string(reinterpret_cast<const char*>(frame.data),
                                   frame.captured_bytes)};
      owned.frame.data = nullptr;
      all.frames.push_back(std::move(owned));
    }
  }
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_READ_ALL_H_
