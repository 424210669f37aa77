// NTLMSSP ([MS-NLMP] 2.2.1), as SMB, LDAP, DCERPC, HTTP and TDS carry it.

#ifndef TAPLINE_SENSORD_ANALYZERS_NTLM_H_
#define TAPLINE_SENSORD_ANALYZERS_NTLM_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "sensord/analyzers/analyzer.h"

namespace tapline {

// What the messages of one logon said so far: no challenge, no response.
struct NtlmSession {
  enum Step : uint8_t { kNone = 0, kNegotiate, kChallenge, kAuthenticate };
  // Of the last message.
  Step step = kNone;
  // Of the account; of the client's machine. At most 256 bytes each.
  std::string domain;
  std::string workstation;
  // Masked.
  std::string account;
  // DNS name if it told one, else NetBIOS name.
  std::string server;
  std::string server_domain;
  // "10.0.17763": version of the operating system; empty when not told.
  std::string client_version;
  std::string server_version;
  // 1 or 2, by the length of the response; 0 unknown.
  uint8_t version = 0;
  // Nobody logs on.
  bool anonymous = false;
  // Asked for: messages signed, encrypted.
  bool sign = false;
  bool seal = false;

  size_t MemoryBytes() const;
};

bool IsNtlm(Bytes token);

// Adds what an NTLMSSP message says. A negotiate message begins anew. False
// when it is none, or its parts are not where it says; what could be read then
// stands. A message may be cut short at its end.
bool ReadNtlm(Bytes message, NtlmSession* session);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_NTLM_H_
