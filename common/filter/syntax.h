// The tree of a filter before anybody asked what its words mean.

#ifndef TAPLINE_COMMON_FILTER_SYNTAX_H_
#define TAPLINE_COMMON_FILTER_SYNTAX_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "common/filter/lexer.h"

namespace tapline::filter {

// A word, a string or a call with arguments; each may be followed by a mask.
struct Term {
  enum class Kind { kWord, kString, kCall };
  Kind kind = Kind::kWord;
  std::string text;
  size_t offset = 0;
  std::vector<Term> arguments;
  // Of `field & mask`: empty or one.
  std::vector<Term> mask;
};

// `low`, or `low..high`.
struct SetItem {
  Term low;
  std::vector<Term> high;
};

struct Syntax;
using SyntaxPtr = std::unique_ptr<Syntax>;

struct Syntax {
  enum class Kind { kAnd, kOr, kXor, kNot, kRelation, kSaved };
  Kind kind = Kind::kRelation;
  size_t offset = 0;
  // Two or more of kAnd and kOr, two of kXor, one of kNot and kSaved: the
  // filter of that name.
  std::vector<SyntaxPtr> parts;
  // Of kSaved.
  std::string name;

  // Of kRelation. Token::kAny, kAll, or kEnd for what the operator says.
  Token quantifier = Token::kEnd;
  // kEnd: the left side alone.
  Token op = Token::kEnd;
  size_t op_offset = 0;
  // `not in`.
  bool negated = false;
  Term left;
  Term right;
  std::vector<SetItem> set;
};

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_SYNTAX_H_
