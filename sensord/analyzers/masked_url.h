// URLs and product lines as they may be shown: what names a resource, never
// what identifies a person or opens a door (reliability.md 5.2 rows 5-12).

#ifndef TAPLINE_SENSORD_ANALYZERS_MASKED_URL_H_
#define TAPLINE_SENSORD_ANALYZERS_MASKED_URL_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline {

// Path and query of a request target ("/a/b?k=v", "*"): the path as
// masked_path.h has it, without ";k=v" parameters; every value of the query is
// "[..]", as are keys that are not plain; no fragment.
std::string MaskedTarget(absl::string_view target);

// Product names and comments (User-Agent, Server): words that are e-mail
// addresses or look opaque become marks. Reads the first `max_bytes`, and hides
// a word cut by that.
std::string MaskedProduct(absl::string_view text, size_t max_bytes = 256);

// Parts of an authority "user@host:port" (RFC 3986 3.2), borrowed from it.
struct Authority {
  // Without the brackets of an IPv6 address.
  absl::string_view host;
  // 0 when there is none, or none that is a port.
  uint16_t port = 0;
};
Authority SplitAuthority(absl::string_view authority);

// Parts of "http://h:80/p?q" (RFC 3986 3), borrowed from it.
struct AbsoluteUrl {
  absl::string_view scheme;
  Authority authority;
  // Path and query, and fragment; empty when there is none.
  absl::string_view target;
};
// False when `url` does not begin with "scheme://".
bool SplitUrl(absl::string_view url, AbsoluteUrl* out);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_MASKED_URL_H_
