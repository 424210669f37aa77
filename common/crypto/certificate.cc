// What is read (RFC 5280 4.1):
//
//   Certificate ::= SEQUENCE {
//     tbsCertificate SEQUENCE {
//       [0] version, serialNumber INTEGER, signature SEQUENCE, issuer Name,
//       validity SEQUENCE { notBefore Time, notAfter Time }, subject Name,
//       subjectPublicKeyInfo SEQUENCE {
//         SEQUENCE { algorithm OID, parameters ANY }, BIT STRING },
//       [1] issuerUniqueID, [2] subjectUniqueID,
//       [3] SEQUENCE OF SEQUENCE { OID, BOOLEAN critical, OCTET STRING } },
//     signatureAlgorithm, signatureValue }

#include "common/crypto/certificate.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

constexpr uint8_t kBoolean = 0x01;
constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kBitString = 0x03;
constexpr uint8_t kOctetString = 0x04;
constexpr uint8_t kOid = 0x06;
constexpr uint8_t kUtcTime = 0x17;
constexpr uint8_t kGeneralizedTime = 0x18;
constexpr uint8_t kSequence = 0x30;
constexpr uint8_t kSet = 0x31;
constexpr uint8_t kVersion = 0xa0;
constexpr uint8_t kExtensions = 0xa3;

// The next element, which must have this tag.
bool Take(DerBytes* rest, uint8_t tag, DerBytes* contents) {
  uint8_t found = 0;
  return der::Next(rest, &found, contents) && found == tag;
}

bool Is(DerBytes oid, absl::string_view bytes) {
  return oid.size() == bytes.size() &&
         std::memcmp(oid.data(), bytes.data(), bytes.size()) == 0;
}

// --- Times ------------------------------------------------------------------

// Of the Gregorian calendar, March first so that the leap day comes last.
int64_t DaysSince1970(int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 -
         year_of_era / 100 + day_of_year - 719468;
}

class Digits {
 public:
  explicit Digits(DerBytes text) : text_(text) {}
  bool ok() const { return ok_; }
  bool AtDigit() const {
    return !text_.empty() && text_[0] >= '0' && text_[0] <= '9';
  }
  // The next `count` digits.
  int Take(int count) {
    int value = 0;
    for (; count > 0; --count) {
      ok_ = ok_ && AtDigit();
      if (!ok_) return 0;
      value = value * 10 + (text_[0] - '0');
      text_.remove_prefix(1);
    }
    return value;
  }
  // Seconds east of Greenwich; `Z` is 0.
  int Zone() {
    const char sign = text_.empty() ? 'Z' : static_cast<char>(text_[0]);
    if (sign != '+' && sign != '-') return 0;
    text_.remove_prefix(1);
    const int hours = Take(2);
    const int east = hours * 3600 + Take(2) * 60;
    return sign == '+' ? east : -east;
  }
  void SkipFraction() {
    if (text_.empty() || (text_[0] != '.' && text_[0] != ',')) return;
    text_.remove_prefix(1);
    while (AtDigit()) text_.remove_prefix(1);
  }

 private:
  DerBytes text_;
  bool ok_ = true;
};

// Time (RFC 5280 4.1.2.5), and forms without seconds or with a zone, which
// older certificates have.
bool ReadTime(DerBytes* rest, int64_t* seconds) {
  constexpr int64_t kFirst = -62135596800;  // 0001-01-01
  constexpr int64_t kLast = 253402300799;   // 9999-12-31 23:59:59
  uint8_t tag = 0;
  DerBytes text;
  if (!der::Next(rest, &tag, &text)) return false;
  if (tag != kUtcTime && tag != kGeneralizedTime) return false;
  Digits digits(text);
  int year = digits.Take(tag == kUtcTime ? 2 : 4);
  if (tag == kUtcTime) year += year < 50 ? 2000 : 1900;
  const int month = digits.Take(2);
  const int day = digits.Take(2);
  const int hour = digits.Take(2);
  const int minute = digits.Take(2);
  const int second = digits.AtDigit() ? digits.Take(2) : 0;
  digits.SkipFraction();
  const int zone = digits.Zone();
  if (!digits.ok() || month < 1 || month > 12 || day < 1 || day > 31 ||
      hour > 23 || minute > 59 || second > 60) {
    return false;
  }
  const int64_t time = DaysSince1970(year, month, day) * 86400 + hour * 3600 +
                       minute * 60 + second - zone;
  *seconds = std::clamp(time, kFirst, kLast);
  return true;
}

// --- Keys -------------------------------------------------------------------

uint32_t BitsOf(DerBytes integer) {
  while (!integer.empty() && integer[0] == 0) integer.remove_prefix(1);
  if (integer.empty()) return 0;
  const auto bits = static_cast<uint32_t>(integer.size() * 8);
  return bits - static_cast<uint32_t>(__builtin_clz(integer[0]) - 24);
}

