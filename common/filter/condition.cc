#include "common/filter/condition.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/filter/error.h"
#include "common/filter/limits.h"
#include "common/net/wire_text.h"

namespace tapline::filter {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool IsOrder(Token op) {
  return op == Token::kLess || op == Token::kLessEqual ||
         op == Token::kGreater || op == Token::kGreaterEqual;
}

// Empty (low over high) when nothing is below or above.
WholeRange WholeOf(Token op, absl::int128 value) {
  switch (op) {
    case Token::kLess:
      return {absl::Int128Min(), value - 1};
    case Token::kLessEqual:
      return {absl::Int128Min(), value};
    case Token::kGreater:
      return {value + 1, absl::Int128Max()};
    case Token::kGreaterEqual:
      return {value, absl::Int128Max()};
    default:
      return {value, value};
  }
}

RealRange RealOf(Token op, double value) {
  switch (op) {
    case Token::kLess:
      return {-kInfinity, std::nextafter(value, -kInfinity)};
    case Token::kLessEqual:
      return {-kInfinity, value};
    case Token::kGreater:
      return {std::nextafter(value, kInfinity), kInfinity};
    case Token::kGreaterEqual:
      return {value, kInfinity};
    default:
      return {value, value};
  }
}

// Of the same family. False when nothing is below or above.
bool AddressOf(Token op, const Address& value, AddressRange& out) {
  const absl::uint128 last = value.family == Address::kIpv6
                                 ? absl::Uint128Max()
                                 : (absl::uint128(1) << value.Bits()) - 1;
  Address first = value, end = value;
  first.bits = 0;
  end.bits = last;
  if (op == Token::kLess) {
    if (value.bits == 0) return false;
    end.bits = value.bits - 1;
  } else if (op == Token::kGreater) {
    if (value.bits == last) return false;
    first.bits = value.bits + 1;
  } else if (op == Token::kLessEqual) {
    end.bits = value.bits;
  } else {
    first.bits = value.bits;
  }
  out = {first, end};
  return true;
}

bool operator<(const Address& a, const Address& b) {
  return a.family != b.family ? a.family < b.family : a.bits < b.bits;
}

// Ranges in order of their low ends; those that overlap become one.
template <typename Range>
void Merge(std::vector<Range>& ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.low < b.low; });
  size_t kept = 0;
  for (const Range& range : ranges) {
    if (range.high < range.low) continue;
    if (kept > 0 && !(ranges[kept - 1].high < range.low)) {
      if (ranges[kept - 1].high < range.high) {
        ranges[kept - 1].high = range.high;
      }
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

template <typename Range, typename T>
bool Within(const std::vector<Range>& ranges, const T& value) {
  auto after = std::upper_bound(
      ranges.begin(), ranges.end(), value,
      [](const T& v, const Range& range) { return v < range.low; });
  return after != ranges.begin() && !((after - 1)->high < value);
}

}  // namespace

Condition::Condition() = default;
Condition::~Condition() = default;
Condition::Condition(Condition&&) noexcept = default;
Condition& Condition::operator=(Condition&&) noexcept = default;

absl::StatusOr<Condition> Condition::Compare(Token op, Literal literal,
                                             const TypeInfo& info,
                                             size_t offset) {
  const Storage storage = StorageOf(info.type);
  if (IsOrder(op) && (literal.is_network || info.type == Type::kBool)) {
    return ErrorAt(offset, absl::StrCat(SpellingOf(op), " needs an order, ",
                                        literal.shown, " has none"));
  }
  Condition condition;
  condition.op_ = op;
  condition.shown_ = literal.shown;
  switch (storage) {
    case Storage::kWhole:
      condition.whole_ = {WholeOf(op, literal.low.whole)};
      break;
    case Storage::kReal:
      condition.real_ = {RealOf(op, literal.low.real)};
      break;
    case Storage::kAddress: {
      AddressRange range{literal.low.address, literal.high.address};
      const bool any =
          !IsOrder(op) || AddressOf(op, literal.low.address, range);
      if (any) condition.addresses_ = {range};
      break;
    }
    default:
      condition.texts_ = {std::move(literal.text)};
  }
  condition.Order();
  return condition;
}

Condition Condition::OneOf(std::vector<Literal> literals,
                           const TypeInfo& info) {
  Condition condition;
  condition.op_ = Token::kIn;
  std::vector<std::string> shown;
  for (Literal& literal : literals) {
    shown.push_back(std::move(literal.shown));
    switch (StorageOf(info.type)) {
      case Storage::kWhole:
        condition.whole_.push_back({literal.low.whole, literal.high.whole});
        break;
      case Storage::kReal:
        condition.real_.push_back({literal.low.real, literal.high.real});
        break;
      case Storage::kAddress:
        condition.addresses_.push_back(
            {literal.low.address, literal.high.address});
        break;
      default:
        condition.texts_.push_back(std::move(literal.text));
    }
  }
  condition.shown_ = absl::StrCat("{", absl::StrJoin(shown, ", "), "}");
  condition.Order();
  return condition;
}

absl::StatusOr<Condition> Condition::Pattern(const std::string& pattern,
                                             size_t offset) {
  if (pattern.size() > kMaxPatternBytes) {
    return ErrorAt(offset, absl::StrCat("the pattern is longer than ",
                                        kMaxPatternBytes, " bytes"));
  }
  RE2::Options options;
  options.set_case_sensitive(false);
  options.set_max_mem(kPatternMemoryBytes);
  options.set_never_capture(true);
  options.set_log_errors(false);
  Condition condition;
  condition.op_ = Token::kMatches;
  condition.pattern_ = std::make_unique<RE2>(pattern, options);
  if (!condition.pattern_->ok()) {
    return ErrorAt(offset,
                   absl::StrCat("the pattern is none: ",
                                PrintableText(condition.pattern_->error())));
  }
  if (condition.program() > kMaxPatternProgram) {
    return ErrorAt(
        offset,
        absl::StrCat("the pattern costs too much: it comes to ",
                     condition.program(), " instructions, ", kMaxPatternProgram,
                     " are allowed; repeat less in it"));
  }
  condition.shown_ = Quoted(pattern);
  return condition;
}

int64_t Condition::program() const {
  return pattern_ == nullptr ? 0 : pattern_->ProgramSize();
}

void Condition::Order() {
  Merge(whole_);
  Merge(real_);
  Merge(addresses_);
  if (op_ == Token::kIn) std::sort(texts_.begin(), texts_.end());
}

bool Condition::HoldsText(absl::string_view text) const {
  if (pattern_) {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()),
                             *pattern_);
  }
  if (texts_.empty()) return false;
  const std::string& first = texts_.front();
  switch (op_) {
    case Token::kContains:
      return absl::StrContains(text, first);
    case Token::kStartsWith:
      return absl::StartsWith(text, first);
    case Token::kEndsWith:
      return absl::EndsWith(text, first);
    case Token::kLess:
      return text < first;
    case Token::kLessEqual:
      return text <= first;
    case Token::kGreater:
      return text > first;
    case Token::kGreaterEqual:
      return text >= first;
    case Token::kIn:
      return std::binary_search(
          texts_.begin(), texts_.end(), text,
          [](absl::string_view a, absl::string_view b) { return a < b; });
    default:
      return text == first;
  }
}

bool Condition::Holds(const Value& value) const {
  switch (value.storage) {
    case Storage::kWhole:
      return Within(whole_, value.whole);
    case Storage::kReal:
      return !std::isnan(value.real) && Within(real_, value.real);
    case Storage::kAddress:
      return Within(addresses_, value.address);
    case Storage::kText:
      return HoldsText(value.text);
    case Storage::kNothing:
      return false;
  }
  return false;
}

int64_t Condition::Cost(const Value& value) const {
  if (value.storage != Storage::kText) return 1;
  const int64_t bytes = static_cast<int64_t>(value.text.size());
  // At worst RE2 looks at each instruction for each byte.
  return 1 + (pattern_ ? bytes * program() / 16 : bytes / 32);
}

}  // namespace tapline::filter
