// Capture files read one after the other as one source: one clock, ordinals
// that go on.

#ifndef TAPLINE_SENSORD_CAPTURE_FILE_SEQUENCE_H_
#define TAPLINE_SENSORD_CAPTURE_FILE_SEQUENCE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/sync/mutex.h"
#include "sensord/capture/capture_file.h"
#include "sensord/capture/clock_stamper.h"
#include "sensord/capture/frame_source.h"

namespace tapline {

// A file that cannot be opened or ends with an error does not keep the others
// from being read: Read answers the first error after the last file, then kEnd.
class FileSequence final : public FrameSource {
 public:
  // "-" is standard input. Files are opened when their turn comes: the one with
  // the earliest first frame first, as given where a stream is among them.
  explicit FileSequence(std::vector<std::string> paths);

  absl::StatusOr<ReadResult> Read(FrameBatch& batch) override;
  // total_bytes is 0 if a stream is among the files.
  CaptureCounters counters() const override;
  void Stop() override;

  // Of every file so far, in order. Thread-safe.
  std::vector<absl::Status> errors() const;

 private:
  // Opens the next file; false if none is left.
  bool OpenNext();
  void NoteError(absl::Status status);
  void Stamp(FrameBatch& batch);

  const std::vector<std::string> paths_;
  uint64_t total_bytes_ = 0;
  FileProgress progress_;
  ClockStamper stamper_;
  size_t next_ = 0;
  std::unique_ptr<CaptureFile> file_;
  bool error_answered_ = false;
  Counter frames_;
  Counter bytes_;

  mutable Mutex mutex_;
  std::vector<absl::Status> errors_ ABSL_GUARDED_BY(mutex_);
};

// Opens one file by its magic number: classic pcap mapped, the rest and all
// that is not a regular file through libpcap. "-" is standard input.
// NotFound, PermissionDenied: as the system said. InvalidArgument: not a
// capture file.
absl::StatusOr<std::unique_ptr<CaptureFile>> OpenCaptureFile(
    const std::string& path, FileProgress& progress);

// A source over one file, which is opened to see whether it can be read; for
// streams ("-", pipes) that is left to the first Read.
// Errors as OpenCaptureFile.
absl::StatusOr<std::unique_ptr<FrameSource>> OpenCapture(std::string path);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_FILE_SEQUENCE_H_
