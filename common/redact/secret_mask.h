// Finds credentials in free text. Hand-written, linear, total: any bytes in.

#ifndef TAPLINE_COMMON_REDACT_SECRET_MASK_H_
#define TAPLINE_COMMON_REDACT_SECRET_MASK_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tapline {

// True when the text has none of what MaskSecrets would look at closer: the
// common case, a few nanoseconds.
bool SurelyWithoutSecrets(absl::string_view text);

// Replaces the value of `key=value` and `key: value` whose key names a secret
// (password, passwd, pwd, secret, token, api key, credential, session id,
// authorization, cookie), what follows "Bearer " or "Basic ", user information
// in `scheme://user:pw@host`, and well-known token shapes, by
// "[redacted:<class>]". Idempotent; a value that is only '*' was masked
// already. The rest stays as it is.
std::string MaskSecrets(absl::string_view text);

// What MaskSecrets would replace, ascending: [begin, end).
struct SecretSpan {
  size_t begin;
  size_t end;
};
std::vector<SecretSpan> FindSecrets(absl::string_view text);

}  // namespace tapline

#endif  // TAPLINE_COMMON_REDACT_SECRET_MASK_H_
