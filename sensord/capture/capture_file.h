// One capture file being read, without stamps: FileSequence stamps over all.

#ifndef TAPLINE_SENSORD_CAPTURE_CAPTURE_FILE_H_
#define TAPLINE_SENSORD_CAPTURE_CAPTURE_FILE_H_

#include <atomic>
#include <cstdint>

#include "absl/status/statusor.h"
#include "common/ledger/ledger.h"
#include "sensord/capture/frame.h"
#include "sensord/capture/frame_source.h"

namespace tapline {

// Longest frame handed out; libpcap's MAXIMUM_SNAPLEN.
inline constexpr uint32_t kMaxCapturedBytes = 262144;

// What the files of a sequence share: written by the reading thread, the stop
// flag by any.
struct FileProgress {
  Counter read_bytes;
  Counter bad_times;
  Counter cut_frames;
  std::atomic<bool> stopped{false};
};

// Thread safety: one thread.
class CaptureFile {
 public:
  virtual ~CaptureFile() = default;
  // Fills the cleared `batch` with frames whose clock and ordinal are unset.
  // Results and errors as FrameSource::Read; not called again after an error
  // or kEnd.
  virtual absl::StatusOr<ReadResult> Read(FrameBatch& batch) = 0;
};

// The slow path of TimeOf.
UnixNanos ImpossibleTime(int64_t seconds, int64_t fraction_nanos,
                         FileProgress& progress);

// Nanoseconds of a recorded time, within 0..ClockStamper::kMaxTime; impossible
// ones are counted (CaptureCounters::bad_times).
inline UnixNanos TimeOf(int64_t seconds, int64_t fraction_nanos,
                        FileProgress& progress) {
  constexpr uint64_t kMaxSeconds = 0xffffffff;  // the year 2106
  if (static_cast<uint64_t>(fraction_nanos) < uint64_t{kSecondNanos} &&
      static_cast<uint64_t>(seconds) <= kMaxSeconds) {
    return seconds * kSecondNanos + fraction_nanos;
  }
  return ImpossibleTime(seconds, fraction_nanos, progress);
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_CAPTURE_FILE_H_