struct NamedCurve {
  absl::string_view oid;
  absl::string_view name;
  uint32_t bits;
};
// RFC 5480 2.1.1.1, SEC 2, RFC 5639 4.1, GM/T 0006.
constexpr NamedCurve kCurves[] = {
    {{"\x2a\x86\x48\xce\x3d\x03\x01\x01", 8}, "P-192", 192},
    {{"\x2a\x86\x48\xce\x3d\x03\x01\x07", 8}, "P-256", 256},
    {{"\x2b\x81\x04\x00\x21", 5}, "P-224", 224},
    {{"\x2b\x81\x04\x00\x22", 5}, "P-384", 384},
    {{"\x2b\x81\x04\x00\x23", 5}, "P-521", 521},
    {{"\x2b\x81\x04\x00\x0a", 5}, "secp256k1", 256},
    {{"\x2b\x24\x03\x03\x02\x08\x01\x01\x07", 9}, "brainpoolP256r1", 256},
    {{"\x2b\x24\x03\x03\x02\x08\x01\x01\x0b", 9}, "brainpoolP384r1", 384},
    {{"\x2b\x24\x03\x03\x02\x08\x01\x01\x0d", 9}, "brainpoolP512r1", 512},
    {{"\x2a\x81\x1c\xcf\x55\x01\x82\x2d", 8}, "sm2", 256},
};

