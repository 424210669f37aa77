#include "common/filter/parser.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/filter/error.h"
#include "common/filter/limits.h"
#include "common/net/wire_text.h"
#include "common/status/macros.h"

namespace tapline::filter {
namespace {

bool IsComparison(Token token) {
  switch (token) {
    case Token::kEqual:
    case Token::kAllEqual:
    case Token::kNotEqual:
    case Token::kAnyNotEqual:
    case Token::kLess:
    case Token::kLessEqual:
    case Token::kGreater:
    case Token::kGreaterEqual:
    case Token::kContains:
    case Token::kStartsWith:
    case Token::kEndsWith:
    case Token::kMatches:
      return true;
    default:
      return false;
  }
}

// What the filters put in for @names share.
struct Totals {
  size_t bytes = 0;
  size_t relations = 0;
  size_t set_items = 0;
};

class Parser {
 public:
  Parser(const SavedFilters& saved, Totals& totals, int depth)
      : saved_(saved), totals_(totals), depth_(depth) {}

  absl::StatusOr<SyntaxPtr> Run(absl::string_view text) {
    totals_.bytes += text.size();
    if (text.size() > kMaxTextBytes) {
      return ErrorAt(0, absl::StrCat("the filter is longer than ",
                                     kMaxTextBytes, " bytes"));
    }
    if (totals_.bytes > kMaxExpandedBytes) {
      return ErrorAt(0, "with its saved filters the filter is too long");
    }
    ASSIGN_OR_RETURN(lexemes_, Split(text));
    if (Next().token == Token::kEnd) {
      return ErrorAt(0, "the filter is empty");
    }
    ASSIGN_OR_RETURN(SyntaxPtr tree, Or());
    if (Next().token != Token::kEnd) return Unexpected("and or or");
    return tree;
  }

 private:
  const Lexeme& Next() const { return lexemes_[at_]; }
  Lexeme Take() { return lexemes_[at_++]; }
  bool TakeIf(Token token) {
    if (Next().token != token) return false;
    ++at_;
    return true;
  }

  absl::Status Unexpected(absl::string_view wanted) const {
    const Lexeme& next = Next();
    if (next.token == Token::kEnd) {
      return ErrorAt(next.offset, absl::StrCat("the filter ends where ", wanted,
                                               " should follow"));
    }
    const std::string shown =
        next.token == Token::kWord
            ? PrintableText(absl::string_view(next.value).substr(0, 64))
        : next.token == Token::kString ? "a string"
        : next.token == Token::kSaved  ? absl::StrCat("@", next.value)
                                       : std::string(SpellingOf(next.token));
    return ErrorAt(next.offset, absl::StrCat(shown, " stands where ", wanted,
                                             " should follow"));
  }

  // Guards the recursion.
  absl::Status Enter() {
    if (++depth_ <= kMaxDepth) return absl::OkStatus();
    return ErrorAt(Next().offset, absl::StrCat("more than ", kMaxDepth,
                                               " levels within one another"));
  }

  using Rule = absl::StatusOr<SyntaxPtr> (Parser::*)();
  absl::StatusOr<SyntaxPtr> Chain(Token token, Syntax::Kind kind, Rule rule) {
    ASSIGN_OR_RETURN(SyntaxPtr first, (this->*rule)());
    if (Next().token != token) return first;
    auto chain = std::make_unique<Syntax>();
    chain->kind = kind;
    chain->offset = Next().offset;
    chain->parts.push_back(std::move(first));
    while (TakeIf(token)) {
      ASSIGN_OR_RETURN(SyntaxPtr part, (this->*rule)());
      chain->parts.push_back(std::move(part));
    }
    return chain;
  }

  absl::StatusOr<SyntaxPtr> Or() {
    return Chain(Token::kOr, Syntax::Kind::kOr, &Parser::Xor);
  }
  absl::StatusOr<SyntaxPtr> Xor() {
    return Chain(Token::kXor, Syntax::Kind::kXor, &Parser::And);
  }
  absl::StatusOr<SyntaxPtr> And() {
    return Chain(Token::kAnd, Syntax::Kind::kAnd, &Parser::Unary);
  }

  absl::StatusOr<SyntaxPtr> Unary() {
    RETURN_IF_ERROR(Enter());
    absl::StatusOr<SyntaxPtr> tree;
    switch (Next().token) {
      case Token::kNot: {
        auto negation = std::make_unique<Syntax>();
        negation->kind = Syntax::Kind::kNot;
        negation->offset = Take().offset;
        ASSIGN_OR_RETURN(SyntaxPtr part, Unary());
        negation->parts.push_back(std::move(part));
        tree = std::move(negation);
        break;
      }
      case Token::kOpen: {
        const size_t open = Take().offset;
        tree = Or();
        if (!tree.ok()) return tree;
        if (Next().token == Token::kEnd) {
          return ErrorAt(open, "this parenthesis is never closed");
        }
        if (!TakeIf(Token::kClose)) return Unexpected("and, or or )");
        break;
      }
      case Token::kSaved:
        tree = Saved();
        break;
      default:
        tree = Relation();
    }
    --depth_;
    return tree;
  }

