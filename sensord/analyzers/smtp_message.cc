#include "sensord/analyzers/smtp_message.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/masked_name.h"

namespace tapline::smtp {
namespace {

constexpr size_t kMaxRecipients = 16;
// RFC 5321 4.5.3.1: 64 of the local part, 255 of the domain.
constexpr size_t kMaxAddress = 320;

}  // namespace

Verb VerbOf(absl::string_view word) {
  struct Row {
    absl::string_view word;
    Verb verb;
  };
  static constexpr Row kVerbs[] = {
      {"EHLO", Verb::kHello},        {"HELO", Verb::kHello},
      {"LHLO", Verb::kHello},        {"MAIL", Verb::kMail},
      {"RCPT", Verb::kRcpt},         {"DATA", Verb::kData},
      {"BDAT", Verb::kBdat},         {"RSET", Verb::kReset},
      {"QUIT", Verb::kQuit},         {"AUTH", Verb::kAuth},
      {"STARTTLS", Verb::kStartTls}, {"NOOP", Verb::kOther},
      {"VRFY", Verb::kOther},        {"EXPN", Verb::kOther},
      {"HELP", Verb::kOther},        {"ETRN", Verb::kOther},
      {"TURN", Verb::kOther},        {"ATRN", Verb::kOther},
      {"SEND", Verb::kOther},        {"SOML", Verb::kOther},
      {"SAML", Verb::kOther},        {"BURL", Verb::kOther},
      {"XCLIENT", Verb::kOther},     {"XFORWARD", Verb::kOther},
  };
  for (const Row& row : kVerbs) {
    if (absl::EqualsIgnoreCase(word, row.word)) return row.verb;
  }
  return Verb::kUnknown;
}

std::string MaskedAddress(absl::string_view argument) {
  const size_t colon = argument.find(':');
  if (colon == absl::string_view::npos) return "";
  argument.remove_prefix(colon + 1);
  while (absl::StartsWith(argument, " ")) argument.remove_prefix(1);
  if (absl::StartsWith(argument, "<")) {
    argument.remove_prefix(1);
    // A ">" may stand in a quoted local part.
    const size_t at = std::min(argument.rfind('@'), argument.size());
    size_t end = argument.find('>', absl::StartsWith(argument, "\"") ? at : 0);
    argument = argument.substr(0, end);
    if (argument.empty()) return "<>";
  } else {
    argument = TakeWord(&argument);
  }
  if (absl::StartsWith(argument, "@")) {
    argument.remove_prefix(std::min(argument.find(':'), argument.size() - 1));
    argument.remove_prefix(1);
  }
  return MaskedMailbox(argument).substr(0, kMaxAddress);
}

absl::string_view EnhancedStatus(absl::string_view text) {
  absl::string_view rest = text;
  const absl::string_view word = TakeWord(&rest);
  if (word.size() < 5 || word.size() > 9 || word[1] != '.' ||
      (word[0] != '2' && word[0] != '4' && word[0] != '5') ||
      std::count(word.begin(), word.end(), '.') != 2 ||
      word.find_first_not_of("0123456789.") != absl::string_view::npos) {
    return {};
  }
  return word;
}

void Mail::AddRecipient(absl::string_view argument) {
  ++recipients;
  if (to.size() < kMaxRecipients) to.push_back(MaskedAddress(argument));
}

Mail& Mails::Begin() {
  Mail& mail = mails_.emplace_back();
  mail.id = current_ = ++last_id_;
  return mail;
}

Mail* Mails::Find(uint32_t id) {
  for (Mail& mail : mails_) {
    if (mail.id == id) return &mail;
  }
  return nullptr;
}

void Mails::Erase(uint32_t id) {
  if (current_ == id) current_ = 0;
  for (auto it = mails_.begin(); it != mails_.end(); ++it) {
    if (it->id == id) {
      mails_.erase(it);
      return;
    }
  }
}

size_t Mails::MemoryBytes() const {
  size_t bytes = 0;
  for (const Mail& mail : mails_) {
    bytes += sizeof(mail) + mail.from.capacity() +
             mail.to.capacity() * sizeof(std::string);
    for (const std::string& to : mail.to) bytes += to.capacity();
  }
  return bytes;
}

}  // namespace tapline::smtp
