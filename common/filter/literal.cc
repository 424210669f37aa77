#include "common/filter/literal.h"

#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/filter/error.h"
#include "common/filter/lexer.h"
#include "common/filter/near_names.h"
#include "common/filter/number_text.h"
#include "common/net/wire_text.h"
#include "common/schema/field_info.h"
#include "common/status/macros.h"

namespace tapline::filter {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

std::string Shown(const LiteralText& text) {
  const std::string cut = PrintableText(text.text.substr(0, 64));
  return text.quoted ? Quoted(cut) : cut;
}

absl::Status Bad(const LiteralText& text, absl::string_view what,
                 const std::string& suggestion = "") {
  return ErrorAt(text.offset, absl::StrCat(Shown(text), " ", what),
                 {0, suggestion, {}});
}

Literal One(const Value& value, const TypeInfo& info) {
  Literal literal;
  literal.low = literal.high = value;
  literal.shown = ValueText(value, info);
  return literal;
}

// Of a unit in which durations make sense; 0 for others.
int64_t NanosOfUnit(absl::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us") return 1'000;
  if (unit == "ms") return 1'000'000;
  return unit == "s" ? kSecond : 0;
}

std::optional<absl::int128> ParseName(absl::string_view text,
                                      const ValueNames& names) {
  for (const ValueName& value : names) {
    if (absl::EqualsIgnoreCase(text, value.name)) return value.number;
  }
  return std::nullopt;
}

// Of a text that is neither a number nor a name.
absl::Status NoSuchName(const LiteralText& text, const ValueNames& names) {
  constexpr size_t kShown = 4;
  std::vector<std::string> lower;
  for (const ValueName& value : names) {
    lower.push_back(absl::AsciiStrToLower(value.name));
  }
  std::string best =
      FindNear(absl::AsciiStrToLower(text.text), {lower.begin(), lower.end()})
          .best;
  std::vector<absl::string_view> shown;
  for (size_t i = 0; i < names.size(); ++i) {
    // As it is usually written.
    if (lower[i] == best) best = std::string(names[i].name);
    if (i < kShown) shown.push_back(names[i].name);
  }
  return Bad(text,
             absl::StrCat("is no whole number and no name of one; such are ",
                          absl::StrJoin(shown, ", ")),
             best);
}

absl::StatusOr<Literal> ParseInteger(const LiteralText& text,
                                     const TypeInfo& info) {
  std::optional<absl::int128> value = ParseWhole(text.text);
  if (!value && info.names != nullptr)
    value = ParseName(text.text, *info.names);
  const int64_t unit = NanosOfUnit(info.unit);
  if (!value && unit != 0) {
    value = ParseNanos(text.text);
    if (value && *value % unit != 0) {
      return Bad(text, absl::StrCat("is no whole number of ", info.unit));
    }
    if (value) value = *value / unit;
  }
  if (!value) {
    const bool dash =
        text.text.find('-', 1) != absl::string_view::npos && !text.quoted;
    if (dash) return Bad(text, "is no number; a range is written 1..5");
    if (info.names != nullptr) return NoSuchName(text, *info.names);
    return Bad(text, unit != 0
                         ? "is no whole number and no duration such as 5ms"
                         : "is no whole number; such are 80, 0x50, 10k, 64Ki");
  }
  if (*value < info.least || *value > info.most) {
    return Bad(text, absl::StrCat("can never be: it is ", WholeText(info.least),
                                  " to ", WholeText(info.most)));
  }
  return One(WholeValue(*value), info);
}

absl::StatusOr<Literal> ParseRealLiteral(const LiteralText& text,
                                         const TypeInfo& info) {
  const std::optional<double> number = ParseReal(text.text);
  if (!number) return Bad(text, "is no number; such are 1.5, 1e6, 10M");
  Value value;
  value.storage = Storage::kReal;
  value.real = *number;
  return One(value, info);
}

absl::StatusOr<Literal> ParseBool(const LiteralText& text,
                                  const TypeInfo& info) {
  for (const absl::string_view yes : {"true", "1", "yes"}) {
    if (absl::EqualsIgnoreCase(text.text, yes)) return One(WholeValue(1), info);
  }
  for (const absl::string_view no : {"false", "0", "no"}) {
    if (absl::EqualsIgnoreCase(text.text, no)) return One(WholeValue(0), info);
  }
  return Bad(text, "is neither true nor false");
}

absl::StatusOr<Literal> ParseEnum(const LiteralText& text,
                                  const TypeInfo& info) {
  int number = 0;
  if (const auto found = ParseEnumName(*info.enum_type, text.text)) {
    return One(WholeValue(*found), info);
  }
  if (absl::SimpleAtoi(text.text, &number) && number != 0 &&
      info.enum_type->FindValueByNumber(number) != nullptr) {
    return One(WholeValue(number), info);
  }
  std::vector<std::string> names;
  for (int i = 1; i < info.enum_type->value_count(); ++i) {
    names.push_back(
        LowerEnumName(*info.enum_type, info.enum_type->value(i)->number()));
  }
  const std::string best =
      FindNear(absl::AsciiStrToLower(text.text), {names.begin(), names.end()})
          .best;
  return Bad(text, absl::StrCat("is none of ", EnumChoices(*info.enum_type)),
             best);
}

// Within the years 1 to 9999, as protobuf's Timestamp.
absl::StatusOr<Literal> Moment(const LiteralText& text, const TypeInfo& info,
                               absl::int128 nanos) {
  constexpr int64_t kFirst = -62'135'596'800;
  constexpr int64_t kLast = 253'402'300'799;
  if (nanos < absl::int128(kFirst) * kSecond ||
      nanos > absl::int128(kLast) * kSecond) {
    return Bad(text, "is not within the years 1 to 9999");
  }
  return One(WholeValue(nanos), info);
}

absl::StatusOr<Literal> ParseTime(const LiteralText& text, const TypeInfo& info,
                                  absl::Time now) {
  static constexpr const char* kForms[] = {"%Y-%m-%d",
                                           "%Y-%m-%dT%H:%M:%E*SZ",
                                           "%Y-%m-%d %H:%M:%E*S",
                                           "%Y-%m-%dT%H:%M:%E*S%Ez",
                                           "%Y-%m-%d %H:%M:%E*S%Ez",
                                           "%Y-%m-%d %H:%M"};
  if (absl::StartsWithIgnoreCase(text.text, "now")) {
    absl::string_view shift = text.text.substr(3);
    if (!shift.empty() && shift[0] == '+') shift.remove_prefix(1);
    if (now == absl::InfinitePast()) {
      return Bad(text, "has no meaning here: say a time");
    }
    const auto nanos = shift.empty() ? absl::int128(0) : ParseNanos(shift);
    if (!nanos) return Bad(text, "is no time; such are now-10m and now+1h");
    return Moment(text, info, absl::int128(absl::ToUnixNanos(now)) + *nanos);
  }
  if (const auto seconds = ParseNanos(text.text);
      seconds &&
      text.text.find_first_not_of("0123456789.-") == absl::string_view::npos) {
    return Moment(text, info, *seconds);
  }
  absl::Time time;
  std::string error;
  for (const char* form : kForms) {
    if (absl::ascii_isdigit(text.text.empty() ? ' ' : text.text[0]) &&
        absl::ParseTime(form, text.text, &time, &error)) {
      const int64_t seconds = absl::ToUnixSeconds(time);
      const int64_t rest =
          absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds));
      return Moment(text, info, absl::int128(seconds) * kSecond + rest);
    }
  }
  return Bad(text,
             "is no time; such are 2026-01-31T12:00:00Z, 2026-01-31, now-10m");
}

