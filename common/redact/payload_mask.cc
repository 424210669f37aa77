#include "common/redact/payload_mask.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/redact/personal_mask.h"

namespace tapline {
namespace {

// Commands whose arguments are credentials.
constexpr std::array<absl::string_view, 2> kSecretCommands = {"PASS", "OPER"};
constexpr std::array<absl::string_view, 2> kAuthCommands = {"AUTH",
                                                            "AUTHENTICATE"};
// Of SASL (IANA); SCRAM-* besides.
constexpr std::array<absl::string_view, 10> kMechanisms = {
    "PLAIN", "LOGIN",  "XOAUTH2",  "OAUTHBEARER", "CRAM-MD5",
    "NTLM",  "GSSAPI", "EXTERNAL", "DIGEST-MD5",  "ANONYMOUS"};
// Longer tags of IMAP are not in use.
constexpr size_t kMaxTag = 16;
constexpr size_t kMinBase64 = 8;
// A longer last word is content.
constexpr size_t kMaxCutWord = 256;

template <size_t N>
bool IsOneOf(absl::string_view word,
             const std::array<absl::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(), [&](absl::string_view one) {
    return absl::EqualsIgnoreCase(word, one);
  });
}

bool IsMechanism(absl::string_view word) {
  return IsOneOf(word, kMechanisms) ||
         absl::StartsWithIgnoreCase(word, "SCRAM-");
}

bool IsTag(absl::string_view word) {
  return !word.empty() && word.size() <= kMaxTag &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '.';
         });
}

bool IsBase64(absl::string_view line) {
  const size_t end = line.find_last_not_of('=') + 1;
  return line.size() >= kMinBase64 && line.size() % 4 == 0 &&
         line.size() - end <= 2 &&
         std::all_of(
             line.begin(), line.begin() + static_cast<ptrdiff_t>(end),
             [](char c) {
               return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                      c == '+' || c == '/';
             });
}

// Words have no padding, and are not long with all kinds of characters.
bool LooksEncoded(absl::string_view line) {
  constexpr size_t kLong = 16;
  bool lower = false;
  bool upper_behind = false;
  bool digit = false;
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    upper_behind |= lower && absl::ascii_isupper(byte);
    lower |= absl::ascii_islower(byte);
    digit |= absl::ascii_isdigit(byte);
  }
  if (!upper_behind) return false;
  return absl::EndsWith(line, "=") || (line.size() >= kLong && digit);
}

// Walks the lines of a payload.
class CommandScan {
 public:
  CommandScan(absl::string_view payload, std::vector<SecretSpan>& out)
      : payload_(payload), out_(out) {}

  void Run() {
    for (size_t at = 0; at < payload_.size();) {
      size_t end = payload_.find('\n', at);
      if (end == absl::string_view::npos) end = payload_.size();
      size_t size = end - at;
      if (size > 0 && payload_[at + size - 1] == '\r') --size;
      Line(at, payload_.substr(at, size));
      at = end + 1;
    }
  }

 private:
  // Takes the next word of what is left of a line.
  static absl::string_view TakeWord(absl::string_view& rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const absl::string_view word = rest.substr(0, rest.find_first_of(" \t"));
    rest.remove_prefix(word.size());
    return word;
  }

  void Secret(absl::string_view part) {
    const size_t space = part.find_first_not_of(" \t");
    if (space == absl::string_view::npos) return;
    part.remove_prefix(space);
    const size_t begin = static_cast<size_t>(part.data() - payload_.data());
    out_.push_back({begin, begin + part.size()});
  }

  void Line(size_t at, absl::string_view line) {
    if (InArray(line)) return;
    if (IsBase64(line) &&
        (after_auth_ || (at == 0 && IsAll(line) && LooksEncoded(line)))) {
      return Secret(line);
    }
    after_auth_ = false;
    absl::string_view rest = line;
    const absl::string_view first = TakeWord(rest);
    if (IsOneOf(first, kSecretCommands)) return Secret(rest);
    if (IsOneOf(first, kAuthCommands)) return Auth(rest);
    absl::string_view behind = rest;
    const absl::string_view second = TakeWord(behind);
    if (!IsTag(first)) return;
    if (absl::EqualsIgnoreCase(second, "LOGIN")) return Secret(behind);
    if (IsOneOf(second, kAuthCommands)) return Auth(behind);
  }

