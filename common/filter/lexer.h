// Splits the text of a filter into tokens.

#ifndef TAPLINE_COMMON_FILTER_LEXER_H_
#define TAPLINE_COMMON_FILTER_LEXER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tapline::filter {

enum class Token {
  kEnd,
  // A name, number, address, time: anything without quotes and blanks.
  kWord,
  // "..." or '...', its escapes resolved; r"..." as it stands.
  kString,
  // @name.
  kSaved,
  kOpen,
  kClose,
  kOpenSet,
  kCloseSet,
  kComma,
  kRange,
  kMask,
  kAnd,
  kOr,
  kXor,
  kNot,
  kIn,
  kEqual,
  kAllEqual,
  kNotEqual,
  kAnyNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kContains,
  kStartsWith,
  kEndsWith,
  kMatches,
  kAny,
  kAll,
};

struct Lexeme {
  Token token = Token::kEnd;
  // First byte in the text.
  size_t offset = 0;
  // The word, the name, or what the string says; of an operator that is a word,
  // how it was written: where a value must stand it is one ("IN" of
  // dns.qry.class). Empty for signs.
  std::string value;
};

// Ends with kEnd. Words of the language may be in any case. InvalidArgument
// (ErrorAt): a character that cannot stand there, a string without end or with
// a bad escape, text that is not UTF-8, too many tokens.
absl::StatusOr<std::vector<Lexeme>> Split(absl::string_view text);

// "==", "contains", ...: for messages and for printing.
absl::string_view SpellingOf(Token token);

// In double quotes with escapes, so that Split gives it back.
std::string Quoted(absl::string_view text);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_LEXER_H_
