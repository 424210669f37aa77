// How the payload of one protocol is read for logins. Internal to redact.

#ifndef TAPLINE_COMMON_REDACT_GUARD_GRAMMAR_H_
#define TAPLINE_COMMON_REDACT_GUARD_GRAMMAR_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"

namespace tapline {

// Thread safety: single-threaded.
class GuardGrammar {
 public:
  virtual ~GuardGrammar() = default;
  // The next bytes of a side; sets flags[i] to 1 for those that are not to be
  // shown. All are 0 before.
  virtual void Next(bool client, absl::string_view bytes, char* flags) = 0;
  // Bytes of a side are missing here; 0: nobody knows how many.
  virtual void Gap(bool client, uint64_t bytes) = 0;
  // What comes begins anew: each datagram does.
  virtual void Boundary(bool /*client*/) {}
  // Bytes of the side that come when their place is past may be a login.
  virtual bool Withholds(bool client) const { return client; }
  // What is withheld is told as a number of bytes.
  virtual bool binary() const { return false; }
};

using GrammarPtr = std::unique_ptr<GuardGrammar>;

// By the name of a protocol (protocols.def); null for one without logins, or
// for one that these do not know.
GrammarPtr NewLineGrammar(absl::string_view protocol);
GrammarPtr NewFrameGrammar(absl::string_view protocol);
GrammarPtr NewSpecialGrammar(absl::string_view protocol);
GrammarPtr NewPlaceGrammar(absl::string_view protocol);
GrammarPtr NewTelnetGrammar();
GrammarPtr NewHeaderGrammar();
// Of SOCKS, and of what it carries; `inner` may be null.
GrammarPtr NewSocksGrammar(GrammarPtr inner);
// Of streams nobody knows: what follows a prompt for a password.
GrammarPtr NewPromptGrammar();

inline uint8_t ByteAt(absl::string_view bytes, size_t i) {
  return static_cast<uint8_t>(bytes[i]);
}

// Whether text without an end of line asks for a password.
bool AsksForPassword(absl::string_view line);
// Whether a header field, a form's field or such is a credential by its name.
bool IsSecretName(absl::string_view name);

}  // namespace tapline

#endif  // TAPLINE_COMMON_REDACT_GUARD_GRAMMAR_H_
