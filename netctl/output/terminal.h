// stdout and stderr of netctl: data on the one, everything else on the other.

#ifndef TAPLINE_NETCTL_OUTPUT_TERMINAL_H_
#define TAPLINE_NETCTL_OUTPUT_TERMINAL_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/output/printer.h"
#include "common/redact/redacted.h"

namespace tapline {

class Terminal {
 public:
  // Borrows both descriptors. `color` of the environment: NO_COLOR and TERM are
  // read here.
  Terminal(int out, int err);

  // "auto", "always" or "never".
  void SetColor(absl::string_view when);

  // Options for a printer in `format`: width and colour of stdout.
  PrintOptions Options(Format format, bool headers) const;
  bool color() const { return color_; }

  // Writes at once. False when nobody reads any more (EPIPE): end quietly.
  bool Out(absl::string_view text);
  // One line, "netctl: " before it; controls escaped.
  void Say(absl::string_view line);
  // As it is, for help and progress.
  void Err(absl::string_view text);
  bool err_is_tty() const { return err_is_tty_; }
  // A write failed for another reason than EPIPE: the disk is full, ...
  bool failed() const { return failed_; }

 private:
  const int out_;
  const int err_;
  const bool out_is_tty_;
  const bool err_is_tty_;
  const bool environment_color_;
  bool color_;
  bool failed_ = false;
};

}  // namespace tapline

#endif  // TAPLINE_NETCTL_OUTPUT_TERMINAL_H_
