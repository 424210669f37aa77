// A log whose lines a test can read back.

#ifndef TAPLINE_TESTS_SUPPORT_LOG_CAPTURE_H_
#define TAPLINE_TESTS_SUPPORT_LOG_CAPTURE_H_

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "common/log/log.h"

namespace tapline::testing {

class LogCapture {
 public:
  LogCapture()
      : descriptor_(memfd_create("log", MFD_CLOEXEC)), log_(descriptor_) {}
  ~LogCapture() { close(descriptor_); }

  Log* log() { return &log_; }
  // Everything so far.
  std::string Text() const {
    std::string text;
    char block[4096];
    for (ssize_t n; (n = pread(descriptor_, block, sizeof block,
                               static_cast<off_t>(text.size()))) > 0;) {
      text.append(block, static_cast<size_t>(n));
    }
    return text;
  }

 private:
  const int descriptor_;
  Log log_;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_LOG_CAPTURE_H_
