#include "common/filter/value.h"

#include <array>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/filter/lexer.h"
#include "common/schema/field_info.h"

namespace tapline::filter {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// "02:00:5e:10:00:01", also with '-'.
bool ParseMac(absl::string_view text, absl::uint128& bits) {
  if (text.size() != 17 || (text[2] != ':' && text[2] != '-')) return false;
  uint64_t value = 0;
  for (size_t i = 0; i < 17; ++i) {
    if (i % 3 == 2) {
      if (text[i] != text[2]) return false;
      continue;
    }
    if (!absl::ascii_isxdigit(text[i])) return false;
    const char c = absl::ascii_tolower(text[i]);
    value =
        value << 4 | static_cast<uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  bits = value;
  return true;
}

// The usual case, without the copy that inet_pton needs. Takes only forms that
// IpAddress::Parse takes, too.
bool ParseV4(absl::string_view text, uint32_t& out) {
  uint32_t address = 0;
  size_t at = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (at >= text.size() || text[at++] != '.')) return false;
    const size_t begin = at;
    uint32_t number = 0;
    while (at < text.size() && at - begin < 3 &&
           absl::ascii_isdigit(text[at])) {
      number = number * 10 + static_cast<uint32_t>(text[at++] - '0');
    }
    const size_t digits = at - begin;
    if (digits == 0 || number > 255) return false;
    if (digits > 1 && text[begin] == '0') return false;
    address = address << 8 | number;
  }
  out = address;
  return at == text.size();
}

// "1.5s", "250ms": the largest unit that leaves no fraction but of seconds.
std::string DurationText(absl::int128 nanos) {
  static constexpr struct {
    int64_t nanos;
    const char* name;
  } kUnits[] = {{86400 * kSecond, "d"}, {3600 * kSecond, "h"},
                {60 * kSecond, "m"},    {kSecond, "s"},
                {1'000'000, "ms"},      {1'000, "us"}};
  if (nanos == 0) return "0s";
  for (const auto& unit : kUnits) {
    if (nanos % unit.nanos == 0) {
      return absl::StrCat(WholeText(nanos / unit.nanos), unit.name);
    }
  }
  return absl::StrCat(WholeText(nanos), "ns");
}

std::string TimeText(absl::int128 nanos) {
  absl::int128 seconds = nanos / kSecond;
  absl::int128 rest = nanos % kSecond;
  if (rest < 0) {
    rest += kSecond;
    seconds -= 1;
  }
  const absl::Time time = absl::FromUnixSeconds(static_cast<int64_t>(seconds)) +
                          absl::Nanoseconds(static_cast<int64_t>(rest));
  return absl::StrCat(
      "\"", absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone()),
      "\"");
}

std::string RealText(double value) {
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                 value, std::chars_format::fixed);
  if (end.ec != std::errc()) return absl::StrFormat("%.17g", value);
  return std::string(buffer.data(), end.ptr);
}

}  // namespace

Address Address::FromText(absl::string_view text) {
  Address address;
  uint32_t v4 = 0;
  if (ParseV4(text, v4)) {
    address.family = kIpv4;
    address.bits = v4;
    return address;
  }
  if (ParseMac(text, address.bits)) {
    address.family = kMac;
    return address;
  }
  const absl::StatusOr<IpAddress> ip = IpAddress::Parse(text);
  if (!ip.ok()) return address;
  address.family = ip->IsV4() ? kIpv4 : kIpv6;
  address.bits = ip->IsV4() ? absl::uint128(ip->low() & 0xffffffff)
                            : absl::MakeUint128(ip->high(), ip->low());
  return address;
}

int Address::Bits() const {
  return family == kIpv4 ? 32 : family == kMac ? 48 : 128;
}

std::string Address::ToString() const {
  if (family == kNone) return "";
  if (family == kIpv4) {
    return IpAddress::FromV4(static_cast<uint32_t>(bits)).ToString();
  }
  uint8_t bytes[16];
  for (int i = 0; i < 16; ++i) {
    bytes[i] = static_cast<uint8_t>(absl::Uint128Low64(bits >> (120 - 8 * i)));
  }
  if (family == kIpv6) return IpAddress::FromV6(bytes).ToString();
  return absl::StrFormat("%02x:%02x:%02x:%02x:%02x:%02x", bytes[10], bytes[11],
                         bytes[12], bytes[13], bytes[14], bytes[15]);
}

absl::int128 NanosOf(const google::protobuf::Timestamp& time) {
  return absl::int128(time.seconds()) * kSecond + time.nanos();
}

absl::int128 NanosOf(const google::protobuf::Duration& duration) {
  return absl::int128(duration.seconds()) * kSecond + duration.nanos();
}

TypeInfo InfoOf(const Field& field) {
  return {field.type, field.enum_type,   field.unit, field.least,
          field.most, field.named_after, field.names};
}

// absl's int128 of this age prints only to streams.
std::string WholeText(absl::int128 value) {
  absl::uint128 rest(value);
  if (value < 0) rest = -rest;
  char digits[40];
  size_t at = sizeof(digits);
  do {
    digits[--at] = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  return absl::StrCat(value < 0 ? "-" : "",
                      absl::string_view(digits + at, sizeof(digits) - at));
}

std::string ValueText(const Value& value, const TypeInfo& info) {
  switch (info.type) {
    case Type::kInteger:
      return WholeText(value.whole);
    case Type::kReal:
      return RealText(value.real);
    case Type::kBool:
      return value.whole != 0 ? "true" : "false";
    case Type::kText:
      return Quoted(value.text);
    case Type::kEnum:
      return LowerEnumName(*info.enum_type, static_cast<int>(value.whole));
    case Type::kTime:
      return TimeText(value.whole);
    case Type::kDuration:
      return DurationText(value.whole);
    case Type::kAddress:
      return value.address.ToString();
    case Type::kPresence:
      return "";
  }
  return "";
}

}  // namespace tapline::filter
