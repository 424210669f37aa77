// First lines of HTTP/1 messages (RFC 9112 3 and 4), and what flows begin with
// them.

#ifndef TAPLINE_SENSORD_ANALYZERS_HTTP_START_LINE_H_
#define TAPLINE_SENSORD_ANALYZERS_HTTP_START_LINE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/analyzer.h"

namespace tapline::http {

struct RequestLine {
  absl::string_view method;
  absl::string_view target;
  // "0.9" when the line has none; static storage.
  const char* version = "";
  // White space where it does not belong.
  bool spaced = false;
};

// False: this is no request line of HTTP/1, or not all of it came.
bool ParseRequestLine(absl::string_view line, RequestLine* out);

struct StatusLine {
  const char* version = "";
  // 100..999.
  uint16_t status = 0;
  absl::string_view reason;
};

bool ParseStatusLine(absl::string_view line, StatusLine* out);

// Whether a message begins like a response rather than a request.
bool IsResponse(absl::string_view text);

Match ProbeHttp(const Opening& opening);

}  // namespace tapline::http

#endif  // TAPLINE_SENSORD_ANALYZERS_HTTP_START_LINE_H_
