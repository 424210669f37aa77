// What one value must fulfil.

#ifndef TAPLINE_COMMON_FILTER_CONDITION_H_
#define TAPLINE_COMMON_FILTER_CONDITION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "common/filter/lexer.h"
#include "common/filter/literal.h"
#include "common/filter/value.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace tapline::filter {

// Both ends included.
struct WholeRange {
  absl::int128 low;
  absl::int128 high;
};
struct RealRange {
  double low;
  double high;
};
struct AddressRange {
  Address low;
  Address high;
};

// Thread safety: constant.
class Condition {
 public:
  Condition();
  ~Condition();
  Condition(Condition&&) noexcept;
  Condition& operator=(Condition&&) noexcept;

  // `value op literal`; op is a comparison (not those of sets and patterns, nor
  // the negated ones). InvalidArgument (ErrorAt `offset`): the type has no such
  // operation.
  static absl::StatusOr<Condition> Compare(Token op, Literal literal,
                                           const TypeInfo& info, size_t offset);
  // Any of the literals, each from its low to its high end.
  static Condition OneOf(std::vector<Literal> literals, const TypeInfo& info);
  // RE2, case-insensitive unless it says (?-i). InvalidArgument: the pattern is
  // none, or it or its program is too large.
  static absl::StatusOr<Condition> Pattern(const std::string& pattern,
                                           size_t offset);

  // Values of another storage never fulfil it.
  bool Holds(const Value& value) const;

  // What it costs on one value, in steps.
  int64_t Cost(const Value& value) const;
  // Instructions of the pattern; 0 without.
  int64_t program() const;

  // The operator as it is printed, and what follows it.
  Token op() const { return op_; }
  const std::string& shown() const { return shown_; }

  // What it comes to, where it is a choice of values; all empty for others.
  // Ordered and without overlaps.
  const std::vector<WholeRange>& whole() const { return whole_; }
  const std::vector<AddressRange>& addresses() const { return addresses_; }
  const std::vector<std::string>& texts() const { return texts_; }
  // Texts are a choice, not parts or bounds.
  bool is_choice() const { return op_ == Token::kEqual || op_ == Token::kIn; }

 private:
  void Order();
  bool HoldsText(absl::string_view text) const;

  Token op_ = Token::kEqual;
  std::string shown_;
  std::vector<WholeRange> whole_;
  std::vector<RealRange> real_;
  std::vector<AddressRange> addresses_;
  std::vector<std::string> texts_;
  std::unique_ptr<re2::RE2> pattern_;
};

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_CONDITION_H_
