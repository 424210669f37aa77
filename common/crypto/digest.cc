#include "common/crypto/digest.h"

#include <openssl/evp.h>

#include "absl/strings/escaping.h"

namespace tapline {
namespace {

std::string Digest(const EVP_MD* kind, absl::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, kind, nullptr) !=
      1) {
    return "";
  }
  return std::string(reinterpret_cast<const char*>(digest), size);
}

}  // namespace

std::string Md5Hex(absl::string_view bytes) {
  return absl::BytesToHexString(Digest(EVP_md5(), bytes));
}

std::string Sha256(absl::string_view bytes) {
  return Digest(EVP_sha256(), bytes);
}

}  // namespace tapline
