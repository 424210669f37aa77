// The name of a server as a client's hello gives it (RFC 6066 3).

#ifndef TAPLINE_SENSORD_ANALYZERS_SERVER_NAME_H_
#define TAPLINE_SENSORD_ANALYZERS_SERVER_NAME_H_

#include <string>

#include "absl/strings/string_view.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline {

// The flow's host: lower case, no final dot.
std::string HostOfSni(absl::string_view sni);

// Tells what is odd about the name:
//   tls.sni_nul           NUL in it
//   tls.sni_address       an address and no name
//   tls.sni_invalid       other bytes no host name has
//   tls.sni_trailing_dot  a final dot
void CheckSni(absl::string_view sni, AnalyzerOutput& out);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_SERVER_NAME_H_
