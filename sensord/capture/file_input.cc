#include "sensord/capture/file_input.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/memory/memory.h"

namespace tapline {
namespace {

// How often a waiting read looks whether it was stopped.
constexpr int kStopCheckMs = 50;

}  // namespace

std::unique_ptr<FileInput> FileInput::Open(int fd, FileProgress& progress) {
  auto input = absl::WrapUnique(new FileInput(fd, progress));
  input->buffer_ = std::make_unique<uint8_t[]>(kBufferBytes);
  cookie_io_functions_t functions = {};
  functions.read = &FileInput::ReadCookie;
  input->stream_ = fopencookie(input.get(), "r", functions);
  if (input->stream_ == nullptr) return nullptr;
  // Unbuffered, so that every byte libpcap has not asked for yet is in our own
  // buffer and Ready() can tell.
  setvbuf(input->stream_, nullptr, _IONBF, 0);
  return input;
}

FileInput::~FileInput() {
  if (stream_ != nullptr) fclose(stream_);
  if (fd_ != STDIN_FILENO) close(fd_);
}

FILE* FileInput::TakeStream() {
  FILE* stream = stream_;
  stream_ = nullptr;
  return stream;
}

bool FileInput::Ready(int timeout_ms) {
  if (begin_ < end_) return true;
  pollfd p = {fd_, POLLIN, 0};
  return poll(&p, 1, timeout_ms) > 0;
}

ssize_t FileInput::ReadCookie(void* cookie, char* out, size_t size) {
  return static_cast<FileInput*>(cookie)->Read(out, size);
}

ssize_t FileInput::Read(char* out, size_t size) {
  if (begin_ == end_ && !Fill()) return 0;
  const size_t n = std::min(size, end_ - begin_);
  std::memcpy(out, buffer_.get() + begin_, n);
  begin_ += n;
  position_ += n;
  progress_.read_bytes.Add(n);
  return static_cast<ssize_t>(n);
}

bool FileInput::Fill() {
  begin_ = end_ = 0;
  while (!progress_.stopped.load(std::memory_order_relaxed)) {
    if (!Ready(kStopCheckMs)) continue;
    const ssize_t n = read(fd_, buffer_.get(), kBufferBytes);
    if (n > 0) {
      end_ = static_cast<size_t>(n);
      return true;
    }
    if (n == 0 || (errno != EINTR && errno != EAGAIN)) return false;
  }
  return false;
}

}  // namespace tapline
