#include "common/redact/secret_mask.h"

#include <array>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

constexpr absl::string_view kMark = "[redacted:";
// What the value of a query parameter was masked as before.
constexpr absl::string_view kValueMark = "[..]";

// Parts of a key, lower case, '-' and '_' left out.
constexpr std::array<absl::string_view, 12> kSecretKeys = {
    "pass",    "pwd",      "secret", "token", "apikey",  "credential",
    "session", "authoriz", "cookie", "otp",   "pincode", "privatekey"};
constexpr std::array<absl::string_view, 3> kSchemes = {"bearer", "basic",
                                                       "digest"};
// Shapes that are secret wherever they stand.
constexpr std::array<absl::string_view, 13> kTokenPrefixes = {
    "AKIA",   "ASIA",  "ghp_",     "gho_", "ghu_", "ghs_", "ghr_",
    "glpat-", "xoxb-", "sk_live_", "AIza", "npm_", "pypi-"};
constexpr size_t kTokenLength = 16;

bool IsWordChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         c == '-' || c == '.' || c == '/' || c == '+' || c == '%' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsSpace(char c) { return c == ' ' || c == '\t'; }

// End of the run of word characters that begins at `from`.
size_t WordEnd(absl::string_view text, size_t from) {
  while (from < text.size() && IsWordChar(text[from])) ++from;
  return from;
}

bool IsSecretKey(absl::string_view word) {
  std::string key;
  for (const char c : word.substr(0, 64)) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      key += absl::ascii_tolower(static_cast<unsigned char>(c));
    }
  }
  for (const absl::string_view part : kSecretKeys) {
    if (absl::StrContains(key, part)) return true;
  }
  return false;
}

bool IsScheme(absl::string_view word) {
  for (const absl::string_view scheme : kSchemes) {
    if (absl::EqualsIgnoreCase(word, scheme)) return true;
  }
  return false;
}

bool IsTokenShape(absl::string_view word) {
  if (word.size() < kTokenLength) return false;
  for (const absl::string_view prefix : kTokenPrefixes) {
    if (absl::StartsWith(word, prefix)) return true;
  }
  // JSON web token: header and payload are base64url of '{"'.
  return absl::StartsWith(word, "eyJ") && absl::StrContains(word, ".eyJ");
}

// A slash, or its percent escape: bytes of it, 0 for something else.
size_t SlashSize(absl::string_view text) {
  if (absl::StartsWith(text, "/")) return 1;
  return absl::StartsWithIgnoreCase(text.substr(0, 3), "%2f") ? 3 : 0;
}

// End of the value that begins at `from`: a quoted string, or up to white space
// or a separator.
size_t ValueEnd(absl::string_view text, size_t from) {
  if (from < text.size() && (text[from] == '"' || text[from] == '\'')) {
    const size_t close = text.find(text[from], from + 1);
    return close == absl::string_view::npos ? text.size() : close + 1;
  }
  constexpr absl::string_view kEnds = " \t\r\n,;&\"'<>)}";
  const size_t end = text.find_first_of(kEnds, from);
  return end == absl::string_view::npos ? text.size() : end;
}

// One pass over the text, copying to `out_` what is no secret.
class Masker {
 public:
  explicit Masker(absl::string_view text) : text_(text) {}

  // Where something was replaced.
  const std::vector<SecretSpan>& found() const { return found_; }

  std::string Run() {
    while (position_ < text_.size()) {
      if (!IsWordChar(text_[position_])) {
        out_ += text_[position_++];
        continue;
      }
      Word();
    }
    return std::move(out_);
  }

 private:
  void Copy(size_t end) {
    absl::StrAppend(&out_, text_.substr(position_, end - position_));
    position_ = end;
  }

  // Replaces the text up to `end` by a mark, unless it is one.
  void Mask(size_t end, absl::string_view kind) {
    if (absl::StartsWith(text_.substr(position_), kMark)) {
      const size_t close = text_.find(']', position_);
      Copy(close == absl::string_view::npos ? end : close + 1);
      return;
    }
    if (text_.substr(position_, end - position_) == kValueMark) {
      return Copy(end);
    }
    if (end == position_) return;
    const absl::string_view value = text_.substr(position_, end - position_);
    if (value.find_first_not_of('*') == absl::string_view::npos) {
      return Copy(end);
    }
    found_.push_back({position_, end});
    absl::StrAppend(&out_, kMark, kind, "]");
    position_ = end;
  }

  size_t SkipSpaces(size_t from) const {
    while (from < text_.size() && IsSpace(text_[from])) ++from;
    return from;
  }

  void Word() {
    const size_t end = WordEnd(text_, position_);
    MaskTokens(end);
    const absl::string_view word = text_.substr(position_, end - position_);
    if (absl::StartsWith(text_.substr(end), "://")) return Url(end + 3);
    size_t next = end;
    if (next < text_.size() && (text_[next] == '"' || text_[next] == '\'')) {
      ++next;  // "key": in JSON
    }
    next = SkipSpaces(next);
    const bool assigned =
        next < text_.size() && (text_[next] == '=' || text_[next] == ':');
    if (assigned && IsSecretKey(word)) return Assigned(next + 1);
    if (next > end && IsScheme(word)) return Scheme(next);
    Copy(end);
  }

  // A word may be a path, and any of its segments a token: goes on behind the
  // last one.
  void MaskTokens(size_t word_end) {
    for (size_t begin = position_; begin < word_end;) {
      size_t end = begin;
      size_t slash = 0;
      while (end < word_end && slash == 0) {
        slash = SlashSize(text_.substr(end, word_end - end));
        if (slash == 0) ++end;
      }
      if (IsTokenShape(text_.substr(begin, end - begin))) {
        Copy(begin);
        Mask(end, "token");
      }
      begin = end + slash;
    }
  }

  void Assigned(size_t value) {
    Copy(SkipSpaces(value));
    const size_t word = WordEnd(text_, position_);
    if (IsScheme(text_.substr(position_, word - position_))) {
      Copy(SkipSpaces(word));
    }
    Mask(ValueEnd(text_, position_), "secret");
  }

  // "basic" is also an English word: only a long value is a credential.
  void Scheme(size_t value) {
    Copy(value);
    const size_t end = ValueEnd(text_, position_);
    if (end - position_ >= 8) Mask(end, "auth");
  }

  void Url(size_t authority) {
    Copy(authority);
    size_t end = text_.find_first_of("/?# \t\r\n\"", authority);
    if (end == absl::string_view::npos) end = text_.size();
    const size_t at = text_.substr(0, end).rfind('@');
    if (at == absl::string_view::npos || at < authority) return;
    Mask(at, "userinfo");
  }

  const absl::string_view text_;
  size_t position_ = 0;
  std::string out_;
  std::vector<SecretSpan> found_;
};

}  // namespace

bool SurelyWithoutSecrets(absl::string_view text) {
  // Every recogniser needs one of these, or a word of kTokenLength.
  return text.size() < 5 ||
         (text.size() < kTokenLength &&
          text.find_first_of("=: ") == absl::string_view::npos);
}

std::string MaskSecrets(absl::string_view text) {
  if (SurelyWithoutSecrets(text)) return std::string(text);
  return Masker(text).Run();
}

std::vector<SecretSpan> FindSecrets(absl::string_view text) {
  if (SurelyWithoutSecrets(text)) return {};
  Masker masker(text);
  masker.Run();
  return masker.found();
}

}  // namespace tapline
