// A FILE that libpcap can read from any descriptor, pipes included: counts the
// position, knows whether a read would wait, and ends when told to stop.

#ifndef TAPLINE_SENSORD_CAPTURE_FILE_INPUT_H_
#define TAPLINE_SENSORD_CAPTURE_FILE_INPUT_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>

#include "sensord/capture/capture_file.h"

namespace tapline {

class FileInput {
 public:
  // Takes over `fd` unless it is 0 (standard input stays open). Null if out of
  // memory. `progress` must outlive this object.
  static std::unique_ptr<FileInput> Open(int fd, FileProgress& progress);
  ~FileInput();

  // Gives the stream away (pcap_close closes it); this object must outlive it.
  FILE* TakeStream();

  // True if the next byte, or the end, can be had within `timeout_ms`.
  bool Ready(int timeout_ms);

  // Bytes the reader has taken.
  uint64_t position() const { return position_; }

 private:
  static constexpr size_t kBufferBytes = 64 * 1024;

  FileInput(int fd, FileProgress& progress) : fd_(fd), progress_(progress) {}
  static ssize_t ReadCookie(void* cookie, char* out, size_t size);
  ssize_t Read(char* out, size_t size);
  // Waits for bytes: false at the end, on an error and when stopped.
  bool Fill();

  const int fd_;
  FileProgress& progress_;
  FILE* stream_ = nullptr;
  std::unique_ptr<uint8_t[]> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  uint64_t position_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_FILE_INPUT_H_
