// What is known of one SMTP connection, and how it is told.

#ifndef TAPLINE_SENSORD_ANALYZERS_SMTP_SESSION_H_
#define TAPLINE_SENSORD_ANALYZERS_SMTP_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/smtp_message.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline::smtp {

// Thread safety: single-threaded.
struct Session {
  static constexpr size_t kMaxName = 255;

  std::string helo;
  std::string server_name;
  std::string server_software;
  std::string auth_mechanism;
  std::vector<std::string> extensions;
  Login login = Login::kUnknown;
  uint32_t failed_logins = 0;
  uint32_t commands = 0;
  bool starttls = false;
  bool cleartext_password = false;

  // The first line of the server's greeting, without its code.
  void SetGreeting(absl::string_view text);
  // A line of the reply to EHLO but the first.
  void AddExtension(absl::string_view text);
  // On the heap.
  size_t MemoryBytes() const;
};

// An event of the session, and of `mail` unless it is null.
void TellMailOf(const Session& session, const Mail* mail, AnalyzerOutput& out);

}  // namespace tapline::smtp

#endif  // TAPLINE_SENSORD_ANALYZERS_SMTP_SESSION_H_
