#include "sensord/analyzers/tls_registry.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

struct Named {
  uint16_t number;
  const char* name;
};

constexpr Named kCiphers[] = {
#define CIPHER(number, name) {number, name},
#include "sensord/analyzers/tls_ciphers.def"
#undef CIPHER
};

constexpr Named kVersions[] = {
    {kSsl2, "SSL 2.0"},    {kDtlsOld, "DTLS 1.0"}, {kSsl3, "SSL 3.0"},
    {kTls10, "TLS 1.0"},   {0x0302, "TLS 1.1"},    {kTls12, "TLS 1.2"},
    {kTls13, "TLS 1.3"},   {kDtls13, "DTLS 1.3"},  {kDtls12, "DTLS 1.2"},
    {kDtls10, "DTLS 1.0"},
};

constexpr Named kGroups[] = {
    {0x0001, "sect163k1"},
    {0x0002, "sect163r1"},
    {0x0003, "sect163r2"},
    {0x0006, "sect233k1"},
    {0x0007, "sect233r1"},
    {0x0009, "sect283k1"},
    {0x000a, "sect283r1"},
    {0x000b, "sect409k1"},
    {0x000c, "sect409r1"},
    {0x000d, "sect571k1"},
    {0x000e, "sect571r1"},
    {0x0012, "secp192k1"},
    {0x0013, "secp192r1"},
    {0x0014, "secp224k1"},
    {0x0015, "secp224r1"},
    {0x0016, "secp256k1"},
    {0x0017, "secp256r1"},
    {0x0018, "secp384r1"},
    {0x0019, "secp521r1"},
    {0x001a, "brainpoolP256r1"},
    {0x001b, "brainpoolP384r1"},
    {0x001c, "brainpoolP512r1"},
    {0x001d, "x25519"},
    {0x001e, "x448"},
    {0x0029, "curveSM2"},
    {0x0100, "ffdhe2048"},
    {0x0101, "ffdhe3072"},
    {0x0102, "ffdhe4096"},
    {0x0103, "ffdhe6144"},
    {0x0104, "ffdhe8192"},
    {0x0200, "MLKEM512"},
    {0x0201, "MLKEM768"},
    {0x0202, "MLKEM1024"},
    {0x11eb, "SecP256r1MLKEM768"},
    {0x11ec, "X25519MLKEM768"},
    {0x11ed, "SecP384r1MLKEM1024"},
    {0x6399, "X25519Kyber768Draft00"},
    {0x639a, "SecP256r1Kyber768Draft00"},
};

constexpr Named kAlerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {52, "too_many_cids_requested"},
    {60, "export_restriction"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {111, "certificate_unobtainable"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
    {121, "ech_required"},
};

// `table` is in ascending order. Null when there is none.
template <size_t kSize>
const char* Find(const Named (&table)[kSize], uint16_t number) {
  const Named* found = std::lower_bound(
      std::begin(table), std::end(table), number,
      [](const Named& row, uint16_t wanted) { return row.number < wanted; });
  return found != std::end(table) && found->number == number ? found->name
                                                             : nullptr;
}

std::string Number(uint16_t value) {
  return absl::StrCat("0x", absl::Hex(value, absl::kZeroPad4));
}

template <size_t kSize>
std::string NameOf(const Named (&table)[kSize], uint16_t number) {
  const char* name = Find(table, number);
  return name != nullptr ? std::string(name) : Number(number);
}

}  // namespace

bool IsDeprecatedTls(uint16_t version) {
  return version == kSsl2 || version == kDtls10 || version == kDtlsOld ||
         (version >= kSsl3 && version < kTls12);
}

std::string TlsVersionName(uint16_t version) {
  if (version >> 8 == 0x7f || version >> 8 == 0xfb) {
    return absl::StrCat("TLS 1.3 draft ", version & 0xff);
  }
  return NameOf(kVersions, version);
}

std::string TlsCipherName(uint16_t cipher) { return NameOf(kCiphers, cipher); }

std::string TlsGroupName(uint16_t group) { return NameOf(kGroups, group); }

std::string TlsAlertName(uint8_t description) {
  const char* name = Find(kAlerts, description);
  return name != nullptr ? std::string(name) : absl::StrCat(description);
}

}  // namespace tapline
