#include "sensord/analyzers/masked_url.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/masked_path.h"

namespace tapline {
namespace {

constexpr size_t kNone = absl::string_view::npos;
constexpr absl::string_view kValue = "[..]";
constexpr size_t kMaxKey = 32;
constexpr size_t kMaxPairs = 64;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c));
}

bool IsPlainKey(absl::string_view key) {
  return !key.empty() && key.size() <= kMaxKey && !LooksOpaque(key) &&
         std::all_of(key.begin(), key.end(), [](char c) {
           return IsAlnum(c) || c == '_' || c == '.' || c == '-';
         });
}

// Without what stands between ";" and the next "/".
std::string WithoutParameters(absl::string_view path) {
  std::string out;
  while (true) {
    const size_t semicolon = path.find(';');
    absl::StrAppend(&out, path.substr(0, semicolon));
    if (semicolon == kNone) return out;
    const size_t slash = path.find('/', semicolon);
    if (slash == kNone) return out;
    path.remove_prefix(slash);
  }
}

// A number that versions and dates have, shorter than those of people.
bool IsBuild(absl::string_view word) {
  return word.size() < 9 && std::all_of(word.begin(), word.end(), IsDigit);
}

void AppendQuery(absl::string_view query, std::string* out) {
  *out += '?';
  for (size_t pairs = 0; !query.empty() && pairs < kMaxPairs; ++pairs) {
    if (pairs > 0) *out += '&';
    const size_t end = query.find('&');
    const absl::string_view pair = query.substr(0, end);
    query.remove_prefix(end == kNone ? query.size() : end + 1);
    const size_t equals = pair.find('=');
    const absl::string_view key = pair.substr(0, equals);
    if (equals != kNone && IsPlainKey(key)) absl::StrAppend(out, key, "=");
    absl::StrAppend(out, kValue);
  }
}

}  // namespace

std::string MaskedTarget(absl::string_view target) {
  target = target.substr(0, target.find('#'));
  const size_t question = target.find('?');
  const absl::string_view path = target.substr(0, question);
  std::string out = absl::StrContains(path, ';')
                        ? MaskedPath(WithoutParameters(path))
                        : MaskedPath(path);
  if (question != kNone) AppendQuery(target.substr(question + 1), &out);
  return out;
}

std::string MaskedProduct(absl::string_view text, size_t max_bytes) {
  constexpr absl::string_view kEnds = " \t;,/()[]\"'";
  const bool cut = text.size() > max_bytes;
  absl::string_view rest = text.substr(0, max_bytes);
  std::string out;
  while (!rest.empty()) {
    const size_t end = rest.find_first_of(kEnds);
    const absl::string_view word = rest.substr(0, end);
    const bool last = end == kNone;
    if (absl::StrContains(word, '@')) {
      absl::StrAppend(&out, "[redacted:email]");
    } else if ((last && cut) || (LooksOpaque(word) && !IsBuild(word))) {
      absl::StrAppend(&out, "[redacted:opaque]");
    } else {
      absl::StrAppend(&out, word);
    }
    if (last) break;
    out += rest[end];
    rest.remove_prefix(end + 1);
  }
  return out;
}

Authority SplitAuthority(absl::string_view authority) {
  Authority out;
  const size_t at = authority.rfind('@');
  if (at != kNone) authority.remove_prefix(at + 1);
  const size_t close = absl::StartsWith(authority, "[")
                           ? authority.find(']')
                           : absl::string_view::npos;
  const size_t colon = authority.find(':', close == kNone ? 0 : close);
  out.host = close == kNone ? authority.substr(0, colon)
                            : authority.substr(1, close - 1);
  if (colon == kNone) return out;
  const absl::string_view digits = authority.substr(colon + 1);
  if (digits.size() > 5 ||
      !std::all_of(digits.begin(), digits.end(), IsDigit)) {
    return out;
  }
  uint32_t port = 0;
  for (const char c : digits) port = port * 10 + static_cast<uint32_t>(c - '0');
  if (port <= 0xffff) out.port = static_cast<uint16_t>(port);
  return out;
}

bool SplitUrl(absl::string_view url, AbsoluteUrl* out) {
  const size_t colon = url.substr(0, 16).find(':');
  if (colon == kNone || colon == 0) return false;
  out->scheme = url.substr(0, colon);
  const absl::string_view rest = url.substr(colon + 1);
  if (!absl::StartsWith(rest, "//") ||
      !std::all_of(out->scheme.begin(), out->scheme.end(), [](char c) {
        return IsAlnum(c) || c == '+' || c == '-' || c == '.';
      })) {
    return false;
  }
  const absl::string_view behind = rest.substr(2);
  const size_t end = behind.find_first_of("/?#");
  out->authority = SplitAuthority(behind.substr(0, end));
  out->target = end == kNone ? absl::string_view() : behind.substr(end);
  return true;
}

}  // namespace tapline
