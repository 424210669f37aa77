// The plain functions of OpenSSL, not its EVP interface: there a digest of a
// hundred bytes costs several times as much for setting up than for hashing.

#define OPENSSL_SUPPRESS_DEPRECATED
#include "common/crypto/digest.h"

#include <openssl/md5.h>
#include <openssl/sha.h>

#include "absl/strings/escaping.h"

namespace tapline {

std::string Md5Hex(absl::string_view bytes) {
  unsigned char digest[MD5_DIGEST_LENGTH];
  MD5_CTX context;
  MD5_Init(&context);
  MD5_Update(&context, bytes.data(), bytes.size());
  MD5_Final(digest, &context);
  return absl::BytesToHexString(
      {reinterpret_cast<const char*>(digest), sizeof digest});
}

std::string Sha256(absl::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  SHA256_Final(digest, &context);
  return {reinterpret_cast<const char*>(digest), sizeof digest};
}

}  // namespace tapline
