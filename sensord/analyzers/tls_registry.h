// Names of what TLS and DTLS number (IANA, "Transport Layer Security (TLS)
// Parameters").

#ifndef TAPLINE_SENSORD_ANALYZERS_TLS_REGISTRY_H_
#define TAPLINE_SENSORD_ANALYZERS_TLS_REGISTRY_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline {

inline constexpr uint16_t kSsl2 = 0x0002;
inline constexpr uint16_t kSsl3 = 0x0300;
inline constexpr uint16_t kTls10 = 0x0301;
inline constexpr uint16_t kTls12 = 0x0303;
inline constexpr uint16_t kTls13 = 0x0304;
inline constexpr uint16_t kDtls10 = 0xfeff;
inline constexpr uint16_t kDtls12 = 0xfefd;
inline constexpr uint16_t kDtls13 = 0xfefc;
// What OpenSSL sent before RFC 4347 was out.
inline constexpr uint16_t kDtlsOld = 0x0100;

// Values that mean nothing, to keep servers tolerant (RFC 8701 2).
inline bool IsGrease(uint16_t value) {
  return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

// TLS 1.3 or a draft of it (RFC 8446 4.2.1; drafts had 0x7f00 and their number,
// and some browsers' 0xfb00).
inline bool IsTls13(uint16_t version) {
  return version == kTls13 || version == kDtls13 || version >> 8 == 0x7f ||
         version >> 8 == 0xfb;
}

// Not to be used any more (RFC 6176, 7568, 8996).
bool IsDeprecatedTls(uint16_t version);

// "TLS 1.3", "DTLS 1.2", "SSL 3.0", "TLS 1.3 draft 23"; "0x1234" when unknown.
std::string TlsVersionName(uint16_t version);

// "TLS_AES_128_GCM_SHA256"; "0x1234" when unknown.
std::string TlsCipherName(uint16_t cipher);

// "x25519", "secp256r1"; "0x1234" when unknown.
std::string TlsGroupName(uint16_t group);

// "handshake_failure" (RFC 8446 6.2); "99" when unknown.
std::string TlsAlertName(uint8_t description);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_TLS_REGISTRY_H_
