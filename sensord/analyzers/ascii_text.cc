#include "sensord/analyzers/ascii_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace tapline {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

absl::string_view TakeWord(absl::string_view* text) {
  const auto end = std::find_if(text->begin(), text->end(), IsBlank);
  const size_t size = static_cast<size_t>(end - text->begin());
  const absl::string_view word = text->substr(0, size);
  text->remove_prefix(size);
  while (!text->empty() && IsBlank(text->front())) text->remove_prefix(1);
  return word;
}

absl::string_view SkipEmptyLines(absl::string_view text) {
  constexpr size_t kMost = 16;
  const size_t first = text.substr(0, kMost).find_first_not_of("\r\n");
  return text.substr(std::min({first, kMost, text.size()}));
}

bool ContainsNoCase(absl::string_view text, absl::string_view part) {
  const auto equal = [](char a, char b) {
    return absl::ascii_tolower(static_cast<uint8_t>(a)) ==
           absl::ascii_tolower(static_cast<uint8_t>(b));
  };
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     equal) != text.end();
}

Match MatchVerb(absl::string_view text,
                absl::Span<const absl::string_view> verbs) {
  Match match = Match::kNo;
  for (const absl::string_view verb : verbs) {
    if (text.size() <= verb.size()) {
      if (absl::StartsWithIgnoreCase(verb, text)) match = Match::kMore;
      continue;
    }
    const char next = text[verb.size()];
    if ((IsBlank(next) || next == '\r' || next == '\n') &&
        absl::StartsWithIgnoreCase(text, verb)) {
      return Match::kYes;
    }
  }
  return match;
}

Match MatchPrefix(absl::string_view text, absl::string_view prefix) {
  if (absl::StartsWith(text, prefix)) return Match::kYes;
  return absl::StartsWith(prefix, text) ? Match::kMore : Match::kNo;
}

bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool ReplyLine::Read(absl::string_view line) {
  if (line.size() < 3 || line[0] < '1' || line[0] > '6' || !IsDigit(line[1]) ||
      !IsDigit(line[2])) {
    return false;
  }
  code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  last = line.size() == 3 || line[3] != '-';
  text = line.size() > 4 ? line.substr(4) : absl::string_view();
  return line.size() == 3 || line[3] == '-' || line[3] == ' ';
}

}  // namespace tapline
