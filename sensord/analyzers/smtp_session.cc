#include "sensord/analyzers/smtp_session.h"

#include "absl/strings/ascii.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/event/fields/smtp.h"

namespace tapline::smtp {
namespace {

namespace field = fields::smtp;

constexpr size_t kMaxWord = 32;
constexpr size_t kMaxExtensions = 32;

}  // namespace

void Session::SetGreeting(absl::string_view text) {
  server_name = std::string(TakeWord(&text).substr(0, kMaxName));
  server_software = std::string(text.substr(0, kMaxName));
}

void Session::AddExtension(absl::string_view text) {
  const absl::string_view word = TakeWord(&text);
  if (word.empty() || word.size() > kMaxWord || !IsPrintable(word) ||
      extensions.size() == kMaxExtensions) {
    return;
  }
  extensions.push_back(absl::AsciiStrToUpper(word));
}

size_t Session::MemoryBytes() const {
  size_t bytes = helo.capacity() + server_name.capacity() +
                 server_software.capacity() + auth_mechanism.capacity() +
                 extensions.capacity() * sizeof(std::string);
  for (const std::string& name : extensions) bytes += name.capacity();
  return bytes;
}

void TellMailOf(const Session& session, const Mail* mail, AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kHelo, session.helo);
  event.Set(field::kServerName, session.server_name);
  event.Set(field::kServerSoftware, session.server_software);
  for (const std::string& name : session.extensions) {
    event.Set(field::kExtensions, name);
  }
  event.Set(field::kStarttls, session.starttls);
  event.Set(field::kAuthMechanism, session.auth_mechanism);
  event.Set(field::kLogin, static_cast<uint64_t>(session.login));
  event.SetTrue(field::kCleartextPassword, session.cleartext_password);
  event.Set(field::kFailedLogins, session.failed_logins);
  event.Set(field::kCommands, session.commands);
  if (mail == nullptr) return;
  event.Set(field::kMailFrom, mail->from);
  for (const std::string& to : mail->to) event.Set(field::kRcptTo, to);
  event.Set(field::kRecipients, mail->recipients);
  event.Set(field::kRecipientsAccepted, mail->accepted);
  event.Set(field::kMessageBytes, mail->bytes);
  event.Set(field::kStatus, mail->status);
  event.SetSafe(field::kEnhancedStatus, mail->enhanced_status);
}

}  // namespace tapline::smtp
