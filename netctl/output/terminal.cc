#include "netctl/output/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/net/wire_text.h"

namespace tapline {
namespace {

std::string Environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

// no-color.org: any non-empty value.
bool EnvironmentAllowsColor() {
  return Environment("NO_COLOR").empty() && Environment("TERM") != "dumb";
}

size_t WidthOf(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  size_t columns = 0;
  if (absl::SimpleAtoi(Environment("COLUMNS"), &columns)) return columns;
  return 80;
}

// 0, or the errno that ended it.
int WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t put = write(fd, text.data(), text.size());
    if (put >= 0) {
      text.remove_prefix(static_cast<size_t>(put));
    } else if (errno == EAGAIN) {
      pollfd wait = {fd, POLLOUT, 0};
      poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

Terminal::Terminal(int out, int err)
    : out_(out),
      err_(err),
      out_is_tty_(isatty(out) == 1),
      err_is_tty_(isatty(err) == 1),
      environment_color_(EnvironmentAllowsColor()),
      color_(out_is_tty_ && environment_color_) {}

void Terminal::SetColor(absl::string_view when) {
  color_ =
      when == "always" || (when == "auto" && out_is_tty_ && environment_color_);
}

PrintOptions Terminal::Options(Format format, bool headers) const {
  PrintOptions options;
  options.format = format;
  options.headers = headers;
  options.color = color_;
  options.width = out_is_tty_ ? WidthOf(out_) : 0;
  return options;
}

bool Terminal::Out(absl::string_view text) {
  const int error = WriteAll(out_, text);
  if (error != 0 && error != EPIPE && !failed_) {
    failed_ = true;
    Say(absl::StrCat("cannot write to stdout: ",
                     absl::ErrnoToStatus(error, "").ToString()));
  }
  return error == 0;
}

void Terminal::Say(absl::string_view line) {
  Err(absl::StrCat("netctl: ", PrintableText(line), "\n"));
}

void Terminal::Err(absl::string_view text) { WriteAll(err_, text); }

}  // namespace tapline
