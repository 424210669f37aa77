// Classic pcap files (version 2.4, both byte orders, microseconds or
// nanoseconds), mapped and walked without a copy.

#ifndef TAPLINE_SENSORD_CAPTURE_MAPPED_FILE_H_
#define TAPLINE_SENSORD_CAPTURE_MAPPED_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sensord/capture/capture_file.h"

namespace tapline {

// True if `head`, the first `bytes` of a file, is a header that MappedFile
// reads; other magics and versions are left to libpcap.
bool IsClassicPcap(const uint8_t* head, size_t bytes);

// Frames point into the mapping; each batch keeps it alive (backing). The size
// of the file is checked before every batch: one that shrinks ends with
// DataLoss after what is left. Only a file cut within the time its last batch
// is being used can still raise SIGBUS.
class MappedFile final : public CaptureFile {
 public:
  // Takes over `fd`, a regular file of `size` bytes for which IsClassicPcap
  // holds. `path` is used in messages.
  static absl::StatusOr<std::unique_ptr<MappedFile>> Open(
      int fd, uint64_t size, std::string path, FileProgress& progress);
  ~MappedFile() override;

  absl::StatusOr<ReadResult> Read(FrameBatch& batch) override;

 private:
  struct Mapping;

  MappedFile(int fd, std::string path, FileProgress& progress)
      : fd_(fd), path_(std::move(path)), progress_(progress) {}

  // Appends frames until the batch is full, `limit_` is reached or a record is
  // bad; then sets status_.
  template <bool kSwapped>
  void Walk(FrameBatch& batch);
  absl::Status Damaged(const char* what) const;
  // Notices a file that has become shorter.
  void CheckSize();

  const int fd_;
  const std::string path_;
  FileProgress& progress_;
  std::shared_ptr<const Mapping> mapping_;
  const uint8_t* data_ = nullptr;
  uint64_t mapped_bytes_ = 0;
  // What may be touched: mapped_bytes_ or less.
  uint64_t limit_ = 0;
  uint64_t offset_ = 0;
  bool swapped_ = false;
  int64_t fraction_unit_nanos_ = 1;
  uint16_t link_type_ = 0;
  absl::Status status_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_MAPPED_FILE_H_
