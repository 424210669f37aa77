// Where frames come from: a live interface, files, standard input, a replay.

#ifndef TAPLINE_SENSORD_CAPTURE_FRAME_SOURCE_H_
#define TAPLINE_SENSORD_CAPTURE_FRAME_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sensord/capture/frame.h"

namespace tapline {

// A time during which frames could not be seen (R24).
struct CaptureOutage {
  const char* reason = "";  // "link_down", "interface_gone"
  UnixNanos start = 0;      // wall time
  UnixNanos end = 0;
};

// Cumulative.
struct CaptureCounters {
  uint64_t frames = 0;  // handed out
  uint64_t bytes = 0;   // of them, on the wire
  // Lost before tapline saw them, as the kernel reports it.
  uint64_t kernel_drops = 0;
  uint64_t interface_drops = 0;
  // Frames of tapline's own sockets left out (E51).
  uint64_t self_frames = 0;
  uint64_t steps_back = 0;
  uint64_t jumps_forward = 0;
  // Frames whose recorded time was impossible: a fraction of a second or more
  // (added as it is), before 1970 or after 2116 (taken as that limit).
  uint64_t bad_times = 0;
  // Frames longer than kMaxCapturedBytes, handed out cut to it.
  uint64_t cut_frames = 0;
  // Of files: position and size of all together; 0 when unknown.
  uint64_t read_bytes = 0;
  uint64_t total_bytes = 0;
  uint64_t outages = 0;
};

enum class ReadResult {
  kFrames,  // at least one frame
  kIdle,    // nothing for now; the batch's clock may have advanced
  kEnd,     // nothing more ever
};

// One virtual call per batch, none per frame.
// Thread safety: Read and the destructor from one thread; counters(), Stop()
// and TakeOutages() from any.
class FrameSource {
 public:
  virtual ~FrameSource() = default;

  // Clears `batch` and fills it with up to FrameBatch::kMaxFrames frames,
  // stamped with clock and ordinal. Waits at most about 100 ms (live: the block
  // timeout) and then answers kIdle.
  // Errors end the source: everything readable was handed out before.
  //   DataLoss         a file is truncated or damaged (file, byte offset).
  //   InvalidArgument  not a capture file, or an unsupported link type.
  //   NotFound, PermissionDenied, Unavailable as the system said.
  virtual absl::StatusOr<ReadResult> Read(FrameBatch& batch) = 0;

  virtual CaptureCounters counters() const = 0;
  // Ended outages since the last call.
  virtual std::vector<CaptureOutage> TakeOutages() { return {}; }
  // Makes the next Read answer kEnd.
  virtual void Stop() = 0;
  // True while a live interface is down or gone; `reason` says which.
  virtual bool Waiting(std::string* reason) const {
    (void)reason;
    return false;
  }
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_FRAME_SOURCE_H_
