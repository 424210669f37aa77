#include "common/filter/checker.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/filter/canonical.h"
#include "common/filter/error.h"
#include "common/filter/limits.h"
#include "common/filter/operand.h"
#include "common/status/macros.h"

namespace tapline::filter {
namespace {

Expression::Kind KindOf(Syntax::Kind kind) {
  switch (kind) {
    case Syntax::Kind::kAnd:
      return Expression::Kind::kAnd;
    case Syntax::Kind::kOr:
      return Expression::Kind::kOr;
    case Syntax::Kind::kXor:
      return Expression::Kind::kXor;
    default:
      return Expression::Kind::kNot;
  }
}

// The same comparison seen from the other side.
Token Mirrored(Token op) {
  switch (op) {
    case Token::kLess:
      return Token::kGreater;
    case Token::kLessEqual:
      return Token::kGreaterEqual;
    case Token::kGreater:
      return Token::kLess;
    case Token::kGreaterEqual:
      return Token::kLessEqual;
    default:
      return op;
  }
}

bool IsTextOp(Token op) {
  return op == Token::kContains || op == Token::kStartsWith ||
         op == Token::kEndsWith || op == Token::kMatches;
}

// What equality comes to: which values must be compared how.
void Quantify(const Syntax& syntax, Expression& out) {
  switch (syntax.op) {
    case Token::kAllEqual:
      out.all = true;
      break;
    case Token::kNotEqual:
      out.all = out.negated = true;
      break;
    case Token::kAnyNotEqual:
      out.negated = true;
      break;
    case Token::kIn:
      out.all = out.negated = syntax.negated;
      break;
    default:
      break;
  }
  if (syntax.quantifier == Token::kEnd) return;
  out.quantified = true;
  out.all = syntax.quantifier == Token::kAll;
}

Token PlainOp(Token op) {
  const bool equality = op == Token::kAllEqual || op == Token::kNotEqual ||
                        op == Token::kAnyNotEqual;
  return equality ? Token::kEqual : op;
}

class Checker {
 public:
  Checker(const FieldTable& fields, absl::Time now)
      : fields_(fields), now_(now) {}

  absl::StatusOr<ExpressionPtr> Run(const Syntax& syntax) {
    if (syntax.kind == Syntax::Kind::kRelation) return Relation(syntax);
    if (syntax.kind == Syntax::Kind::kSaved) {
      absl::StatusOr<ExpressionPtr> inner = Run(*syntax.parts[0]);
      if (!inner.ok()) {
        return InsideSaved(inner.status(), syntax.name, syntax.offset);
      }
      (*inner)->saved = syntax.name;
      return inner;
    }
    auto out = std::make_unique<Expression>();
    out->kind = KindOf(syntax.kind);
    for (const SyntaxPtr& part : syntax.parts) {
      ASSIGN_OR_RETURN(ExpressionPtr checked, Run(*part));
      out->parts.push_back(std::move(checked));
    }
    return out;
  }