  absl::StatusOr<SyntaxPtr> Saved() {
    const Lexeme name = Take();
    const std::optional<std::string> text =
        saved_ ? saved_(name.value) : std::nullopt;
    if (!text) {
      return ErrorAt(name.offset,
                     absl::StrCat("there is no saved filter @", name.value));
    }
    Parser inner(saved_, totals_, depth_);
    absl::StatusOr<SyntaxPtr> tree = inner.Run(*text);
    if (!tree.ok()) return InsideSaved(tree.status(), name.value, name.offset);
    auto saved = std::make_unique<Syntax>();
    saved->kind = Syntax::Kind::kSaved;
    saved->offset = name.offset;
    saved->name = name.value;
    saved->parts.push_back(*std::move(tree));
    return saved;
  }

  absl::StatusOr<SyntaxPtr> Relation() {
    if (++totals_.relations > kMaxRelations) {
      return ErrorAt(Next().offset,
                     absl::StrCat("more than ", kMaxRelations, " comparisons"));
    }
    auto relation = std::make_unique<Syntax>();
    relation->offset = Next().offset;
    if (Next().token == Token::kAny || Next().token == Token::kAll) {
      relation->quantifier = Take().token;
    }
    ASSIGN_OR_RETURN(relation->left, OneTerm("a field"));
    const bool not_in =
        Next().token == Token::kNot && lexemes_[at_ + 1].token == Token::kIn;
    if (not_in) ++at_;
    relation->negated = not_in;
    relation->op_offset = Next().offset;
    if (TakeIf(Token::kIn)) {
      relation->op = Token::kIn;
      RETURN_IF_ERROR(Set(relation->set));
    } else if (IsComparison(Next().token)) {
      relation->op = Take().token;
      TakeAsWord();
      ASSIGN_OR_RETURN(relation->right, OneTerm("a value"));
    }
    return relation;
  }

  // An operator stands where a value must: it is a word like others.
  void TakeAsWord() {
    Lexeme& next = lexemes_[at_];
    const bool other =
        next.token == Token::kString || next.token == Token::kSaved;
    if (!other && !next.value.empty()) next.token = Token::kWord;
  }

  absl::StatusOr<Term> OneTerm(absl::string_view wanted) {
    RETURN_IF_ERROR(Enter());
    Term term;
    term.offset = Next().offset;
    if (Next().token == Token::kString) {
      term.kind = Term::Kind::kString;
    } else if (Next().token != Token::kWord) {
      return Unexpected(wanted);
    }
    term.text = Take().value;
    if (term.kind == Term::Kind::kWord && TakeIf(Token::kOpen)) {
      term.kind = Term::Kind::kCall;
      RETURN_IF_ERROR(Arguments(term));
    }
    if (TakeIf(Token::kMask)) {
      ASSIGN_OR_RETURN(Term mask, OneTerm("a number"));
      term.mask.push_back(std::move(mask));
    }
    --depth_;
    return term;
  }

  absl::Status Arguments(Term& call) {
    if (TakeIf(Token::kClose)) return absl::OkStatus();
    for (;;) {
      ASSIGN_OR_RETURN(Term argument, OneTerm("a field"));
      call.arguments.push_back(std::move(argument));
      if (TakeIf(Token::kClose)) return absl::OkStatus();
      if (!TakeIf(Token::kComma)) return Unexpected(", or )");
    }
  }

  absl::Status Set(std::vector<SetItem>& set) {
    const size_t open = Next().offset;
    if (!TakeIf(Token::kOpenSet)) return Unexpected("{");
    while (!TakeIf(Token::kCloseSet)) {
      if (Next().token == Token::kEnd) {
        return ErrorAt(open, "this set is never closed");
      }
      if (set.size() == kMaxSetItems) {
        return ErrorAt(Next().offset, absl::StrCat("more than ", kMaxSetItems,
                                                   " values in a set"));
      }
      if (++totals_.set_items > kMaxAllSetItems) {
        return ErrorAt(
            Next().offset,
            absl::StrCat("more than ", kMaxAllSetItems, " values in all sets"));
      }
      SetItem item;
      TakeAsWord();
      ASSIGN_OR_RETURN(item.low, OneTerm("a value or }"));
      if (TakeIf(Token::kRange)) {
        TakeAsWord();
        ASSIGN_OR_RETURN(Term high, OneTerm("the end of the range"));
        item.high.push_back(std::move(high));
      }
      set.push_back(std::move(item));
      if (TakeIf(Token::kComma) && Next().token == Token::kCloseSet) {
        return Unexpected("a value");
      }
    }
    if (set.empty()) return ErrorAt(open, "an empty set holds nothing");
    return absl::OkStatus();
  }

  const SavedFilters& saved_;
  Totals& totals_;
  int depth_;
  std::vector<Lexeme> lexemes_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<SyntaxPtr> Parse(absl::string_view text,
                                const SavedFilters& saved) {
  Totals totals;
  return Parser(saved, totals, 0).Run(text);
}

}  // namespace tapline::filter
