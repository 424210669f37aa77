// A filter whose words have been understood: fields, types and tests.

#ifndef TAPLINE_COMMON_FILTER_EXPRESSION_H_
#define TAPLINE_COMMON_FILTER_EXPRESSION_H_

#include <memory>
#include <string>
#include <vector>

#include "common/filter/condition.h"
#include "common/filter/field.h"
#include "common/filter/value.h"

namespace tapline::filter {

enum class Function {
  // Bytes of a text.
  kLen,
  kLower,
  kUpper,
  // How many values the field has; there in records that could have some.
  kCount,
  // The value as text.
  kString,
  // The field has a value that was seen on the wire: decoded, or found by a
  // signature, not hinted at by a port or inferred.
  kObserved,
  // Bits of a number.
  kMask,
};

struct Step {
  Function function;
  // Of kMask.
  absl::int128 mask = 0;
};

// A field, and functions on its values, the innermost first.
struct Operand {
  const Field* field = nullptr;
  std::vector<Step> steps;
  // What comes out.
  TypeInfo info;
};

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct Expression {
  enum class Kind {
    kAnd,
    kOr,
    kXor,
    kNot,
    // The operand has a value that is not zero, false or empty.
    kPresent,
    // Values of the operand fulfil the condition.
    kCondition,
    // Values of the operand compare so with those of the other one.
    kPair,
  };
  Kind kind = Kind::kPresent;
  // Two or more of kAnd, kOr and kXor; one of kNot.
  std::vector<ExpressionPtr> parts;
  // The saved filter it stands for; empty for most.
  std::string saved;

  Operand operand;
  // There is a value and all of them do, or else one that does suffices.
  bool all = false;
  // A value does when the condition or comparison does not hold for it.
  bool negated = false;
  // "any" or "all" was written.
  bool quantified = false;
  Condition condition;
  // Of kPair: kEqual or an order.
  Token op = Token::kEqual;
  Operand other;
};

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_EXPRESSION_H_
