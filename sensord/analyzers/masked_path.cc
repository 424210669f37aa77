#include "sensord/analyzers/masked_path.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

constexpr absl::string_view kOpaque = "[redacted:opaque]";
// What comes after such a segment opens something.
constexpr absl::string_view kDoors[] = {
    "reset", "verify", "token", "invite", "magic", "share", "unsubscribe"};
// What comes after such a folder is the name of its user, lower case.
constexpr absl::string_view kHomes[] = {
    "home",     "homes",     "users",
    "home$",    "homes$",    "users$",
    "profiles", "profiles$", "documents and settings"};

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<uint8_t>(c)); }
bool IsHex(char c) { return absl::ascii_isxdigit(static_cast<uint8_t>(c)); }
bool IsUpper(char c) { return absl::ascii_isupper(static_cast<uint8_t>(c)); }
bool IsLower(char c) { return absl::ascii_islower(static_cast<uint8_t>(c)); }
bool IsAlpha(char c) { return IsUpper(c) || IsLower(c); }

bool IsUuid(absl::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHex(text[i])) return false;
  }
  return true;
}

// Upper and lower case and digits, or padding: words have not all of them.
bool IsBase64(absl::string_view text) {
  const size_t end = text.find_last_not_of('=');
  if (end == absl::string_view::npos) return false;
  const bool padded = end + 1 < text.size();
  int upper = 0, lower = 0, digits = 0;
  for (const char c : text.substr(0, end + 1)) {
    upper += IsUpper(c);
    lower += IsLower(c);
    digits += IsDigit(c);
    if (!IsAlpha(c) && !IsDigit(c) && c != '+' && c != '-' && c != '_') {
      return false;
    }
  }
  return padded || (upper > 1 && lower > 1 && digits > 1);
}

// "getting-started_with.Kubernetes-2024-amd64": each part letters in one of the
// usual cases, a small number, or the one before the other.
bool IsWords(absl::string_view text) {
  constexpr size_t kLongestWord = 15;
  constexpr size_t kLongestNumber = 5;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("-_. +"), text.size());
    absl::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    size_t digits = 0;
    while (digits < word.size() && IsDigit(word[word.size() - 1 - digits])) {
      ++digits;
    }
    word.remove_suffix(digits);
    if (digits > kLongestNumber || word.size() > kLongestWord) return false;
    if (word.empty()) continue;
    const absl::string_view tail = word.substr(1);
    const bool letters =
        IsAlpha(word[0]) && (std::all_of(tail.begin(), tail.end(), IsLower) ||
                             std::all_of(word.begin(), word.end(), IsUpper));
    if (!letters) return false;
  }
  return true;
}

double BitsPerCharacter(absl::string_view text) {
  std::array<int, 256> counts{};
  for (const char c : text) ++counts[static_cast<uint8_t>(c)];
  double bits = 0;
  for (const int n : counts) {
    if (n == 0) continue;
    const double share = static_cast<double>(n) / text.size();
    bits -= share * std::log2(share);
  }
  return bits;
}

// One percent escape a character; what is none stays.
std::string Unescaped(absl::string_view text) {
  std::string out;
  const auto value = [](char c) {
    return IsDigit(c) ? c - '0' : (absl::ascii_tolower(c) - 'a' + 10);
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && IsHex(text[i + 1]) &&
        IsHex(text[i + 2])) {
      out += static_cast<char>(value(text[i + 1]) << 4 | value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Where the domain of an e-mail address begins; npos for other text.
size_t EmailDomain(absl::string_view text) {
  const size_t at = text.rfind('@');
  if (at == absl::string_view::npos || at == 0) return absl::string_view::npos;
  return absl::StrContains(text.substr(at), '.') ? at + 1
                                                 : absl::string_view::npos;
}

template <size_t kSize>
bool IsOneOf(absl::string_view text, const absl::string_view (&list)[kSize]) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

std::string MaskedSegment(absl::string_view segment) {
  const bool escaped = absl::StrContains(segment, '%');
  const std::string plain = escaped ? Unescaped(segment) : std::string();
  const absl::string_view text = escaped ? absl::string_view(plain) : segment;
  const size_t domain = EmailDomain(text);
  if (domain != absl::string_view::npos) {
    return absl::StrCat("[redacted:email]@", text.substr(domain));
  }
  return std::string(LooksOpaque(text) ? kOpaque : segment);
}

// Where a segment ends, and the bytes of what separates it from the next: a
// slash, of files a backslash too, as it is or as a percent escape. 0: it is
// the last.
struct SegmentEnd {
  size_t at;
  size_t separator;
};

SegmentEnd EndOfSegment(absl::string_view path, bool file) {
  const absl::string_view marks = file ? "%/\\" : "%/";
  for (size_t at = path.find_first_of(marks); at < path.size();
       at = path.find_first_of(marks, at + 1)) {
    if (path[at] != '%') return {at, 1};
    const absl::string_view digits = path.substr(at + 1, 2);
    if (absl::EqualsIgnoreCase(digits, "2f") ||
        (file && absl::EqualsIgnoreCase(digits, "5c"))) {
      return {at, 3};
    }
  }
  return {path.size(), 0};
}

// What a segment is compared as.
std::string Folded(absl::string_view segment) {
  if (!absl::StrContains(segment, '%')) return absl::AsciiStrToLower(segment);
  return absl::AsciiStrToLower(Unescaped(segment));
}

std::string Mask(absl::string_view path, bool file) {
  const bool cut = path.size() > kMaxMaskedPath;
  path = path.substr(0, kMaxMaskedPath);
  std::string out;
  std::string before;
  while (true) {
    const auto [end, separator] = EndOfSegment(path, file);
    const bool last = separator == 0;
    const absl::string_view segment = path.substr(0, end);
    if (segment.empty()) {
      // Two separators, or one at an end.
    } else if ((last && cut) || (!file && IsOneOf(before, kDoors))) {
      absl::StrAppend(&out, kOpaque);
    } else if (file && IsOneOf(before, kHomes)) {
      absl::StrAppend(&out, "[user]");
    } else {
      absl::StrAppend(&out, MaskedSegment(segment));
    }
    if (last) return out;
    absl::StrAppend(&out, path.substr(end, separator));
    path.remove_prefix(end + separator);
    if (!segment.empty()) before = Folded(segment);
  }
}

}  // namespace

bool LooksOpaque(absl::string_view text) {
  if (IsUuid(text)) return true;
  const auto all = [text](bool (*is)(char)) {
    return std::all_of(text.begin(), text.end(), is);
  };
  if (text.size() >= 6 && all(IsDigit)) return true;
  if (text.size() >= 16 && (all(IsHex) || IsBase64(text))) return true;
  if (absl::StartsWith(text, "ey") &&
      std::count(text.begin(), text.end(), '.') == 2) {
    return true;
  }
  return text.size() > 20 && !IsWords(text) && BitsPerCharacter(text) > 3.5;
}

std::string MaskedPath(absl::string_view path) { return Mask(path, false); }

std::string MaskedFilePath(absl::string_view path) { return Mask(path, true); }

}  // namespace tapline
