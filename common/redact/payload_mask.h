// What payload that is shown to people must not show (D18, D19): what
// secret_mask.h and personal_mask.h recognize, and what follows the commands
// that carry logins in protocols of lines.

#ifndef TAPLINE_COMMON_REDACT_PAYLOAD_MASK_H_
#define TAPLINE_COMMON_REDACT_PAYLOAD_MASK_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/redact/secret_mask.h"

namespace tapline {

inline constexpr absl::string_view kSecretMark = "[redacted:secret]";

// `payload` is any bytes; `cut` says that it goes on. Besides what those two
// find:
// - arguments of PASS (RFC 959, 1939), AUTH and AUTHENTICATE (RFC 4954, 5034,
//   9051; a mechanism's name stays), LOGIN behind a tag (RFC 9051), OPER
//   (RFC 2812), and AUTH as Redis sends it, inline and as an array;
// - lines in base64 that follow AUTH, or are all there is (RFC 4954 4);
// - what SQL quotes behind PASSWORD or IDENTIFIED BY;
// - when cut, the last word: it may be the beginning of a secret.
// Ascending, without overlaps.
std::vector<SecretSpan> FindPayloadSecrets(absl::string_view payload, bool cut);

// The payload with each of them replaced by "[redacted:secret]".
std::string MaskPayload(absl::string_view payload, bool cut);

}  // namespace tapline

#endif  // TAPLINE_COMMON_REDACT_PAYLOAD_MASK_H_
