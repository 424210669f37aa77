// Authentication inside other protocols: SPNEGO (RFC 4178), Kerberos (RFC
// 4121), NTLMSSP, as the tokens of SMB, LDAP, DCERPC and HTTP show it.

#ifndef TAPLINE_SENSORD_ANALYZERS_GSS_SESSION_H_
#define TAPLINE_SENSORD_ANALYZERS_GSS_SESSION_H_

#include <cstddef>
#include <string>
#include <vector>

#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/kerberos_message.h"
#include "sensord/analyzers/ntlm.h"
#include "sensord/event/event_writer.h"

namespace tapline {

// What the tokens of one logon said so far. Thread safety: single-threaded.
class GssSession {
 public:
  // The next token of either side; any bytes. `cut`: its end is missing. False
  // when it is nothing known, or broken.
  bool OnToken(Bytes token, bool cut);
  // Name and domain told outside tokens (SMB 1 without extended security).
  void OnPlainLogon(absl::string_view account, absl::string_view domain,
                    bool anonymous, int ntlm_version);

  // "ntlm", "kerberos", "negoex", or another known by its object identifier;
  // "" when nothing was seen.
  const std::string& mechanism() const { return mechanism_; }
  const NtlmSession& ntlm() const { return ntlm_; }
  bool empty() const { return mechanism_.empty() && offered_.empty(); }

  // Writes message Authentication into `field`; nothing when empty.
  void Tell(EventWriter& event, MessageField field) const;
  // On the heap.
  size_t MemoryBytes() const;

 private:
  // `depth`: tokens it is inside of.
  bool OnInitialToken(Bytes token, bool cut, int depth);
  bool OnNegotiation(BerReader fields, bool cut, int depth);
  bool OnMechanismToken(Bytes token, bool cut, int depth);

  std::string mechanism_;
  std::vector<std::string> offered_;
  NtlmSession ntlm_;
  KerberosTicket ticket_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_GSS_SESSION_H_
