// Whether first bytes are SMTP (RFC 5321) or LMTP (RFC 2033).

#ifndef TAPLINE_SENSORD_ANALYZERS_SMTP_PROBE_H_
#define TAPLINE_SENSORD_ANALYZERS_SMTP_PROBE_H_

#include "absl/strings/string_view.h"
#include "sensord/analyzers/analyzer.h"

namespace tapline::smtp {

Match Probe(const Opening& opening);

// What a client says that no answer of AUTH is.
bool IsClient(absl::string_view text);

}  // namespace tapline::smtp

#endif  // TAPLINE_SENSORD_ANALYZERS_SMTP_PROBE_H_
