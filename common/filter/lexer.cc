#include "common/filter/lexer.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/filter/error.h"
#include "common/filter/limits.h"
#include "common/net/code_point.h"
#include "common/status/macros.h"

namespace tapline::filter {
namespace {

struct Spelling {
  absl::string_view text;
  Token token;
};

// Longer ones first where one begins another; the first of a token is the one
// that is printed.
constexpr Spelling kSymbols[] = {
    {"===", Token::kAllEqual},    {"!==", Token::kAnyNotEqual},
    {"==", Token::kEqual},        {"!=", Token::kNotEqual},
    {"~=", Token::kAnyNotEqual},  {"<=", Token::kLessEqual},
    {">=", Token::kGreaterEqual}, {"&&", Token::kAnd},
    {"||", Token::kOr},           {"^^", Token::kXor},
    {"..", Token::kRange},        {"<", Token::kLess},
    {">", Token::kGreater},       {"~", Token::kMatches},
    {"&", Token::kMask},          {"!", Token::kNot},
    {"(", Token::kOpen},          {")", Token::kClose},
    {"{", Token::kOpenSet},       {"}", Token::kCloseSet},
    {",", Token::kComma},
};

constexpr Spelling kWords[] = {
    {"and", Token::kAnd},
    {"or", Token::kOr},
    {"xor", Token::kXor},
    {"not", Token::kNot},
    {"in", Token::kIn},
    {"contains", Token::kContains},
    {"startswith", Token::kStartsWith},
    {"endswith", Token::kEndsWith},
    {"matches", Token::kMatches},
    {"any", Token::kAny},
    {"all", Token::kAll},
    {"eq", Token::kEqual},
    {"any_eq", Token::kEqual},
    {"all_eq", Token::kAllEqual},
    {"ne", Token::kNotEqual},
    {"all_ne", Token::kNotEqual},
    {"any_ne", Token::kAnyNotEqual},
    {"lt", Token::kLess},
    {"le", Token::kLessEqual},
    {"gt", Token::kGreater},
    {"ge", Token::kGreaterEqual},
    {"bitand", Token::kMask},
};

// Names begin with a letter; values may also have ':' and '/' in them.
bool IsNameChar(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-' || c == '+';
}
bool IsValueChar(char c) { return IsNameChar(c) || c == ':' || c == '/'; }

class Splitter {
 public:
  explicit Splitter(absl::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<Lexeme>> Run() {
    RETURN_IF_ERROR(CheckCharacters());
    for (;;) {
      while (at_ < text_.size() && absl::ascii_isspace(text_[at_])) ++at_;
      if (out_.size() >= kMaxTokens) {
        return ErrorAt(at_, absl::StrCat("the filter has more than ",
                                         kMaxTokens, " words and signs"));
      }
      if (at_ == text_.size()) {
        Add(Token::kEnd, at_);
        return std::move(out_);
      }
      RETURN_IF_ERROR(Next());
    }
  }

 private:
  void Add(Token token, size_t offset, std::string value = "") {
    out_.push_back({token, offset, std::move(value)});
  }
  char Peek(size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  absl::Status CheckCharacters() const {
    for (size_t at = 0; at < text_.size();) {
      const CodePoint c = DecodeUtf8(text_, at);
      if (!c.valid) return ErrorAt(at, "this is not UTF-8");
      const bool blank = c.value == '\t' || c.value == '\n' || c.value == '\r';
      if (IsControl(c.value) && !blank) {
        return ErrorAt(at, "a control character cannot stand here");
      }
      at += c.size;
    }
    return absl::OkStatus();
  }

  absl::Status Next() {
    const char c = text_[at_];
    if (c == '"' || c == '\'') return String(c);
    if (c == 'r' && Peek(1) == '"') return RawString();
    if (c == '@') return Saved();
    const bool negative = c == '-' && absl::ascii_isdigit(Peek(1));
    if (absl::ascii_isalnum(c) || c == '_' || c == ':' || negative) {
      Word();
      return absl::OkStatus();
    }
    for (const Spelling& symbol : kSymbols) {
      if (!absl::StartsWith(text_.substr(at_), symbol.text)) continue;
      Add(symbol.token, at_);
      at_ += symbol.text.size();
      return absl::OkStatus();
    }
    return BadCharacter();
  }

  absl::Status BadCharacter() const {
    const absl::string_view character =
        text_.substr(at_, DecodeUtf8(text_, at_).size);
    if (character == "=") {
      return ErrorAt(at_, "= alone is no comparison", {0, "==", {}});
    }
    if (character == "\u201c" || character == "\u201d" ||
        character == "\u2018" || character == "\u2019") {
      return ErrorAt(at_, "write straight quotes", {0, "\"", {}});
    }
    if (character == "|" || character == "^") {
      return ErrorAt(at_, absl::StrCat(character, " alone means nothing here"),
                     {0, absl::StrCat(character, character), {}});
    }
    return ErrorAt(at_, absl::StrCat(character, " cannot stand here"));
  }

  void Word() {
    const size_t begin = at_;
    bool value = !absl::ascii_isalpha(text_[at_]) && text_[at_] != '_';
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == ':') value = true;
      if (!(value ? IsValueChar(c) : IsNameChar(c))) break;
      // A range, unless it is the end of the word.
      if (c == '.' && Peek(1) == '.') break;
    }
    std::string word(text_.substr(begin, at_ - begin));
    for (const Spelling& known : kWords) {
      if (absl::EqualsIgnoreCase(word, known.text)) {
        return Add(known.token, begin, std::move(word));
      }
    }
    Add(Token::kWord, begin, std::move(word));
  }

