#include "common/redact/payload_guard.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/redact/payload_mask.h"

namespace tapline {
namespace {

// What begins a secret is not further away from it.
constexpr size_t kCarried = 512;

GrammarPtr NewGrammar(absl::string_view protocol) {
  for (const auto create :
       {&NewLineGrammar, &NewFrameGrammar, &NewSpecialGrammar}) {
    if (GrammarPtr grammar = create(protocol)) return grammar;
  }
  return nullptr;
}

// The answer of a login by NTLM, in whatever carries it (MS-NLMP 2.2.1.3).
size_t FindNtlmAnswer(absl::string_view bytes) {
  return bytes.find(absl::string_view("NTLMSSP\0\3\0\0\0", 12));
}

}  // namespace

PayloadGuard::PayloadGuard(absl::Span<const std::string> protocols,
                           bool swapped)
    : swapped_(swapped) {
  bool socks = false;
  for (const std::string& protocol : protocols) {
    if (protocol == "socks") {
      socks = true;
      name_ = protocol;
      continue;
    }
    grammar_ = NewGrammar(protocol);
    if (grammar_ == nullptr) continue;
    if (name_.empty()) name_ = protocol;
    break;
  }
  if (grammar_ == nullptr) grammar_ = NewPromptGrammar();
  if (socks) grammar_ = NewSocksGrammar(std::move(grammar_));
}

std::string PayloadGuard::Next(bool client, absl::string_view bytes,
                               bool wanted) {
  client = client != swapped_;
  std::string flags(bytes.size(), kShown);
  grammar_->Next(client, bytes, flags.data());
  std::string& last = last_[client ? 1 : 0];
  if (wanted) FreeText(last, bytes, flags);
  absl::StrAppend(&last, bytes);
  if (last.size() > kCarried) last.erase(0, last.size() - kCarried);
  return flags;
}

std::string PayloadGuard::Datagram(bool client, absl::string_view bytes,
                                   bool wanted) {
  grammar_->Boundary(client != swapped_);
  last_[client != swapped_ ? 1 : 0].clear();
  return Next(client, bytes, wanted);
}

std::string PayloadGuard::Late(bool client, absl::string_view bytes) {
  const bool withheld = grammar_->Withholds(client != swapped_);
  std::string flags(bytes.size(), withheld ? kWithheld : kShown);
  for (const SecretSpan& span : FindPayloadSecrets(bytes, false)) {
    std::fill(flags.begin() + static_cast<ptrdiff_t>(span.begin),
              flags.begin() + static_cast<ptrdiff_t>(span.end), kSecret);
  }
  return flags;
}

void PayloadGuard::Gap(bool client, uint64_t bytes) {
  grammar_->Gap(client != swapped_, bytes);
}

void PayloadGuard::FreeText(std::string& last, absl::string_view bytes,
                            std::string& flags) {
  const size_t old = last.size();
  absl::StrAppend(&last, bytes);
  std::vector<SecretSpan> found = FindPayloadSecrets(last, false);
  const size_t ntlm = FindNtlmAnswer(last);
  if (ntlm != absl::string_view::npos) found.push_back({ntlm, last.size()});
  for (const SecretSpan& span : found) {
    for (size_t i = std::max(span.begin, old); i < span.end; ++i) {
      flags[i - old] = kSecret;
    }
  }
  last.resize(old);
}

std::string PayloadGuard::Mark(size_t bytes) const {
  if (!grammar_->binary()) return std::string(kSecretMark);
  return absl::StrCat("[redacted: ", bytes, bytes == 1 ? " byte" : " bytes",
                      " of ", name_, "]");
}

bool MayCarryLogin(absl::string_view protocol) {
  return protocol == "socks" || NewGrammar(protocol) != nullptr;
}

}  // namespace tapline
