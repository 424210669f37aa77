// Header fields as in HTTP (also SIP, RTSP).

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/redact/guard_line_grammar.h"

namespace tapline {
namespace {

using absl::string_view;

constexpr size_t kAll = string_view::npos;

// Both sides send fields. What is in bodies
// is looked at in the same way.
class HeaderGrammar final : public LineGrammar {
 public:
  bool Withholds(bool) const override { return true; }

 private:
  struct Side {
    // The field before this line was a credential: this one may go on with it.
    bool secret = false;
    // The part of a multipart body is the value of a secret.
    bool part = false;
  };

  size_t ShownOf(bool client, string_view line, bool complete) override {
    const Side& side = sides_[client ? 1 : 0];
    if (side.part && !absl::StartsWith(line, "--")) return 0;
    if (line.empty()) return kAll;
    if (side.secret && (line[0] == ' ' || line[0] == '\t')) return 0;
    const size_t colon = line.find(':');
    if (colon == kAll || !IsSecretName(line.substr(0, colon))) return kAll;
    const size_t value = line.find_first_not_of(" \t", colon + 1);
    if (value == kAll) return kAll;
    const size_t end = line.find(' ', value);
    const string_view scheme = line.substr(value, end - value);
    for (const string_view known :
         {"basic", "bearer", "digest", "negotiate", "ntlm", "token"}) {
      if (absl::EqualsIgnoreCase(scheme, known)) {
        return end == kAll && !complete ? value + scheme.size() : end + 1;
      }
    }
    return value;
  }
  void LineDone(bool client, string_view line) override {
    Side& side = sides_[client ? 1 : 0];
    const bool goes_on =
        side.secret && !line.empty() && (line[0] == ' ' || line[0] == '\t');
    side.secret = goes_on || IsSecretName(line.substr(0, line.find(':')));
    if (absl::StartsWith(line, "--")) side.part = false;
    constexpr string_view kName = "name=\"";
    const size_t at = line.find(kName);
    if (absl::StartsWithIgnoreCase(line, "content-disposition:") &&
        at != kAll) {
      const string_view name = line.substr(at + kName.size());
      side.part |= IsSecretName(name.substr(0, name.find('"')));
    }
  }
  // A request or status line.
  bool BeginsLine(string_view bytes) const override {
    for (const string_view start :
         {"GET ", "POST ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ",
          "CONNECT ", "HTTP/1.", "SIP/2.0 ", "RTSP/1.0 ", "INVITE ",
          "REGISTER ", "DESCRIBE ", "NOTIFY ", "M-SEARCH "}) {
      if (absl::StartsWith(bytes, start)) return true;
    }
    return false;
  }
  void LineLost(bool client) override { sides_[client ? 1 : 0].secret = true; }
  Side sides_[2];
};

}  // namespace

bool IsSecretName(string_view name) {
  std::string key;
  for (const char c : name.substr(0, 64)) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      key += absl::ascii_tolower(static_cast<unsigned char>(c));
    } else if (c != '-' && c != '_' && c != '.' && c != '[' && c != ']') {
      return false;
    }
  }
  static constexpr string_view kParts[] = {
      "pass",    "pwd",          "secret",
      "token",   "apikey",       "credential",
      "otp",     "session",      "authoriz",
      "cookie",  "csrf",         "privatekey",
      "pincode", "websocketkey", "authenticationinfo"};
  for (const string_view part : kParts) {
    if (absl::StrContains(key, part)) return true;
  }
  return absl::StartsWith(key, "x") &&
         (absl::EndsWith(key, "key") || absl::EndsWith(key, "auth"));
}

GrammarPtr NewHeaderGrammar() { return std::make_unique<HeaderGrammar>(); }

}  // namespace tapline