  // A server's offer is only mechanisms.
  void Auth(absl::string_view rest) {
    after_auth_ = true;
    absl::string_view behind = rest;
    while (IsMechanism(TakeWord(behind))) rest = behind;
    Secret(rest);
  }

  // "*2" "$4" "AUTH" "$7" "hunter2" (Redis): whether the line is of such an
  // array.
  bool InArray(absl::string_view line) {
    if (absl::StartsWith(line, "*")) {
      array_ = std::all_of(line.begin() + 1, line.end(), [](char c) {
        return absl::ascii_isdigit(static_cast<unsigned char>(c));
      });
      secrets_ = false;
      return array_;
    }
    if (!array_) return false;
    if (absl::StartsWith(line, "$")) return true;
    if (secrets_) Secret(line);
    secrets_ |= absl::EqualsIgnoreCase(line, "AUTH");
    return true;
  }

  bool IsAll(absl::string_view line) const {
    return payload_.size() - line.size() <= 2;
  }

  const absl::string_view payload_;
  std::vector<SecretSpan>& out_;
  // The last line was AUTH, or belonged to it.
  bool after_auth_ = false;
  // Within an array, and behind its AUTH.
  bool array_ = false;
  bool secrets_ = false;
};

// SQL: what is quoted behind PASSWORD or IDENTIFIED, with words, '=' or '('
// between.
void FindSqlSecrets(absl::string_view payload, std::vector<SecretSpan>& out) {
  constexpr size_t kBetween = 40;
  for (size_t at = payload.find_first_of("'\""); at != absl::string_view::npos;
       at = payload.find_first_of("'\"", at)) {
    const size_t close = payload.find(payload[at], at + 1);
    const size_t end =
        close == absl::string_view::npos ? payload.size() : close;
    const size_t begin = at > kBetween ? at - kBetween : 0;
    const absl::string_view before = payload.substr(begin, at - begin);
    const size_t other = before.find_last_not_of(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ =(\t\r\n");
    const std::string words = absl::AsciiStrToLower(
        other == absl::string_view::npos ? before : before.substr(other + 1));
    if (absl::StrContains(words, "password ") ||
        absl::StrContains(words, "password(") ||
        absl::StrContains(words, "identified ")) {
      out.push_back({at + 1, end});
      at = std::min(end + 1, payload.size());
    } else {
      ++at;
    }
  }
}

void FindCutWord(absl::string_view payload, std::vector<SecretSpan>& out) {
  const size_t space = payload.find_last_of(" \t\r\n");
  const size_t begin = space == absl::string_view::npos ? 0 : space + 1;
  if (begin == payload.size() || payload.size() - begin > kMaxCutWord) return;
  out.push_back({begin, payload.size()});
}

}  // namespace

std::vector<SecretSpan> FindPayloadSecrets(absl::string_view payload,
                                           bool cut) {
  std::vector<SecretSpan> found = FindSecrets(payload);
  const std::vector<SecretSpan> people = FindPersonal(payload);
  found.insert(found.end(), people.begin(), people.end());
  CommandScan(payload, found).Run();
  FindSqlSecrets(payload, found);
  if (cut) FindCutWord(payload, found);
  std::sort(found.begin(), found.end(),
            [](const SecretSpan& a, const SecretSpan& b) {
              return a.begin < b.begin;
            });
  std::vector<SecretSpan> joined;
  for (const SecretSpan& span : found) {
    if (!joined.empty() && span.begin <= joined.back().end) {
      joined.back().end = std::max(joined.back().end, span.end);
    } else {
      joined.push_back(span);
    }
  }
  return joined;
}

std::string MaskPayload(absl::string_view payload, bool cut) {
  std::string out;
  size_t at = 0;
  for (const SecretSpan& span : FindPayloadSecrets(payload, cut)) {
    absl::StrAppend(&out, payload.substr(at, span.begin - at), kSecretMark);
    at = span.end;
  }
  absl::StrAppend(&out, payload.substr(at));
  return out;
}

}  // namespace tapline
