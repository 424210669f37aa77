// What a request target looks like an attempt at: judged before it is masked.

#ifndef TAPLINE_SENSORD_ANALYZERS_HTTP_HINTS_H_
#define TAPLINE_SENSORD_ANALYZERS_HTTP_HINTS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace tapline::http {

struct PathHint {
  uint8_t bit;
  const char* name;
};

// In the order they are told.
absl::Span<const PathHint> AllPathHints();

// Bits of AllPathHints. Percent-encoding is undone twice, as layered servers
// do; only the first 1024 bytes are looked at. A hint, never a proof.
uint8_t PathHints(absl::string_view target);

}  // namespace tapline::http

#endif  // TAPLINE_SENSORD_ANALYZERS_HTTP_HINTS_H_