absl::StatusOr<Literal> ParseDuration(const LiteralText& text,
                                      const TypeInfo& info) {
  const std::optional<absl::int128> nanos = ParseNanos(text.text);
  if (!nanos) {
    return Bad(text, "is no duration; such are 5ms, 1h30m, 2d, 0.5 (seconds)");
  }
  return One(WholeValue(*nanos), info);
}

absl::StatusOr<Literal> ParseAddress(const LiteralText& text,
                                     const TypeInfo& info) {
  const size_t slash = text.text.find('/');
  Address base = Address::FromText(text.text.substr(0, slash));
  if (base.family == Address::kNone) {
    return Bad(text,
               "is no address; such are 192.0.2.1, 10.0.0.0/8, 2001:db8::1 "
               "and 02:00:5e:10:00:01");
  }
  if (slash == absl::string_view::npos) return One(AddressValue(base), info);
  const int all = base.Bits();
  int bits = 0;
  const absl::string_view digits = text.text.substr(slash + 1);
  if (base.family == Address::kMac || digits.empty() || digits.size() > 3 ||
      digits.find_first_not_of("0123456789") != absl::string_view::npos ||
      !absl::SimpleAtoi(digits, &bits) || bits > all) {
    return Bad(text, absl::StrCat("is no network: its prefix has 0 to ", all,
                                  " bits"));
  }
  // Bits past the prefix say nothing, as in Wireshark.
  absl::uint128 rest = absl::Uint128Max();
  if (all - bits < 128) rest = (absl::uint128(1) << (all - bits)) - 1;
  Literal literal;
  base.bits &= ~rest;
  literal.low = AddressValue(base);
  literal.shown = absl::StrCat(base.ToString(), "/", bits);
  base.bits |= rest;
  literal.high = AddressValue(base);
  literal.is_network = true;
  return literal;
}

absl::Status CheckName(const LiteralText& text, const TypeInfo& info) {
  std::vector<absl::string_view> names;
  for (int i = 0; i < info.named_after->field_count(); ++i) {
    names.push_back(info.named_after->field(i)->name());
    if (names.back() == text.text) return absl::OkStatus();
  }
  return Bad(text, absl::StrCat("is none of ", absl::StrJoin(names, ", ")),
             FindNear(absl::AsciiStrToLower(text.text), names).best);
}

absl::StatusOr<Literal> ParseText(const LiteralText& text,
                                  const TypeInfo& info) {
  if (!text.quoted && text.text.find('.') != absl::string_view::npos) {
    return Bad(text, "needs quotes", Quoted(text.text));
  }
  if (text.text.empty()) {
    return Bad(text,
               "is never the value: a text that is empty counts as "
               "absent; say \"not\" and the field");
  }
  if (info.named_after != nullptr) RETURN_IF_ERROR(CheckName(text, info));
  Literal literal;
  literal.text = std::string(text.text);
  literal.shown = ValueText(TextValue(text.text), info);
  return literal;
}

}  // namespace

absl::StatusOr<Literal> ParseLiteral(const LiteralText& text,
                                     const TypeInfo& info, absl::Time now) {
  switch (info.type) {
    case Type::kInteger:
      return ParseInteger(text, info);
    case Type::kReal:
      return ParseRealLiteral(text, info);
    case Type::kBool:
      return ParseBool(text, info);
    case Type::kText:
      return ParseText(text, info);
    case Type::kEnum:
      return ParseEnum(text, info);
    case Type::kTime:
      return ParseTime(text, info, now);
    case Type::kDuration:
      return ParseDuration(text, info);
    case Type::kAddress:
      return ParseAddress(text, info);
    case Type::kPresence:
      break;
  }
  return ErrorAt(text.offset, "there is nothing to compare with");
}

}  // namespace tapline::filter
