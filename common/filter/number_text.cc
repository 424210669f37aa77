#include "common/filter/number_text.h"

#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace tapline::filter {
namespace {

constexpr size_t kMaxDigits = 20;
constexpr absl::int128 kLimit = absl::MakeInt128(1 << 16, 0);  // 2^80

// 0 for no such suffix.
int64_t Multiplier(absl::string_view suffix) {
  if (!absl::ConsumeSuffix(&suffix, "bit") &&
      !absl::ConsumeSuffix(&suffix, "bytes")) {
    absl::ConsumeSuffix(&suffix, "B");
  }
  if (suffix.empty()) return 1;
  const int64_t base = suffix.size() == 2 && suffix[1] == 'i' ? 1024 : 1000;
  if (suffix.size() > 2 || (suffix.size() == 2 && base == 1000)) return 0;
  switch (suffix[0]) {
    case 'k':
    case 'K':
      return base;
    case 'M':
      return base * base;
    case 'G':
      return base * base * base;
    case 'T':
      return base * base * base * base;
    default:
      return 0;
  }
}

struct Decimal {
  absl::int128 whole = 0;
  // fraction / scale.
  int64_t fraction = 0;
  int64_t scale = 1;
};

// Digits with an optional fraction at the front of `text`, which they leave.
std::optional<Decimal> TakeDecimal(absl::string_view& text) {
  Decimal out;
  size_t at = 0;
  for (; at < text.size() && absl::ascii_isdigit(text[at]); ++at) {
    if (at == kMaxDigits) return std::nullopt;
    out.whole = out.whole * 10 + (text[at] - '0');
  }
  if (at == 0 || (at > 1 && text[0] == '0')) return std::nullopt;
  if (at + 1 < text.size() && text[at] == '.' &&
      absl::ascii_isdigit(text[at + 1])) {
    const size_t begin = ++at;
    for (; at < text.size() && absl::ascii_isdigit(text[at]); ++at) {
      if (at - begin == 15) return std::nullopt;
      out.fraction = out.fraction * 10 + (text[at] - '0');
      out.scale *= 10;
    }
  }
  text.remove_prefix(at);
  return out;
}

std::optional<absl::int128> ParseBase(absl::string_view digits, int base) {
  if (digits.empty() || digits.size() > 80) return std::nullopt;
  absl::int128 value = 0;
  for (const char raw : digits) {
    const char c = absl::ascii_tolower(raw);
    const int digit = absl::ascii_isdigit(c) ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                             : 99;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
    if (value > kLimit) return std::nullopt;
  }
  return value;
}

// number * unit; with `exact` nothing may be left of the fraction.
std::optional<absl::int128> Times(const Decimal& number, int64_t unit,
                                  bool exact) {
  const absl::int128 part = absl::int128(number.fraction) * unit;
  if (exact && part % number.scale != 0) return std::nullopt;
  const absl::int128 value = number.whole * unit + part / number.scale;
  if (value > kLimit) return std::nullopt;
  return value;
}

int64_t UnitNanos(absl::string_view unit) {
  constexpr int64_t kSecond = 1'000'000'000;
  if (unit == "d") return 86400 * kSecond;
  if (unit == "h") return 3600 * kSecond;
  if (unit == "m") return 60 * kSecond;
  if (unit == "s") return kSecond;
  if (unit == "ms") return 1'000'000;
  if (unit == "us") return 1'000;
  return unit == "ns" ? 1 : 0;
}

}  // namespace

std::optional<absl::int128> ParseWhole(absl::string_view text) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  std::optional<absl::int128> value;
  if (absl::ConsumePrefix(&text, "0x") || absl::ConsumePrefix(&text, "0X")) {
    value = ParseBase(text, 16);
  } else if (text.size() > 2 && absl::ConsumePrefix(&text, "0b")) {
    value = ParseBase(text, 2);
  } else {
    const std::optional<Decimal> number = TakeDecimal(text);
    const int64_t unit = Multiplier(text);
    if (!number || unit == 0) return std::nullopt;
    value = Times(*number, unit, true);
  }
  if (value && negative) value = -*value;
  return value;
}

std::optional<double> ParseReal(absl::string_view text) {
  double value = 0;
  // SimpleAtod also takes "nan", "inf" and hexadecimal.
  const bool plain =
      text.find_first_not_of("0123456789.eE+-") == absl::string_view::npos;
  if (plain && absl::SimpleAtod(text, &value) && std::isfinite(value)) {
    return value;
  }
  const bool negative = absl::ConsumePrefix(&text, "-");
  const std::optional<Decimal> number = TakeDecimal(text);
  const int64_t unit = Multiplier(text);
  if (!number || unit == 0) return std::nullopt;
  value = (static_cast<double>(number->whole) +
           static_cast<double>(number->fraction) /
               static_cast<double>(number->scale)) *
          static_cast<double>(unit);
  return negative ? -value : value;
}

std::optional<absl::int128> ParseNanos(absl::string_view text) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  absl::int128 total = 0;
  if (text.empty() || text.size() > 64) return std::nullopt;
  const bool seconds =
      text.find_first_not_of("0123456789.") == absl::string_view::npos;
  while (!text.empty()) {
    const std::optional<Decimal> number = TakeDecimal(text);
    if (!number) return std::nullopt;
    size_t letters = 0;
    while (letters < text.size() && absl::ascii_isalpha(text[letters])) {
      ++letters;
    }
    const int64_t unit = UnitNanos(seconds ? "s" : text.substr(0, letters));
    if (unit == 0) return std::nullopt;
    const auto part = Times(*number, unit, false);
    if (!part || total + *part > kLimit) return std::nullopt;
    total += *part;
    text.remove_prefix(letters);
    if (seconds && !text.empty()) return std::nullopt;
  }
  return negative ? -total : total;
}

}  // namespace tapline::filter
