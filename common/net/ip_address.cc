#include "common/net/ip_address.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace tapline {

absl::StatusOr<IpAddress> IpAddress::Parse(absl::string_view text) {
  uint8_t bytes[16];
  // The longest form has 45 characters; inet_pton wants a terminator and stops
  // at one.
  if (text.size() <= 45 && text.find('\0') == absl::string_view::npos) {
    const std::string copy(text);
    if (inet_pton(AF_INET, copy.c_str(), bytes) == 1) return FromV4(bytes);
    if (inet_pton(AF_INET6, copy.c_str(), bytes) == 1) return FromV6(bytes);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text.substr(0, 64), "\" is not an IP address"));
}

namespace {

// Both forms of text are written by hand because records and DNS answers are
// full of addresses, and inet_ntop prints each group with printf.

// A byte in decimal, and a dot.
struct Octet {
  char text[4];
  uint8_t digits;
};

constexpr auto kOctets = [] {
  std::array<Octet, 256> octets{};
  for (int b = 0; b < 256; ++b) {
    Octet& o = octets[static_cast<size_t>(b)];
    if (b >= 100) o.text[o.digits++] = static_cast<char>('0' + b / 100);
    if (b >= 10) o.text[o.digits++] = static_cast<char>('0' + b / 10 % 10);
    o.text[o.digits++] = static_cast<char>('0' + b % 10);
    o.text[o.digits] = '.';
  }
  return octets;
}();

// `p` has room for 16.
char* AppendV4(const uint8_t* bytes, char* p) {
  for (int i = 0; i < 4; ++i) {
    const Octet& octet = kOctets[bytes[i]];
    std::memcpy(p, octet.text, 4);
    p += octet.digits + 1;
  }
  return p - 1;  // without the last dot
}

// Hexadecimal without leading zeros (RFC 5952 4.1, 4.3).
char* AppendGroup(unsigned group, char* p) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (int shift = 12; shift >= 0; shift -= 4) {
    if (shift == 0 || group >> shift != 0) *p++ = kDigits[group >> shift & 15];
  }
  return p;
}

// The first of the longest runs of at least two zero groups (RFC 5952 4.2).
struct ZeroRun {
  int begin = 8;
  int size = 1;
};

ZeroRun LongestZeroRun(const unsigned (&groups)[8]) {
  ZeroRun best;
  for (int begin = 0; begin < 8; ++begin) {
    int end = begin;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - begin > best.size) best = {begin, end - begin};
    if (end > begin) begin = end;
  }
  return best;
}

char* AppendV6(const uint8_t* bytes, char* p) {
  unsigned groups[8];
  for (int i = 0; i < 8; ++i) {
    groups[i] = static_cast<unsigned>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  }
  const ZeroRun run = LongestZeroRun(groups);
  for (int i = 0; i < 8;) {
    if (i == run.begin) {
      *p++ = ':';
      *p++ = ':';
      i += run.size;
      continue;
    }
    if (i > 0 && i != run.begin + run.size) *p++ = ':';
    p = AppendGroup(groups[i++], p);
  }
  return p;
}

}  // namespace

void IpAddress::AssignTo(std::string& text) const {
  char buffer[INET6_ADDRSTRLEN];
  const char* const end =
      IsV4() ? AppendV4(v4_bytes(), buffer) : AppendV6(bytes_, buffer);
  text.assign(buffer, static_cast<size_t>(end - buffer));
}

std::string IpAddress::ToString() const {
  std::string text;
  AssignTo(text);
  return text;
}

absl::StatusOr<Cidr> Cidr::Parse(absl::string_view text) {
  const size_t slash = text.find('/');
  absl::StatusOr<IpAddress> base = IpAddress::Parse(text.substr(0, slash));
  if (!base.ok()) return base.status();
  const int family_bits = base->IsV4() ? 32 : 128;
  int bits = family_bits;
  if (slash != absl::string_view::npos &&
      (!absl::SimpleAtoi(text.substr(slash + 1), &bits) || bits < 0 ||
       bits > family_bits)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text.substr(0, 64), "\": prefix length must be 0..",
                     family_bits));
  }
  Cidr cidr;
  cidr.base_ = *base;
  cidr.prefix_bits_ = bits + 128 - family_bits;
  for (int bit = cidr.prefix_bits_; bit < 128; ++bit) {
    if (base->bytes()[bit / 8] & (0x80 >> bit % 8)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", text.substr(0, 64), "\": bits set past the prefix"));
    }
  }
  return cidr;
}

bool Cidr::Contains(const IpAddress& address) const {
  const int whole = prefix_bits_ / 8;
  if (std::memcmp(base_.bytes(), address.bytes(), whole) != 0) return false;
  const int rest = prefix_bits_ % 8;
  if (rest == 0) return true;
  const uint8_t mask = static_cast<uint8_t>(0xff00 >> rest);
  return ((base_.bytes()[whole] ^ address.bytes()[whole]) & mask) == 0;
}

std::string Cidr::ToString() const {
  const int bits = base_.IsV4() ? prefix_bits_ - 96 : prefix_bits_;
  return absl::StrCat(base_.ToString(), "/", bits);
}

}  // namespace tapline