 private:
  absl::StatusOr<ExpressionPtr> Relation(const Syntax& syntax) {
    auto out = std::make_unique<Expression>();
    const bool mirrored = IsMirrored(syntax);
    const Term& left = mirrored ? syntax.right : syntax.left;
    const Term& right = mirrored ? syntax.left : syntax.right;
    ASSIGN_OR_RETURN(out->operand, MakeOperand(left, fields_));
    Quantify(syntax, *out);
    if (syntax.op == Token::kEnd) {
      if (out->quantified) {
        return ErrorAt(syntax.offset, "any and all need a comparison");
      }
      out->kind = Expression::Kind::kPresent;
      return out;
    }
    if (out->operand.info.type == Type::kPresence) {
      return ErrorAt(syntax.op_offset,
                     absl::StrCat(left.text,
                                  " is there or not, it has no "
                                  "value to compare; write ",
                                  left.text, " alone, or see its fields"));
    }
    const Token op = PlainOp(mirrored ? Mirrored(syntax.op) : syntax.op);
    if (IsTextOp(op) && out->operand.info.type != Type::kText) {
      return ErrorAt(syntax.op_offset,
                     absl::StrCat(SpellingOf(op), " asks for text, ",
                                  OperandText(out->operand), " is ",
                                  TypeName(out->operand.info.type),
                                  "; string() makes text of it"));
    }
    if (op == Token::kIn) {
      RETURN_IF_ERROR(Choice(syntax, *out));
    } else if (op == Token::kMatches) {
      RETURN_IF_ERROR(Pattern(syntax, *out));
    } else if (MeansOperand(right, *out)) {
      RETURN_IF_ERROR(Pair(op, right, syntax.op_offset, *out));
    } else {
      TypeInfo info = out->operand.info;
      // A part of a name, or one to sort by, is any text.
      const bool equality = op == Token::kEqual || op == Token::kAllEqual ||
                            op == Token::kNotEqual || op == Token::kAnyNotEqual;
      if (!equality) info.named_after = nullptr;
      ASSIGN_OR_RETURN(Literal literal, OneLiteral(right, info));
      ASSIGN_OR_RETURN(out->condition,
                       Condition::Compare(op, std::move(literal),
                                          out->operand.info, syntax.op_offset));
      out->kind = Expression::Kind::kCondition;
    }
    return out;
  }

  // `443 == port`: what is right of the operator is the field. A name on the
  // left is a field misspelt unless the right side could have that value.
  bool IsMirrored(const Syntax& syntax) {
    if (syntax.op == Token::kEnd || syntax.op == Token::kIn ||
        IsTextOp(syntax.op) || !IsPlainValue(syntax.left)) {
      return false;
    }
    const Term& right = syntax.right;
    if (!IsOperand(right, fields_) && !LooksLikeField(right)) return false;
    if (!LooksLikeName(syntax.left)) return true;
    const absl::StatusOr<Operand> field = MakeOperand(right, fields_);
    return field.ok() && field->info.type != Type::kPresence &&
           OneLiteral(syntax.left, field->info).ok();
  }

  static bool LooksLikeName(const Term& term) {
    return term.kind == Term::Kind::kWord && absl::ascii_isalpha(term.text[0]);
  }

  // A string, or a word that names no field: the left side of `443 == port`.
  bool IsPlainValue(const Term& term) const {
    return term.kind == Term::Kind::kString ||
           (term.kind == Term::Kind::kWord &&
            fields_.Find(term.text) == nullptr);
  }

  static bool LooksLikeField(const Term& term) {
    return term.kind == Term::Kind::kWord &&
           absl::ascii_isalpha(term.text[0]) &&
           absl::StrContains(term.text, '.') &&
           !absl::StrContains(term.text, ':');
  }

  // On the right, a word without a dot is a value ("tcp", "high").
  bool MeansOperand(const Term& term, const Expression& out) const {
    if (term.kind == Term::Kind::kCall) return true;
    if (term.kind == Term::Kind::kString) return false;
    if (!absl::StrContains(term.text, '.')) return false;
    if (fields_.Find(term.text) != nullptr) return true;
    // A name that is none, unless it may be text without its quotes.
    return LooksLikeField(term) && out.operand.info.type != Type::kText;
  }

  absl::StatusOr<Literal> OneLiteral(const Term& term, const TypeInfo& info) {
    if (term.kind == Term::Kind::kCall) {
      return ErrorAt(term.offset, "a value should stand here, no function");
    }
    if (!term.mask.empty()) {
      return ErrorAt(term.mask[0].offset, "& stands on the side of the field");
    }
    const bool quoted = term.kind == Term::Kind::kString;
    return ParseLiteral({term.text, quoted, term.offset}, info, now_);
  }

