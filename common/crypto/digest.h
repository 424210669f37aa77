// Digests that fingerprints are made of; none of them protects anything here.

#ifndef TAPLINE_COMMON_CRYPTO_DIGEST_H_
#define TAPLINE_COMMON_CRYPTO_DIGEST_H_

#include <string>

#include "absl/strings/string_view.h"

namespace tapline {

// MD5 (RFC 1321) as 32 lower-case hex digits.
std::string Md5Hex(absl::string_view bytes);

// SHA-256 (FIPS 180-4): 32 bytes, not text.
std::string Sha256(absl::string_view bytes);

}  // namespace tapline

#endif  // TAPLINE_COMMON_CRYPTO_DIGEST_H_
