#include "common/filter/evaluate.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/filter/limits.h"
#include "common/filter/source_values.h"

namespace tapline::filter {
namespace {

// Bytes of a text that functions make.
constexpr size_t kMaxMadeBytes = 64 * 1024;

// Not zero, false or empty; empty texts are no values in the first place.
bool IsSomething(const Value& value) {
  if (value.storage == Storage::kWhole) return value.whole != 0;
  if (value.storage == Storage::kReal) return value.real != 0;
  return true;
}

// What the steps from `at` on make of a value.
bool Apply(const Operand& operand, size_t at, const Value& value,
           const TypeInfo& info, Visitor visit) {
  if (at == operand.steps.size()) return visit(value);
  const Step& step = operand.steps[at];
  TypeInfo next = info;
  std::string made;
  Value out = value;
  switch (step.function) {
    case Function::kLen:
      out = WholeValue(static_cast<int64_t>(value.text.size()));
      next.type = Type::kInteger;
      break;
    case Function::kLower:
      made = absl::AsciiStrToLower(value.text.substr(0, kMaxMadeBytes));
      out = TextValue(made);
      break;
    case Function::kUpper:
      made = absl::AsciiStrToUpper(value.text.substr(0, kMaxMadeBytes));
      out = TextValue(made);
      break;
    case Function::kString:
      if (info.type == Type::kText) break;
      made = ValueText(value, info);
      // A time, without its quotes.
      if (made[0] == '"') made = made.substr(1, made.size() - 2);
      out = TextValue(made);
      next.type = Type::kText;
      break;
    case Function::kMask:
      out = WholeValue(value.whole & step.mask);
      break;
    case Function::kObserved:
      out = WholeValue(1);
      next.type = Type::kBool;
      break;
    case Function::kCount:
      next.type = Type::kInteger;
      break;
  }
  return Apply(operand, at + 1, out, next, visit);
}

class Evaluator {
 public:
  explicit Evaluator(const v1::Record& record) : record_(record) {}

  bool Holds(const Expression& e) {
    switch (e.kind) {
      case Expression::Kind::kAnd:
        for (const ExpressionPtr& part : e.parts) {
          if (!Holds(*part)) return false;
        }
        return true;
      case Expression::Kind::kOr:
        for (const ExpressionPtr& part : e.parts) {
          if (Holds(*part)) return true;
        }
        return false;
      case Expression::Kind::kXor: {
        bool odd = false;
        for (const ExpressionPtr& part : e.parts) odd ^= Holds(*part);
        return odd;
      }
      case Expression::Kind::kNot:
        return !Holds(*e.parts[0]);
      case Expression::Kind::kPresent:
        return IsPresent(e.operand);
      case Expression::Kind::kCondition:
        return ConditionHolds(e);
      case Expression::Kind::kPair:
        return PairHolds(e);
    }
    return false;
  }

  bool given_up() const { return budget_.spent(); }

 private:
  void Visit(const Operand& operand, Visitor visit) {
    const bool first = !operand.steps.empty();
    if (first && operand.steps[0].function == Function::kCount) {
      return VisitCount(operand, visit);
    }
    const bool observed =
        first && operand.steps[0].function == Function::kObserved;
    const TypeInfo info = InfoOf(*operand.field);
    for (const Source& source : operand.field->sources) {
      const bool more = VisitSource(
          source, record_, observed, budget_, [&](const Value& value) {
            if (operand.steps.empty()) return visit(value);
            if (value.storage == Storage::kText) {
              budget_.Take(static_cast<int64_t>(value.text.size() / 32));
            }
            return Apply(operand, 0, value, info, visit);
          });
      if (!more) return;
    }
  }

  void VisitCount(const Operand& operand, Visitor visit) {
    bool place = false;
    int64_t count = 0;
    for (const Source& source : operand.field->sources) {
      if (!HasPlace(source, record_)) continue;
      place = true;
      VisitSource(source, record_, false, budget_, [&count](const Value&) {
        ++count;
        return true;
      });
    }
    if (!place) return;
    Apply(operand, 0, WholeValue(count), operand.info, visit);
  }

  bool IsPresent(const Operand& operand) {
    bool found = false;
    Visit(operand, [&found](const Value& value) {
      found = IsSomething(value);
      return !found;
    });
    return found;
  }

  // Whether the values are such that `holds`: all of them, or any.
  bool Quantified(const Expression& e, Visitor holds) {
    bool any = false;
    bool every = true;
    Visit(e.operand, [&](const Value& value) {
      const bool does = holds(value) != e.negated;
      any = any || does;
      every = every && does;
      any_value_ = true;
      return e.all ? every : !any;
    });
    return e.all ? every : any;
  }

  bool ConditionHolds(const Expression& e) {
    any_value_ = false;
    const bool result = Quantified(e, [&](const Value& value) {
      budget_.Take(e.condition.Cost(value));
      return !budget_.spent() && e.condition.Holds(value);
    });
    return result && any_value_;
  }

  bool PairHolds(const Expression& e) {
    // Each value of the left side against those of the right one, in the same
    // manner.
    bool left = false;
    bool right = false;
    bool any = false;
    bool every = true;
    Visit(e.operand, [&](const Value& a) {
      left = true;
      Visit(e.other, [&](const Value& b) {
        right = true;
        budget_.Take(1 + static_cast<int64_t>(a.text.size()) / 32);
        if (budget_.spent()) return false;
        const bool does = Compare(e.op, a, b) != e.negated;
        any = any || does;
        every = every && does;
        return e.all ? every : !any;
      });
      return !budget_.spent() && (e.all ? every : !any);
    });
    return left && right && (e.all ? every : any);
  }

  static bool Compare(Token op, const Value& a, const Value& b) {
    bool less = false;
    bool equal = false;
    switch (a.storage) {
      case Storage::kWhole:
        less = a.whole < b.whole;
        equal = a.whole == b.whole;
        break;
      case Storage::kReal:
        if (!(a.real <= b.real) && !(a.real > b.real)) return false;
        less = a.real < b.real;
        equal = a.real == b.real;
        break;
      case Storage::kText:
        less = a.text < b.text;
        equal = a.text == b.text;
        break;
      case Storage::kAddress:
        equal = a.address == b.address;
        if (a.address.family != b.address.family) return false;
        less = a.address.bits < b.address.bits;
        break;
      case Storage::kNothing:
        return false;
    }
    switch (op) {
      case Token::kLess:
        return less;
      case Token::kLessEqual:
        return less || equal;
      case Token::kGreater:
        return !less && !equal;
      case Token::kGreaterEqual:
        return !less;
      default:
        return equal;
    }
  }

  const v1::Record& record_;
  Budget budget_{kMaxSteps};
  bool any_value_ = false;
};

}  // namespace

Verdict Evaluate(const Expression& expression, const v1::Record& record) {
  Evaluator evaluator(record);
  const bool matches = evaluator.Holds(expression);
  if (evaluator.given_up()) return {false, true};
  return {matches, false};
}

}  // namespace tapline::filter