  absl::Status Choice(const Syntax& syntax, Expression& out) {
    const TypeInfo& info = out.operand.info;
    std::vector<Literal> literals;
    for (const SetItem& item : syntax.set) {
      ASSIGN_OR_RETURN(Literal low, OneLiteral(item.low, info));
      if (!item.high.empty()) {
        ASSIGN_OR_RETURN(const Literal high, OneLiteral(item.high[0], info));
        RETURN_IF_ERROR(Extend(item, high, info, low));
      }
      literals.push_back(std::move(low));
    }
    out.condition = Condition::OneOf(std::move(literals), info);
    out.kind = Expression::Kind::kCondition;
    return absl::OkStatus();
  }

  // Makes `low` the range from it to `high`.
  static absl::Status Extend(const SetItem& item, const Literal& high,
                             const TypeInfo& info, Literal& low) {
    const Storage storage = StorageOf(info.type);
    const bool families = storage == Storage::kAddress &&
                          low.low.address.family != high.high.address.family;
    if (storage == Storage::kText || info.type == Type::kBool || families ||
        low.is_network || high.is_network) {
      return ErrorAt(item.low.offset, "there is no range between these two");
    }
    const bool backwards = storage == Storage::kWhole
                               ? high.low.whole < low.low.whole
                           : storage == Storage::kReal
                               ? high.low.real < low.low.real
                               : high.low.address.bits < low.low.address.bits;
    if (backwards) {
      return ErrorAt(item.low.offset, "the range ends before it begins");
    }
    low.high = high.high;
    absl::StrAppend(&low.shown, "..", high.shown);
    return absl::OkStatus();
  }

  absl::Status Pattern(const Syntax& syntax, Expression& out) {
    if (syntax.right.kind != Term::Kind::kString) {
      return ErrorAt(syntax.right.offset, "a pattern stands in quotes");
    }
    if (++patterns_ > kMaxPatterns) {
      return ErrorAt(syntax.right.offset,
                     absl::StrCat("more than ", kMaxPatterns, " patterns"));
    }
    ASSIGN_OR_RETURN(out.condition, Condition::Pattern(syntax.right.text,
                                                       syntax.right.offset));
    programs_ += out.condition.program();
    if (programs_ > kMaxAllPrograms) {
      return ErrorAt(
          syntax.right.offset,
          absl::StrCat("the patterns up to here cost too much: they come to ",
                       programs_, " instructions, ", kMaxAllPrograms,
                       " are allowed"));
    }
    out.kind = Expression::Kind::kCondition;
    return absl::OkStatus();
  }

  absl::Status Pair(Token op, const Term& right, size_t offset,
                    Expression& out) {
    ASSIGN_OR_RETURN(out.other, MakeOperand(right, fields_));
    const TypeInfo& a = out.operand.info;
    const TypeInfo& b = out.other.info;
    if (IsTextOp(op)) {
      return ErrorAt(offset,
                     absl::StrCat(SpellingOf(op), " takes a text in quotes"));
    }
    const bool same = a.type == b.type && a.enum_type == b.enum_type;
    if (!same || b.type == Type::kPresence) {
      return ErrorAt(
          right.offset,
          absl::StrCat(out.operand.field->name, " (", TypeName(a.type),
                       ") and ", out.other.field->name, " (", TypeName(b.type),
                       ") cannot be compared"));
    }
    if (op != Token::kEqual && a.type == Type::kBool) {
      return ErrorAt(offset, "yes and no have no order");
    }
    out.op = op;
    out.kind = Expression::Kind::kPair;
    return absl::OkStatus();
  }

  const FieldTable& fields_;
  const absl::Time now_;
  size_t patterns_ = 0;
  int64_t programs_ = 0;
};

}  // namespace

absl::StatusOr<ExpressionPtr> Check(const Syntax& syntax,
                                    const FieldTable& fields, absl::Time now) {
  return Checker(fields, now).Run(syntax);
}

}  // namespace tapline::filter