  absl::Status Saved() {
    const size_t begin = at_++;
    const size_t name = at_;
    while (at_ < text_.size() && (absl::ascii_isalnum(text_[at_]) ||
                                  text_[at_] == '_' || text_[at_] == '-')) {
      ++at_;
    }
    if (at_ == name) {
      return ErrorAt(begin, "@ is followed by the name of a saved filter");
    }
    Add(Token::kSaved, begin, std::string(text_.substr(name, at_ - name)));
    return absl::OkStatus();
  }

  absl::Status RawString() {
    const size_t begin = at_;
    at_ += 2;
    const size_t end = text_.find('"', at_);
    if (end == absl::string_view::npos) {
      return ErrorAt(begin, "this string has no end");
    }
    Add(Token::kString, begin, std::string(text_.substr(at_, end - at_)));
    at_ = end + 1;
    return absl::OkStatus();
  }

  absl::Status String(char quote) {
    const size_t begin = at_++;
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\') {
        RETURN_IF_ERROR(Escape(value));
      } else {
        value += text_[at_++];
      }
    }
    if (at_ == text_.size()) return ErrorAt(begin, "this string has no end");
    ++at_;
    Add(Token::kString, begin, std::move(value));
    return absl::OkStatus();
  }

  // \" \' \\ \n \r \t \xHH. Unknown ones are kept with their backslash, so
  // that "\d" in a pattern needs no second one.
  absl::Status Escape(std::string& value) {
    const size_t begin = at_++;
    const char c = Peek(0);
    if (c == '\0') return ErrorAt(begin, "nothing follows this backslash");
    ++at_;
    switch (c) {
      case 'n':
        value += '\n';
        return absl::OkStatus();
      case 'r':
        value += '\r';
        return absl::OkStatus();
      case 't':
        value += '\t';
        return absl::OkStatus();
      case '"':
      case '\'':
      case '\\':
        value += c;
        return absl::OkStatus();
      case 'x': {
        uint32_t byte = 0;
        const absl::string_view digits = text_.substr(at_, 2);
        if (digits.size() < 2 || !absl::ascii_isxdigit(digits[0]) ||
            !absl::ascii_isxdigit(digits[1]) ||
            !absl::SimpleHexAtoi(digits, &byte)) {
          return ErrorAt(begin, "\\x is followed by two hexadecimal digits");
        }
        value += static_cast<char>(byte);
        at_ += 2;
        return absl::OkStatus();
      }
      default:
        value += '\\';
        value += c;
        return absl::OkStatus();
    }
  }

  const absl::string_view text_;
  size_t at_ = 0;
  std::vector<Lexeme> out_;
};

}  // namespace

absl::StatusOr<std::vector<Lexeme>> Split(absl::string_view text) {
  return Splitter(text).Run();
}

absl::string_view SpellingOf(Token token) {
  if (token == Token::kMatches) return "matches";
  if (token == Token::kAnd) return "and";
  if (token == Token::kOr) return "or";
  if (token == Token::kXor) return "xor";
  if (token == Token::kNot) return "not";
  for (const Spelling& symbol : kSymbols) {
    if (symbol.token == token) return symbol.text;
  }
  for (const Spelling& word : kWords) {
    if (word.token == token) return word.text;
  }
  return token == Token::kEnd ? "the end" : "a word";
}

std::string Quoted(absl::string_view text) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const CodePoint c = DecodeUtf8(text, at);
    if (c.value == '"' || c.value == '\\') {
      absl::StrAppend(&out, "\\", text.substr(at, 1));
    } else if (!c.valid || IsControl(c.value)) {
      for (const char byte : text.substr(at, c.size)) {
        absl::StrAppendFormat(&out, "\\x%02x", static_cast<uint8_t>(byte));
      }
    } else {
      absl::StrAppend(&out, text.substr(at, c.size));
    }
    at += c.size;
  }
  return out + "\"";
}

}  // namespace tapline::filter
