#include "sensord/analyzers/http_hints.h"

#include <array>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace tapline::http {
namespace {

constexpr uint8_t kTraversal = 1;
constexpr uint8_t kInjection = 2;
constexpr uint8_t kScript = 4;
constexpr uint8_t kFileInclusion = 8;
constexpr uint8_t kProbe = 16;

constexpr PathHint kHints[] = {
    {kTraversal, "traversal"}, {kInjection, "injection"},
    {kScript, "script"},       {kFileInclusion, "file_inclusion"},
    {kProbe, "probe"},
};

constexpr size_t kMaxLooked = 1024;

// Lower case, '+' as a space.
struct Sign {
  absl::string_view text;
  uint8_t bit;
};
constexpr Sign kSigns[] = {
    {"../", kTraversal},
    {"..\\", kTraversal},
    {"union select", kInjection},
    {"union all select", kInjection},
    {"information_schema", kInjection},
    {"' or ", kInjection},
    {"1=1", kInjection},
    {"sleep(", kInjection},
    {"${jndi:", kInjection},
    {"/bin/sh", kInjection},
    {"cmd.exe", kInjection},
    {";wget ", kInjection},
    {";curl ", kInjection},
    {"$(", kInjection},
    {"<script", kScript},
    {"javascript:", kScript},
    {"onerror=", kScript},
    {"/etc/passwd", kFileInclusion},
    {"php://", kFileInclusion},
    {"file://", kFileInclusion},
    {"/proc/self/", kFileInclusion},
    {"/.env", kProbe},
    {"/.git/", kProbe},
    {"/wp-login", kProbe},
    {"/xmlrpc.php", kProbe},
    {"/phpmyadmin", kProbe},
    {"/actuator/", kProbe},
    {"/boaform/", kProbe},
    {"/hnap1", kProbe},
};

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// In place; `text` is lower case.
void Decode(std::string* text) {
  size_t to = 0;
  for (size_t i = 0; i < text->size(); ++i, ++to) {
    char c = (*text)[i];
    if (c == '%' && i + 2 < text->size()) {
      const int high = HexValue((*text)[i + 1]);
      const int low = HexValue((*text)[i + 2]);
      if (high >= 0 && low >= 0) {
        c = static_cast<char>(
            absl::ascii_tolower(static_cast<unsigned char>(high * 16 + low)));
        i += 2;
      }
    }
    (*text)[to] = c == '+' ? ' ' : c;
  }
  text->resize(to);
}

// What most targets are: nothing of it can be a sign.
bool IsHarmless(absl::string_view target) {
  for (size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) continue;
    if (c == '_' || c == '&' || c == ',') continue;
    if (c == '.' && i > 0 && target[i - 1] != '/' && target[i - 1] != '.') {
      continue;
    }
    if (c == '/' || c == '?' || c == '=' || c == '-') continue;
    return false;
  }
  return true;
}

}  // namespace

absl::Span<const PathHint> AllPathHints() { return kHints; }

uint8_t PathHints(absl::string_view target) {
  target = target.substr(0, kMaxLooked);
  std::string text = absl::AsciiStrToLower(target);
  const bool harmless = IsHarmless(target);
  if (!harmless) {
    Decode(&text);
    Decode(&text);
  }
  uint8_t hints = 0;
  for (const Sign& sign : kSigns) {
    // A harmless one may still be a probe for a page.
    if (harmless && sign.bit != kProbe) continue;
    if (absl::StrContains(text, sign.text)) hints |= sign.bit;
  }
  return hints;
}

}  // namespace tapline::http
