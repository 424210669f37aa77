// HKDF (RFC 5869) on the plain SHA-256 functions: keys of one side are 14 runs
// of the compression function, where a derivation context of OpenSSL costs many
// times that. AES goes through two contexts that only change their key.

#define OPENSSL_SUPPRESS_DEPRECATED
#include "common/crypto/quic_protection.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/string_view.h"

namespace tapline {
namespace {

constexpr size_t kSaltBytes = 20;
constexpr size_t kBlockBytes = 64;
constexpr size_t kDigestBytes = SHA256_DIGEST_LENGTH;

constexpr uint8_t kSalts[kQuicSalts][kSaltBytes] = {
    {0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
     0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a},
    {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
     0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02},
    {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
     0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99},
    {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
     0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
    {0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d,
     0x62, 0xca, 0x57, 0x04, 0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3},
    {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
     0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
    {0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94,
     0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45},
    {0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80,
     0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10},
    {0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50,
     0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d},
};

// HMAC-SHA-256 (RFC 2104) with the work on the key done.
struct HmacKey {
  SHA256_CTX inner;
  SHA256_CTX outer;

  HmacKey() = default;
  HmacKey(const uint8_t* key, size_t size) {
    uint8_t block[kBlockBytes] = {};
    std::memcpy(block, key, std::min(size, sizeof block));
    Absorb(block, 0x36, &inner);
    Absorb(block, 0x5c, &outer);
  }

  void Sign(const uint8_t* message, size_t size,
            uint8_t (&digest)[kDigestBytes]) const {
    SHA256_CTX context = inner;
    SHA256_Update(&context, message, size);
    SHA256_Final(digest, &context);
    context = outer;
    SHA256_Update(&context, digest, sizeof digest);
    SHA256_Final(digest, &context);
  }

 private:
  static void Absorb(const uint8_t (&key)[kBlockBytes], uint8_t pad,
                     SHA256_CTX* context) {
    uint8_t block[kBlockBytes];
    for (size_t i = 0; i < kBlockBytes; ++i) {
      block[i] = static_cast<uint8_t>(key[i] ^ pad);
    }
    SHA256_Init(context);
    SHA256_Update(context, block, sizeof block);
  }
};

// HKDF-Expand-Label (RFC 8446 7.1) of at most one digest, without context:
//   length:u16 label-size:u8 "tls13 " label 0:u8, then the counter 1.
void ExpandLabel(const HmacKey& secret, absl::string_view label, uint8_t* out,
                 size_t size) {
  constexpr absl::string_view kPrefix = "tls13 ";
  uint8_t info[32];
  uint8_t* p = info;
  *p++ = 0;
  *p++ = static_cast<uint8_t>(size);
  *p++ = static_cast<uint8_t>(kPrefix.size() + label.size());
  p = std::copy(kPrefix.begin(), kPrefix.end(), p);
  p = std::copy(label.begin(), label.end(), p);
  *p++ = 0;
  *p++ = 1;
  uint8_t digest[kDigestBytes];
  secret.Sign(info, static_cast<size_t>(p - info), digest);
  std::memcpy(out, digest, size);
}

using CipherContext =
    std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

CipherContext NewCipher(const char* name, bool encrypt) {
  CipherContext context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  EVP_CipherInit_ex2(context.get(), cipher, nullptr, nullptr, encrypt ? 1 : 0,
                     nullptr);
  EVP_CIPHER_free(cipher);
  return context;
}

}  // namespace

struct QuicProtection::State {
  HmacKey salts[kQuicSalts];
  const CipherContext aead = NewCipher("AES-128-GCM", false);
  const CipherContext block = NewCipher("AES-128-ECB", true);
};

QuicProtection::QuicProtection() : state_(std::make_unique<State>()) {
  for (int i = 0; i < kQuicSalts; ++i) {
    state_->salts[i] = HmacKey(kSalts[i], kSaltBytes);
  }
}

QuicProtection::~QuicProtection() = default;

QuicKeys QuicProtection::Derive(QuicSalt salt, absl::Span<const uint8_t> id,
                                bool client) const {
  uint8_t secret[kDigestBytes];
  state_->salts[static_cast<int>(salt)].Sign(id.data(), id.size(), secret);
  ExpandLabel(HmacKey(secret, sizeof secret),
              client ? "client in" : "server in", secret, sizeof secret);
  const HmacKey side(secret, sizeof secret);
  const bool v2 = salt == QuicSalt::kV2 || salt == QuicSalt::kV2Draft;
  QuicKeys keys;
  ExpandLabel(side, v2 ? "quicv2 key" : "quic key", keys.key.data(),
              keys.key.size());
  ExpandLabel(side, v2 ? "quicv2 iv" : "quic iv", keys.iv.data(),
              keys.iv.size());
  ExpandLabel(side, v2 ? "quicv2 hp" : "quic hp", keys.header_key.data(),
              keys.header_key.size());
  return keys;
}

std::array<uint8_t, 5> QuicProtection::HeaderMask(
    const QuicKeys& keys, const uint8_t (&sample)[kSampleBytes]) {
  uint8_t block[2 * kSampleBytes] = {};
  int size = 0;
  EVP_CIPHER_CTX* context = state_->block.get();
  EVP_EncryptInit_ex2(context, nullptr, keys.header_key.data(), nullptr,
                      nullptr);
  EVP_CIPHER_CTX_set_padding(context, 0);
  EVP_EncryptUpdate(context, block, &size, sample, sizeof sample);
  std::array<uint8_t, 5> mask;
  std::copy(block, block + mask.size(), mask.begin());
  return mask;
}

bool QuicProtection::Open(const QuicKeys& keys, uint64_t packet_number,
                          absl::Span<const uint8_t> header,
                          absl::Span<const uint8_t> sealed, uint8_t* out) {
  constexpr size_t kMaxBytes = 0xffff;
  if (sealed.size() < kTagBytes || sealed.size() > kMaxBytes ||
      header.size() > kMaxBytes) {
    return false;
  }
  std::array<uint8_t, 12> nonce = keys.iv;
  for (size_t i = 0; i < 8; ++i) {
    nonce[4 + i] =
        static_cast<uint8_t>(nonce[4 + i] ^ packet_number >> (56 - 8 * i));
  }
  const size_t text = sealed.size() - kTagBytes;
  // OpenSSL takes the tag as a pointer to what it does not change.
  uint8_t tag[kTagBytes];
  std::memcpy(tag, sealed.data() + text, kTagBytes);
  EVP_CIPHER_CTX* context = state_->aead.get();
  int size = 0;
  return EVP_DecryptInit_ex2(context, nullptr, keys.key.data(), nonce.data(),
                             nullptr) == 1 &&
         EVP_DecryptUpdate(context, nullptr, &size, header.data(),
                           static_cast<int>(header.size())) == 1 &&
         EVP_DecryptUpdate(context, out, &size, sealed.data(),
                           static_cast<int>(text)) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag) ==
             1 &&
         EVP_DecryptFinal_ex(context, out, &size) == 1;
}

}  // namespace tapline
