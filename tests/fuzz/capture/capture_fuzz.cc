// A capture file of any bytes through FileSequence: classic pcap is mapped, the
// rest goes to libpcap. Checks what the headers promise of every frame.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "sensord/capture/file_sequence.h"
#include "sensord/capture/self_tuples.h"

namespace tapline {
namespace {

void Check(bool holds) {
  if (!holds) abort();
}

// Reads every byte, so that a sanitizer sees one that is not there.
uint32_t Sum(const Frame& frame) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < frame.captured_bytes; ++i) sum += frame.data[i];
  return sum;
}

void ReadFile(const std::string& path) {
  FileSequence source({path});
  FrameBatch batch;
  uint64_t ordinal = 0;
  UnixNanos clock = 0;
  volatile uint32_t sink = 0;
  int errors = 0;
  while (true) {
    const absl::StatusOr<ReadResult> result = source.Read(batch);
    if (!result.ok()) {
      Check(++errors == 1 && batch.frames.empty());
      continue;
    }
    if (*result == ReadResult::kEnd) break;
    Check(*result == ReadResult::kFrames && !batch.frames.empty());
    Check(batch.frames.size() <= FrameBatch::kMaxFrames);
    for (const Frame& frame : batch.frames) {
      Check(frame.ordinal == ordinal++);
      Check(frame.clock >= clock);
      Check(frame.time >= 0 && frame.time <= ClockStamper::kMaxTime);
      Check(frame.captured_bytes <= kMaxCapturedBytes);
      Check(frame.captured_bytes <= frame.wire_bytes);
      clock = frame.clock;
      sink = sink + Sum(frame) + (TcpTupleOf(frame).has_value() ? 1 : 0);
    }
    Check(batch.clock == clock);
  }
  const CaptureCounters c = source.counters();
  Check(c.frames == ordinal && c.read_bytes <= c.total_bytes);
}

}  // namespace
}  // namespace tapline

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const int fd = memfd_create("input", MFD_CLOEXEC);
  if (fd < 0) return 0;
  if (write(fd, data, size) == static_cast<ssize_t>(size)) {
    tapline::ReadFile(absl::StrCat("/proc/self/fd/", fd));
  }
  close(fd);
  return 0;
}
