#include "sensord/analyzers/tls_fingerprint.h"

#include <algorithm>
#include <array>

#include "common/crypto/digest.h"
#include "sensord/analyzers/tls_registry.h"

namespace tapline {
namespace {

// Real clients stay under a hundred.
constexpr size_t kMaxCodes = 512;
constexpr char kHex[] = "0123456789abcdef";

// Text of a bounded size without an allocation.
class Line {
 public:
  void Char(char c) { text_[size_++] = c; }
  void Decimal(uint32_t value) {
    char digits[10];
    size_t n = 0;
    do {
      digits[n++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    while (n > 0) Char(digits[--n]);
  }
  void Hex16(uint16_t value) {
    Char(kHex[value >> 12]);
    Char(kHex[value >> 8 & 15]);
    Char(kHex[value >> 4 & 15]);
    Char(kHex[value & 15]);
  }
  // "10-11-12", GREASE left out.
  template <typename Codes>
  void Decimals(const Codes& codes, size_t count) {
    const size_t begin = size_;
    for (size_t i = 0; i < count; ++i) {
      if (IsGrease(codes[i])) continue;
      if (size_ != begin) Char('-');
      Decimal(codes[i]);
    }
  }
  // "000a,000b".
  template <typename Codes>
  void Hexes(const Codes& codes, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      if (i != 0) Char(',');
      Hex16(codes[i]);
    }
  }
  absl::string_view text() const { return {text_.data(), size_}; }

 private:
  // Three lists of kMaxCodes at six characters each, and what is between.
  std::array<char, 3 * 6 * kMaxCodes + 256> text_;
  size_t size_ = 0;
};

// Codes without GREASE.
struct CodeList {
  std::array<uint16_t, kMaxCodes> codes;
  size_t count = 0;

  template <typename Codes>
  void Add(const Codes& from, size_t size) {
    for (size_t i = 0; i < size; ++i) {
      if (!IsGrease(from[i])) codes[count++] = from[i];
    }
  }
  void Sort() { std::sort(codes.begin(), codes.begin() + count); }
};

bool Fits(const TlsClientHello& hello) {
  return !hello.too_many && hello.ciphers.size() <= kMaxCodes &&
         hello.groups.size() <= kMaxCodes && hello.point_formats.size() < 256 &&
         hello.signature_algorithms.size() <= kMaxCodes;
}

// "13" of TLS 1.3.
absl::string_view VersionCode(uint16_t version) {
  switch (version) {
    case kTls13:
      return "13";
    case kTls12:
      return "12";
    case 0x0302:
      return "11";
    case kTls10:
      return "10";
    case kSsl3:
      return "s3";
    case kSsl2:
      return "s2";
    case kDtls10:
      return "d1";
    case kDtls12:
      return "d2";
    case kDtls13:
      return "d3";
    default:
      return "00";
  }
}

bool IsAlphanumeric(uint8_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
         (c >= 'a' && c <= 'z');
}

// First and last character of the first ALPN value, or of its hex form.
void AppendAlpn(const TlsClientHello& hello, Line& line) {
  if (hello.alpn_count == 0) {
    line.Char('0');
    line.Char('0');
    return;
  }
  const auto first = static_cast<uint8_t>(hello.alpn[0].front());
  const auto last = static_cast<uint8_t>(hello.alpn[0].back());
  const bool plain = IsAlphanumeric(first) && IsAlphanumeric(last);
  line.Char(plain ? static_cast<char>(first) : kHex[first >> 4]);
  line.Char(plain ? static_cast<char>(last) : kHex[last & 15]);
}

void AppendCount(size_t count, Line& line) {
  count = std::min<size_t>(count, 99);
  line.Char(static_cast<char>('0' + count / 10));
  line.Char(static_cast<char>('0' + count % 10));
}

// 12 hex digits of SHA-256; zeros for nothing.
void AppendHash(absl::string_view text, Line& line) {
  constexpr size_t kBytes = 6;
  if (text.empty()) {
    for (size_t i = 0; i < 2 * kBytes; ++i) line.Char('0');
    return;
  }
  const std::string digest = Sha256(text);
  for (size_t i = 0; i < kBytes; ++i) {
    const auto byte = static_cast<uint8_t>(digest[i]);
    line.Char(kHex[byte >> 4]);
    line.Char(kHex[byte & 15]);
  }
}

}  // namespace

std::string Ja3(const TlsClientHello& hello) {
  if (!Fits(hello)) return "";
  Line line;
  line.Decimal(hello.version);
  line.Char(',');
  line.Decimals(hello.ciphers, hello.ciphers.size());
  line.Char(',');
  line.Decimals(hello.extensions, hello.extension_count);
  line.Char(',');
  line.Decimals(hello.groups, hello.groups.size());
  line.Char(',');
  line.Decimals(hello.point_formats, hello.point_formats.size());
  return Md5Hex(line.text());
}

std::string Ja3s(const TlsServerHello& hello) {
  if (hello.too_many) return "";
  Line line;
  line.Decimal(hello.legacy_version);
  line.Char(',');
  line.Decimal(hello.cipher);
  line.Char(',');
  line.Decimals(hello.extensions, hello.extension_count);
  return Md5Hex(line.text());
}

std::string Ja4(const TlsClientHello& hello, TlsCarrier carrier) {
  if (!Fits(hello)) return "";
  CodeList ciphers;
  ciphers.Add(hello.ciphers, hello.ciphers.size());
  ciphers.Sort();
  CodeList extensions;
  extensions.Add(hello.extensions, hello.extension_count);
  const size_t extension_count = extensions.count;
  extensions.Sort();
  const auto begin = extensions.codes.begin();
  const auto end = begin + extension_count;
  const bool has_name =
      std::binary_search(begin, end, tls_extension::kServerName);
  // Both are in the first part already.
  extensions.count = static_cast<size_t>(
      std::remove_if(begin, end,
                     [](uint16_t type) {
                       return type == tls_extension::kServerName ||
                              type == tls_extension::kAlpn;
                     }) -
      begin);

  Line out;
  out.Char(static_cast<char>(carrier));
  for (const char c : VersionCode(hello.HighestVersion())) out.Char(c);
  out.Char(has_name ? 'd' : 'i');
  AppendCount(ciphers.count, out);
  AppendCount(extension_count, out);
  AppendAlpn(hello, out);
  out.Char('_');
  Line list;
  list.Hexes(ciphers.codes, ciphers.count);
  AppendHash(list.text(), out);
  out.Char('_');
  Line other;
  other.Hexes(extensions.codes, extensions.count);
  CodeList algorithms;
  algorithms.Add(hello.signature_algorithms, hello.signature_algorithms.size());
  if (extensions.count != 0 && algorithms.count != 0) {
    other.Char('_');
    other.Hexes(algorithms.codes, algorithms.count);
  }
  AppendHash(other.text(), out);
  return std::string(out.text());
}

}  // namespace tapline
