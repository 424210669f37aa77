// Certificates made by OpenSSL for tests: what OpenSSL wrote must be read
// alike.

#ifndef TAPLINE_TESTS_SUPPORT_TEST_CERTIFICATE_H_
#define TAPLINE_TESTS_SUPPORT_TEST_CERTIFICATE_H_

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tapline::testing {

struct CertificateWish {
  // Short name of the attribute, and its value in UTF-8.
  using Name = std::vector<std::pair<std::string, std::string>>;
  Name subject = {{"CN", "www.example.com"}};
  Name issuer = {{"CN", "Example CA"}, {"O", "Example, Inc."}, {"C", "SE"}};
  // "DNS:a.example,IP:192.0.2.1" (x509v3_config(5)); empty: no extension.
  std::string alternative_names;
  // MBSTRING_UTF8, or with B_ASN1_BMPSTRING: encodings allowed for names.
  bool bmp_names = false;
  int64_t not_before = 1700000000;
  int64_t not_after = 1731536000;
  bool authority = false;
  // "EC" with a curve, "ED25519", or "RSA" with bits.
  std::string key = "EC";
  std::string curve = "P-256";
  unsigned bits = 1024;
  long serial = 0x1234;
};

inline EVP_PKEY* NewKey(const CertificateWish& wish) {
  if (wish.key == "EC") {
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", wish.curve.c_str());
  }
  if (wish.key == "RSA") {
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{wish.bits});
  }
  return EVP_PKEY_Q_keygen(nullptr, nullptr, wish.key.c_str());
}

inline void FillName(const CertificateWish& wish,
                     const CertificateWish::Name& parts, X509_NAME* name) {
  for (const auto& [type, value] : parts) {
    const auto* text = reinterpret_cast<const unsigned char*>(value.data());
    const int size = static_cast<int>(value.size());
    if (!wish.bmp_names) {
      X509_NAME_add_entry_by_txt(name, type.c_str(), MBSTRING_UTF8, text, size,
                                 -1, 0);
      continue;
    }
    // ASCII as UCS-2.
    std::string wide;
    for (const char c : value) wide += std::string(1, '\0') + c;
    X509_NAME_add_entry_by_txt(
        name, type.c_str(), V_ASN1_BMPSTRING,
        reinterpret_cast<const unsigned char*>(wide.data()),
        static_cast<int>(wide.size()), -1, 0);
  }
}

inline void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// DER of the certificate, signed with its own key.
inline std::string MakeCertificate(const CertificateWish& wish) {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(NewKey(wish),
                                                          EVP_PKEY_free);
  std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(),
                                                          X509_free);
  X509* x = certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), wish.serial);
  ASN1_TIME_set(X509_getm_notBefore(x), wish.not_before);
  ASN1_TIME_set(X509_getm_notAfter(x), wish.not_after);
  FillName(wish, wish.subject, X509_get_subject_name(x));
  FillName(wish, wish.issuer, X509_get_issuer_name(x));
  X509_set_pubkey(x, key.get());
  if (!wish.alternative_names.empty()) {
    AddExtension(x, NID_subject_alt_name, wish.alternative_names);
  }
  if (wish.authority) {
    AddExtension(x, NID_basic_constraints, "critical,CA:TRUE");
  }
  X509_sign(x, key.get(), wish.key == "ED25519" ? nullptr : EVP_sha256());
  unsigned char* der = nullptr;
  const int size = i2d_X509(x, &der);
  std::string bytes(reinterpret_cast<const char*>(der),
                    size > 0 ? static_cast<size_t>(size) : 0);
  OPENSSL_free(der);
  return bytes;
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_TEST_CERTIFICATE_H_
