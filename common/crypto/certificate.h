// X.509 certificates (RFC 5280) as seen on the wire: read, not verified.
//
// Read here and not by OpenSSL, whose d2i_X509 copies every part and decodes
// the key: a sensor reads certificates of strangers by the ten thousand and
// wants a few facts of each. The tests compare both.

#ifndef TAPLINE_COMMON_CRYPTO_CERTIFICATE_H_
#define TAPLINE_COMMON_CRYPTO_CERTIFICATE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace tapline {

// Contents of a DER element.
using DerBytes = absl::Span<const uint8_t>;

// ASN.1 tags (X.690 8.1.2) of strings and other things met here.
namespace der {
inline constexpr uint8_t kUtf8String = 0x0c;
inline constexpr uint8_t kT61String = 0x14;
inline constexpr uint8_t kUniversalString = 0x1c;
inline constexpr uint8_t kBmpString = 0x1e;
// Choices of GeneralName (RFC 5280 4.2.1.6).
inline constexpr uint8_t kEmailName = 0x81;
inline constexpr uint8_t kDnsName = 0x82;
inline constexpr uint8_t kUriName = 0x86;
inline constexpr uint8_t kAddressName = 0x87;

// Takes the first element off `rest`. False when there is no whole one with a
// definite length and a tag of one byte.
bool Next(DerBytes* rest, uint8_t* tag, DerBytes* contents);

// "2.5.4.3"; empty when `oid` is none, or has a number past 64 bits.
std::string OidText(DerBytes oid);
}  // namespace der

// What stands in a certificate; views into its bytes.
struct Certificate {
  // Octets of the INTEGER, as they came.
  DerBytes serial;
  // Contents of a Name: read with NameReader.
  DerBytes issuer;
  DerBytes subject;
  // Seconds since 1970, within the years 1 to 9999; 0 when unreadable.
  int64_t not_before = 0;
  int64_t not_after = 0;
  // Algorithm of the subject's key: "rsa", "ec", "ed25519"..., and its curve
  // where it has one; empty when unknown, key_oid then says which. Static
  // storage.
  absl::string_view key_type;
  absl::string_view key_curve;
  DerBytes key_oid;
  // Of the modulus, prime or field; 0 when unknown.
  uint32_t key_bits = 0;
  // Contents of SubjectAltName: GeneralName elements for der::Next.
  DerBytes alternative_names;
  bool authority = false;

  // Issuer and subject are the same name, which no other signer's would be.
  // The signature is not checked.
  bool self_signed() const { return !subject.empty() && issuer == subject; }

  // False when something is not as RFC 5280 4.1 has it; what was read before
  // that stands. Time linear in the size.
  bool Read(absl::Span<const uint8_t> bytes);
};

// One attribute of a Name.
struct NameAttribute {
  DerBytes type;
  // Tag of the string, and its bytes in the encoding that follows from it.
  uint8_t tag = 0;
  DerBytes value;
};

// Goes through a Name in the order it is written.
class NameReader {
 public:
  explicit NameReader(DerBytes name) : names_(name) {}
  // False at the end, and where it is no Name: then ok() is false.
  bool Next(NameAttribute* attribute);
  bool ok() const { return ok_; }

 private:
  DerBytes names_;
  // The rest of the present RelativeDistinguishedName.
  DerBytes relative_;
  bool ok_ = true;
};

// The string as UTF-8, what is no character of its encoding as it came. Not
// safe to print: see WireText.
std::string NameValueUtf8(const NameAttribute& attribute);

}  // namespace tapline

#endif  // TAPLINE_COMMON_CRYPTO_CERTIFICATE_H_
