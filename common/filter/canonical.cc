#include "common/filter/canonical.h"

#include "absl/strings/str_cat.h"
#include "common/filter/operand.h"

namespace tapline::filter {
namespace {

// How tightly an expression holds together; parentheses stand around what is
// looser than its place.
int Tightness(const Expression& e) {
  switch (e.kind) {
    case Expression::Kind::kOr:
      return 0;
    case Expression::Kind::kXor:
      return 1;
    case Expression::Kind::kAnd:
      return 2;
    default:
      return 3;
  }
}

void Append(const Expression& e, int place, std::string& out);

void AppendChain(const Expression& e, absl::string_view word,
                 std::string& out) {
  const int inner = Tightness(e) + 1;
  for (size_t i = 0; i < e.parts.size(); ++i) {
    if (i > 0) absl::StrAppend(&out, " ", word, " ");
    Append(*e.parts[i], inner, out);
  }
}

// The operator that says which values must compare how.
absl::string_view OperatorText(const Expression& e, Token plain) {
  if (plain == Token::kIn) return e.negated ? "not in" : "in";
  if (plain != Token::kEqual) return SpellingOf(plain);
  if (e.quantified) return SpellingOf(e.negated ? Token::kNotEqual : plain);
  if (e.all) {
    return SpellingOf(e.negated ? Token::kNotEqual : Token::kAllEqual);
  }
  return SpellingOf(e.negated ? Token::kAnyNotEqual : plain);
}

void AppendRelation(const Expression& e, std::string& out) {
  if (e.quantified) absl::StrAppend(&out, e.all ? "all " : "any ");
  absl::StrAppend(&out, OperandText(e.operand));
  if (e.kind == Expression::Kind::kPresent) return;
  const bool pair = e.kind == Expression::Kind::kPair;
  absl::StrAppend(&out, " ", OperatorText(e, pair ? e.op : e.condition.op()),
                  " ", pair ? OperandText(e.other) : e.condition.shown());
}

void Append(const Expression& e, int place, std::string& out) {
  const bool loose = Tightness(e) < place;
  if (loose) out += "(";
  switch (e.kind) {
    case Expression::Kind::kOr:
      AppendChain(e, "or", out);
      break;
    case Expression::Kind::kXor:
      AppendChain(e, "xor", out);
      break;
    case Expression::Kind::kAnd:
      AppendChain(e, "and", out);
      break;
    case Expression::Kind::kNot:
      out += "not ";
      Append(*e.parts[0], 3, out);
      break;
    default:
      AppendRelation(e, out);
  }
  if (loose) out += ")";
}

}  // namespace

std::string OperandText(const Operand& operand) {
  std::string out = operand.field->name;
  for (const Step& step : operand.steps) {
    if (step.function == Function::kMask) {
      absl::StrAppend(&out, " & ", WholeText(step.mask));
    } else {
      out = absl::StrCat(FunctionName(step.function), "(", out, ")");
    }
  }
  return out;
}

std::string Canonical(const Expression& expression) {
  std::string out;
  Append(expression, 0, out);
  return out;
}

}  // namespace tapline::filter
