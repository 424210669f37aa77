#include "netctl/client/address.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/net/wire_text.h"

namespace tapline {

absl::StatusOr<Address> ParseAddress(absl::string_view text) {
  constexpr absl::string_view kUnix = "unix://";
  if (absl::StartsWith(text, absl::StrCat(kUnix, "/"))) {
    const std::string path(text.substr(kUnix.size()));
    // sun_path with its NUL is 108 (unix(7)).
    if (path.size() > 107) {
      return absl::InvalidArgumentError("socket path is longer than 107 bytes");
    }
    return Address{std::string(text), std::string(text), path};
  }
  const size_t colon = text.rfind(':');
  const absl::string_view host = text.substr(0, colon);
  uint32_t port = 0;
  if (colon == absl::string_view::npos ||
      !absl::SimpleAtoi(text.substr(colon + 1), &port) || port == 0 ||
      port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat(
        "address ", PrintableText(text), " must be unix:///path or host:port"));
  }
  if (host == "localhost") {
    return Address{std::string(text), absl::StrCat("127.0.0.1:", port), ""};
  }
  if (host != "[::1]" && !absl::StartsWith(host, "127.")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "address ", PrintableText(text),
        " is not loopback; a remote sensor needs TLS, which this version does "
        "not have (forward its socket over ssh instead)"));
  }
  return Address{std::string(text), std::string(text), ""};
}

}  // namespace tapline
