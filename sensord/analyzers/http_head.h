// What the heads of HTTP/1 messages say: facts into the transaction, broken
// rules as anomalies (http.h lists them).

#ifndef TAPLINE_SENSORD_ANALYZERS_HTTP_HEAD_H_
#define TAPLINE_SENSORD_ANALYZERS_HTTP_HEAD_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/http_framing.h"
#include "sensord/analyzers/http_start_line.h"
#include "sensord/analyzers/http_transaction.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline::http {

inline constexpr size_t kMaxHeadBytes = 16 << 10;
inline constexpr size_t kMaxHeaders = 100;

inline constexpr char kFramingAmbiguous[] = "http.framing_ambiguous";

struct MessageHead {
  // False: it does not begin like one; nothing else is set.
  bool valid = false;
  // Two readers may disagree on where the message ends.
  bool ambiguous = false;
  // "Connection: close".
  bool close = false;
  FramingFields framing;
};

// `text` is a head, or whole lines of one of which no more will come
// (`complete` false). `request` and `transaction` are filled; `request` borrows
// from `text`.
MessageHead ReadRequestHead(absl::string_view text, bool complete,
                            RequestLine* request, HttpTransaction* transaction,
                            AnalyzerOutput& out);
MessageHead ReadResponseHead(absl::string_view text, StatusLine* status,
                             HttpTransaction* transaction, AnalyzerOutput& out);

}  // namespace tapline::http

#endif  // TAPLINE_SENSORD_ANALYZERS_HTTP_HEAD_H_
