// The pieces of SMTP lines that are kept, and the mails they make.

#ifndef TAPLINE_SENSORD_ANALYZERS_SMTP_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_SMTP_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tapline::smtp {

enum class Verb : uint8_t {
  kUnknown,
  kHello,
  kStartTls,
  kAuth,
  kMail,
  kRcpt,
  kData,
  kBdat,
  kReset,
  kQuit,
  // Known, and of no matter here.
  kOther,
  // No command: the end of a mail, which has a reply of its own.
  kMessage,
};

// Any case.
Verb VerbOf(absl::string_view word);

// The address of "FROM:<a@b> SIZE=9" or "TO:<@relay:a@b>", its local part
// masked; "<>" for the empty one, empty when there is none.
std::string MaskedAddress(absl::string_view argument);

// "5.7.1" at the beginning of a reply's text (RFC 3463 2); empty without.
absl::string_view EnhancedStatus(absl::string_view text);

// One mail from MAIL to its last reply.
struct Mail {
  uint32_t id = 0;
  std::string from;
  std::vector<std::string> to;
  uint32_t recipients = 0;
  uint32_t accepted = 0;
  uint64_t bytes = 0;
  uint32_t status = 0;
  std::string enhanced_status;

  void AddRecipient(absl::string_view argument);
};

// Mails whose replies have not all come: with pipelining the next begins before
// the last is answered. Thread safety: single-threaded.
class Mails {
 public:
  static constexpr size_t kMaxMails = 8;

  // A new mail, which becomes current().
  Mail& Begin();
  // The one that commands are about; null when there is none.
  Mail* current() { return Find(current_); }
  uint32_t current_id() const { return current_; }
  void Close() { current_ = 0; }
  Mail* Find(uint32_t id);
  void Erase(uint32_t id);
  bool IsFull() const { return mails_.size() >= kMaxMails; }
  bool empty() const { return mails_.empty(); }
  Mail& front() { return mails_.front(); }
  size_t MemoryBytes() const;

 private:
  std::deque<Mail> mails_;
  uint32_t last_id_ = 0;
  // 0: none.
  uint32_t current_ = 0;
};

}  // namespace tapline::smtp

#endif  // TAPLINE_SENSORD_ANALYZERS_SMTP_MESSAGE_H_