struct KeyAlgorithm {
  absl::string_view oid;
  absl::string_view name;
  // 0: follows from the key.
  uint32_t bits;
};
// RFC 3279 2.3, RFC 4055 1.2, RFC 5480 2.1.1, RFC 8410 3.
constexpr KeyAlgorithm kAlgorithms[] = {
    {{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9}, "rsa", 0},
    {{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", 9}, "rsa-pss", 0},
    {{"\x2a\x86\x48\xce\x3d\x02\x01", 7}, "ec", 0},
    {{"\x2a\x86\x48\xce\x38\x04\x01", 7}, "dsa", 0},
    {{"\x2a\x86\x48\xce\x3e\x02\x01", 7}, "dh", 0},
    {{"\x2b\x65\x6e", 3}, "x25519", 256},
    {{"\x2b\x65\x6f", 3}, "x448", 448},
    {{"\x2b\x65\x70", 3}, "ed25519", 256},
    {{"\x2b\x65\x71", 3}, "ed448", 448},
};

// Bits of the first INTEGER in a SEQUENCE: a modulus or prime.
uint32_t FirstIntegerBits(DerBytes bytes) {
  DerBytes inner;
  DerBytes number;
  if (!Take(&bytes, kSequence, &inner)) return 0;
  return Take(&inner, kInteger, &number) ? BitsOf(number) : 0;
}

// SubjectPublicKeyInfo.
bool ReadKey(DerBytes info, Certificate* out) {
  DerBytes algorithm;
  DerBytes key;
  if (!Take(&info, kSequence, &algorithm) ||
      !Take(&algorithm, kOid, &out->key_oid) ||
      !Take(&info, kBitString, &key) || key.empty()) {
    return false;
  }
  // How many bits of the last byte are unused: none in keys.
  key.remove_prefix(1);
  for (const KeyAlgorithm& known : kAlgorithms) {
    if (!Is(out->key_oid, known.oid)) continue;
    out->key_type = known.name;
    out->key_bits = known.bits;
  }
  if (out->key_type == "rsa" || out->key_type == "rsa-pss") {
    out->key_bits = FirstIntegerBits(key);
  } else if (out->key_type == "dsa" || out->key_type == "dh") {
    out->key_bits = FirstIntegerBits(algorithm);
  } else if (out->key_type == "ec") {
    DerBytes curve;
    if (!Take(&algorithm, kOid, &curve)) return true;
    for (const NamedCurve& known : kCurves) {
      if (!Is(curve, known.oid)) continue;
      out->key_curve = known.name;
      out->key_bits = known.bits;
    }
  }
  return true;
}

// --- Extensions -------------------------------------------------------------

bool ReadExtension(DerBytes extension, Certificate* out) {
  constexpr absl::string_view kAlternativeNames = "\x55\x1d\x11";
  constexpr absl::string_view kBasicConstraints = "\x55\x1d\x13";
  DerBytes oid;
  DerBytes value;
  uint8_t tag = 0;
  if (!Take(&extension, kOid, &oid) || !der::Next(&extension, &tag, &value)) {
    return false;
  }
  if (tag == kBoolean && !der::Next(&extension, &tag, &value)) return false;
  if (tag != kOctetString) return false;
  if (Is(oid, kAlternativeNames)) {
    return Take(&value, kSequence, &out->alternative_names);
  }
  if (Is(oid, kBasicConstraints)) {
    DerBytes constraints;
    if (!Take(&value, kSequence, &constraints)) return false;
    DerBytes flag;
    out->authority =
        Take(&constraints, kBoolean, &flag) && flag.size() == 1 && flag[0] != 0;
  }
  return true;
}

bool ReadExtensions(DerBytes rest, Certificate* out) {
  while (!rest.empty()) {
    uint8_t tag = 0;
    DerBytes part;
    if (!der::Next(&rest, &tag, &part)) return false;
    if (tag != kExtensions) continue;
    DerBytes list;
    if (!Take(&part, kSequence, &list)) return false;
    while (!list.empty()) {
      DerBytes extension;
      if (!Take(&list, kSequence, &extension)) return false;
      if (!ReadExtension(extension, out)) return false;
    }
  }
  return true;
}

// --- Text -------------------------------------------------------------------

void AppendUtf8(uint32_t c, std::string* out) {
  const auto put = [out](uint32_t byte) {
    out->push_back(static_cast<char>(byte));
  };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | (c >> 18 & 0x07));
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

// UCS-2 or UCS-4, big endian; what is left of a unit is left out.
void AppendUnits(DerBytes bytes, size_t unit, std::string* out) {
  for (; bytes.size() >= unit; bytes.remove_prefix(unit)) {
    uint32_t c = 0;
    for (size_t i = 0; i < unit; ++i) c = c << 8 | bytes[i];
    AppendUtf8(c, out);
  }
}

}  // namespace

namespace der {

bool Next(DerBytes* rest, uint8_t* tag, DerBytes* contents) {
  const DerBytes bytes = *rest;
  if (bytes.size() < 2 || (bytes[0] & 0x1f) == 0x1f) return false;
  size_t length = bytes[1];
  size_t head = 2;
  if (length >= 0x80) {
    const size_t more = length & 0x7f;
    if (more == 0 || more > 4 || bytes.size() < head + more) return false;
    length = 0;
    for (size_t i = 0; i < more; ++i) length = length << 8 | bytes[head + i];
    head += more;
  }
  if (bytes.size() - head < length) return false;
  *tag = bytes[0];
  *contents = bytes.subspan(head, length);
  rest->remove_prefix(head + length);
  return true;
}

std::string OidText(DerBytes oid) {
  std::string text;
  uint64_t number = 0;
  for (size_t i = 0; i < oid.size(); ++i) {
    if (number >> 57 != 0) return "";
    number = number << 7 | (oid[i] & 0x7f);
    if ((oid[i] & 0x80) != 0) continue;
    if (text.empty()) {
      // The first two numbers in one (X.690 8.19.4).
      const uint64_t first = std::min<uint64_t>(number / 40, 2);
      absl::StrAppend(&text, first, ".", number - 40 * first);
    } else {
      absl::StrAppend(&text, ".", number);
    }
    number = 0;
  }
  return oid.empty() || (oid.back() & 0x80) != 0 ? std::string() : text;
}

}  // namespace der

bool Certificate::Read(absl::Span<const uint8_t> bytes) {
  *this = Certificate();
  DerBytes rest;
  DerBytes body;
  DerBytes part;
  if (!Take(&bytes, kSequence, &rest) || !Take(&rest, kSequence, &body)) {
    return false;
  }
  uint8_t tag = 0;
  if (!der::Next(&body, &tag, &serial)) return false;
  if (tag == kVersion && !der::Next(&body, &tag, &serial)) return false;
  if (tag != kInteger) {
    serial = DerBytes();
    return false;
  }
  DerBytes validity;
  if (!Take(&body, kSequence, &part) || !Take(&body, kSequence, &issuer) ||
      !Take(&body, kSequence, &validity) || !Take(&body, kSequence, &subject)) {
    return false;
  }
  const bool times =
      ReadTime(&validity, &not_before) && ReadTime(&validity, &not_after);
  if (!Take(&body, kSequence, &part) || !ReadKey(part, this)) return false;
  return ReadExtensions(body, this) && times;
}

bool NameReader::Next(NameAttribute* attribute) {
  if (!ok_ || (relative_.empty() && names_.empty())) return false;
  ok_ = !relative_.empty() || Take(&names_, kSet, &relative_);
  DerBytes pair;
  ok_ = ok_ && Take(&relative_, kSequence, &pair) &&
        Take(&pair, kOid, &attribute->type) &&
        der::Next(&pair, &attribute->tag, &attribute->value);
  return ok_;
}

std::string NameValueUtf8(const NameAttribute& attribute) {
  std::string text;
  switch (attribute.tag) {
    case der::kBmpString:
      AppendUnits(attribute.value, 2, &text);
      break;
    case der::kUniversalString:
      AppendUnits(attribute.value, 4, &text);
      break;
    case der::kT61String:
      // Latin-1 in all certificates that have it.
      AppendUnits(attribute.value, 1, &text);
      break;
    default:
      text.assign(reinterpret_cast<const char*>(attribute.value.data()),
                  attribute.value.size());
  }
  return text;
}

}  // namespace tapline
