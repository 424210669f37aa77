#include "sensord/analyzers/imap_message.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/ascii_text.h"

namespace tapline::imap {
namespace {

constexpr size_t kMaxTag = 64;
constexpr size_t kMaxString = 255;
constexpr int kMaxIdFields = 60;

}  // namespace

Verb VerbOf(absl::string_view word) {
  struct Row {
    absl::string_view word;
    Verb verb;
  };
  static constexpr Row kVerbs[] = {
      {"CAPABILITY", Verb::kCapability},
      {"ID", Verb::kId},
      {"STARTTLS", Verb::kStartTls},
      {"AUTHENTICATE", Verb::kAuthenticate},
      {"LOGIN", Verb::kLogin},
      {"SELECT", Verb::kWork},
      {"EXAMINE", Verb::kWork},
      {"LIST", Verb::kWork},
      {"LSUB", Verb::kWork},
      {"STATUS", Verb::kWork},
      {"APPEND", Verb::kWork},
      {"FETCH", Verb::kWork},
      {"STORE", Verb::kWork},
      {"SEARCH", Verb::kWork},
      {"COPY", Verb::kWork},
      {"MOVE", Verb::kWork},
      {"UID", Verb::kWork},
      {"IDLE", Verb::kWork},
      {"EXPUNGE", Verb::kWork},
      {"CLOSE", Verb::kWork},
      {"CREATE", Verb::kWork},
      {"DELETE", Verb::kWork},
      {"RENAME", Verb::kWork},
      {"SUBSCRIBE", Verb::kWork},
      {"NAMESPACE", Verb::kWork},
      {"GETQUOTAROOT", Verb::kWork},
      {"XLIST", Verb::kWork},
      {"COMPRESS", Verb::kCompress},
      {"NOOP", Verb::kOther},
      {"LOGOUT", Verb::kOther},
      {"ENABLE", Verb::kOther},
      {"CHECK", Verb::kOther},
      {"UNSUBSCRIBE", Verb::kWork},
      {"UNSELECT", Verb::kWork},
  };
  for (const Row& row : kVerbs) {
    if (absl::EqualsIgnoreCase(word, row.word)) return row.verb;
  }
  return Verb::kUnknown;
}

bool IsTag(absl::string_view word) {
  return !word.empty() && word.size() <= kMaxTag && IsPrintable(word) &&
         word.find_first_of("(){%*\"\\+ ") == absl::string_view::npos;
}

Literal LiteralAtEnd(absl::string_view line, uint64_t* bytes) {
  if (!absl::EndsWith(line, "}")) return Literal::kNone;
  const size_t open = line.rfind('{');
  if (open == absl::string_view::npos) return Literal::kNone;
  absl::string_view size = line.substr(open + 1);
  size.remove_suffix(1);
  if (absl::EndsWith(size, "+") || absl::EndsWith(size, "-")) {
    size.remove_suffix(1);
  }
  const bool digits = !size.empty() && size.find_first_not_of("0123456789") ==
                                           absl::string_view::npos;
  if (!digits) return Literal::kNone;
  // RFC 9051 4.3: a number of 63 bits.
  return absl::SimpleAtoi(size, bytes) && *bytes <= INT64_MAX ? Literal::kBytes
                                                              : Literal::kBad;
}

std::string TakeString(absl::string_view* text) {
  std::string out;
  if (!absl::StartsWith(*text, "\"")) {
    const absl::string_view word = TakeWord(text);
    if (!absl::StartsWith(word, "{")) out.assign(word.data(), word.size());
  } else {
    text->remove_prefix(1);
    while (!text->empty() && text->front() != '"') {
      if (text->front() == '\\' && text->size() > 1) text->remove_prefix(1);
      out += text->front();
      text->remove_prefix(1);
    }
    if (!text->empty()) text->remove_prefix(1);
    while (absl::StartsWith(*text, " ")) text->remove_prefix(1);
  }
  out.resize(std::min(out.size(), kMaxString));
  return out;
}

std::string ClientOfId(absl::string_view list) {
  std::string name, version;
  const size_t open = list.find('(');
  if (open == absl::string_view::npos) return name;
  list.remove_prefix(open + 1);
  for (int i = 0; i < kMaxIdFields && !list.empty(); ++i) {
    const std::string key = TakeString(&list);
    const std::string value = TakeString(&list);
    if (absl::EqualsIgnoreCase(key, "name")) name = value;
    if (absl::EqualsIgnoreCase(key, "version")) version = value;
  }
  return version.empty() ? name : absl::StrCat(name, " ", version);
}

}  // namespace tapline::imap
