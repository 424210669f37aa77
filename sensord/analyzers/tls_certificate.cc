#include "sensord/analyzers/tls_certificate.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/crypto/digest.h"
#include "common/net/ip_address.h"
#include "common/net/wire_text.h"
#include "sensord/event/fields/tls.h"

namespace tapline {
namespace {

namespace field = fields::tls_certificate;

constexpr size_t kMaxAttributes = 24;
constexpr size_t kMaxValueBytes = 256;
constexpr size_t kMaxNameBytes = 1024;
constexpr size_t kMaxSerialBytes = 64;

struct AttributeName {
  absl::string_view oid;
  absl::string_view name;
};
// RFC 4514 3.
constexpr AttributeName kAttributes[] = {
    {"\x55\x04\x03", "CN"},
    {"\x55\x04\x06", "C"},
    {"\x55\x04\x07", "L"},
    {"\x55\x04\x08", "ST"},
    {"\x55\x04\x09", "STREET"},
    {"\x55\x04\x0a", "O"},
    {"\x55\x04\x0b", "OU"},
    {{"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 10}, "DC"},
    {{"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", 10}, "UID"},
};
// PKCS #9: emailAddress.
constexpr absl::string_view kEmailAttribute{
    "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9};

std::string AttributeType(DerBytes oid) {
  for (const AttributeName& known : kAttributes) {
    if (TextOf(oid) == known.oid) return std::string(known.name);
  }
  return der::OidText(oid);
}

// Escapes of RFC 4514 2.4 that WireText does not make.
std::string EscapedValue(const NameAttribute& attribute) {
  std::string value = NameValueUtf8(attribute);
  if (TextOf(attribute.type) == kEmailAttribute) {
    // Whose it is stays with them; the domain says who runs the site.
    const size_t at = value.rfind('@');
    value =
        absl::StrCat("***", at == std::string::npos ? "" : value.substr(at));
  }
  const std::string safe = WireText(value, kMaxValueBytes);
  std::string text;
  for (const char c : safe) {
    if (absl::string_view(",+\"<>;").find(c) != absl::string_view::npos) {
      text += '\\';
    }
    text += c;
  }
  return text;
}

// "www.", letters and digits of base32, and `end`.
bool IsMadeUpName(absl::string_view name, absl::string_view end) {
  if (!absl::ConsumePrefix(&name, "CN=www.") ||
      !absl::ConsumeSuffix(&name, end) || name.size() < 8 || name.size() > 20) {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
  });
}

// Timestamp: 1 seconds (timestamp.proto); beyond what UnixNanos can say.
void SetSeconds(TimeField field, int64_t seconds, EventWriter& event) {
  event.Open(MessageField{field.number});
  event.Set(UintField{1}, static_cast<uint64_t>(seconds));
  event.Close();
}

}  // namespace

bool DistinguishedName(DerBytes name, std::string* text) {
  std::vector<std::string> parts;
  NameReader reader(name);
  NameAttribute attribute;
  while (parts.size() < kMaxAttributes && reader.Next(&attribute)) {
    parts.push_back(absl::StrCat(AttributeType(attribute.type), "=",
                                 EscapedValue(attribute)));
  }
  text->clear();
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (text->size() + part->size() + 2 > kMaxNameBytes) break;
    absl::StrAppend(text, text->empty() ? "" : ", ", *part);
  }
  return reader.ok();
}

TlsCertificateFacts::TlsCertificateFacts(Bytes der) {
  Certificate c;
  malformed = !c.Read(der);
  malformed |= !DistinguishedName(c.subject, &subject);
  malformed |= !DistinguishedName(c.issuer, &issuer);
  not_before = c.not_before;
  not_after = c.not_after;
  key_type =
      c.key_type.empty() ? der::OidText(c.key_oid) : std::string(c.key_type);
  key_curve = c.key_curve;
  key_bits = c.key_bits;
  serial = absl::BytesToHexString(TextOf(c.serial).substr(0, kMaxSerialBytes));
  sha256 = absl::BytesToHexString(Sha256(TextOf(der)));
  self_signed = c.self_signed();
  authority = c.authority;
  like_tor = c.alternative_names.empty() && IsMadeUpName(subject, ".net") &&
             IsMadeUpName(issuer, ".com");
  DerBytes rest = c.alternative_names;
  uint8_t tag = 0;
  DerBytes name;
  while (!rest.empty()) {
    if (!der::Next(&rest, &tag, &name)) {
      malformed = true;
      break;
    }
    ++name_count;
    if (names.size() == kMaxNames) continue;
    if (tag == der::kDnsName) {
      names.push_back(WireText(TextOf(name), kMaxValueBytes));
    } else if (tag == der::kAddressName && name.size() == 4) {
      names.push_back(IpAddress::FromV4(name.data()).ToString());
    } else if (tag == der::kAddressName && name.size() == 16) {
      names.push_back(IpAddress::FromV6(name.data()).ToString());
    }
  }
}

void TlsCertificateFacts::Tell(UnixNanos when, EventWriter& event) const {
  event.SetSafe(field::kSubject, subject);
  event.SetSafe(field::kIssuer, issuer);
  for (const std::string& name : names) event.SetSafe(field::kSan, name);
  event.Set(field::kSanCount, name_count);
  const bool dated = not_before != 0 || not_after != 0;
  if (dated) {
    SetSeconds(field::kNotBefore, not_before, event);
    SetSeconds(field::kNotAfter, not_after, event);
  }
  event.SetSafe(field::kKeyType, key_type);
  event.SetSafe(field::kKeyCurve, key_curve);
  event.Set(field::kKeyBits, key_bits);
  event.SetSafe(field::kSerial, serial);
  event.SetSafe(field::kSha256, sha256);
  event.Set(field::kSelfSigned, self_signed);
  event.Set(field::kAuthority, authority);
  const int64_t seconds = when / kSecondNanos;
  event.Set(field::kExpired,
            dated && (seconds < not_before || seconds > not_after));
  event.Set(field::kMalformed, malformed);
}

size_t TlsCertificateFacts::MemoryBytes() const {
  size_t bytes = subject.capacity() + issuer.capacity() + key_type.capacity() +
                 serial.capacity() + sha256.capacity() +
                 names.capacity() * sizeof(std::string);
  for (const std::string& name : names) bytes += name.capacity();
  return bytes;
}

}  // namespace tapline
