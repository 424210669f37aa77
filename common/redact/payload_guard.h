// What of a flow's payload may be shown to people (D18, D19): follows a flow
// from its beginning, because what a client says is a password by what was said
// before.
//
// It fails closed. Of protocols with logins the client's payload is withheld
// but for what is known to be harmless: commands by name where there are lines,
// messages by kind where there are frames. Credentials in free text (headers,
// forms, addresses of pages) are looked for in all protocols.

#ifndef TAPLINE_COMMON_REDACT_PAYLOAD_GUARD_H_
#define TAPLINE_COMMON_REDACT_PAYLOAD_GUARD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/redact/guard_grammar.h"

namespace tapline {

// Thread safety: single-threaded.
class PayloadGuard {
 public:
  // Of each byte.
  static constexpr char kShown = 0;
  // May be a login by its place.
  static constexpr char kWithheld = 1;
  // Recognized as a secret.
  static constexpr char kSecret = 2;

  // Names of protocols.def: what the flow carries, outermost first; may be
  // empty. `swapped`: what is said of the client below is meant of the server.
  explicit PayloadGuard(absl::Span<const std::string> protocols,
                        bool swapped = false);

  // A flag for each of the next bytes of a side's stream. Not `wanted`: nobody
  // looks at the flags, and free text may be left out.
  std::string Next(bool client, absl::string_view bytes, bool wanted = true);
  // A datagram.
  std::string Datagram(bool client, absl::string_view bytes,
                       bool wanted = true);
  // What fills a gap, or comes again.
  std::string Late(bool client, absl::string_view bytes);
  // Bytes of a side were not seen; 0: nobody knows how many, as when the flow
  // was seen from its middle.
  void Gap(bool client, uint64_t bytes);

  // What stands for `bytes` bytes that are withheld:
  // "[redacted: 12 bytes of ldap]", "[redacted:secret]" where there are lines.
  std::string Mark(size_t bytes) const;

 private:
  void FreeText(std::string& last, absl::string_view bytes, std::string& flags);

  const bool swapped_;
  GrammarPtr grammar_;
  std::string name_;
  // [1] of the client: the last bytes, for what goes on in the next.
  std::string last_[2];
};

// Whether the protocol has a grammar: what it says of a flow decides.
bool MayCarryLogin(absl::string_view protocol);

}  // namespace tapline

#endif  // TAPLINE_COMMON_REDACT_PAYLOAD_GUARD_H_
