// Kerberos 5 messages (RFC 4120 5), without trusting them: names, encryption
// types and outcome, never a key or a ticket's contents.

#ifndef TAPLINE_SENSORD_ANALYZERS_KERBEROS_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_KERBEROS_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/ber.h"

namespace tapline {

// RFC 4120 7.5.7.
enum class KerberosType : uint8_t {
  kAsRequest = 10,
  kAsReply = 11,
  kTgsRequest = 12,
  kTgsReply = 13,
  kApRequest = 14,
  kApReply = 15,
  kSafe = 20,
  kPrivate = 21,
  kCredential = 22,
  kError = 30,
};

// Of a ticket all that is in clear text.
struct KerberosTicket {
  std::string realm;
  // "cifs/files.example.com"; a name of an account is masked.
  std::string service;
  int32_t encryption = 0;
  bool present = false;
};

struct KerberosMessage {
  KerberosType type = KerberosType::kError;
  // At most 256 bytes each.
  std::string realm;
  // Masked.
  std::string client;
  std::string service;
  // Of a request: what the client offers, best first; at most 16.
  std::vector<int32_t> encryptions;
  // Types of pre-authentication data; at most 16.
  std::vector<int32_t> preauths;
  KerberosTicket ticket;
  // Of a reply's own part, under the client's or the session's key.
  int32_t reply_encryption = 0;
  int32_t error = 0;
  // Of a request.
  uint32_t nonce = 0;

  // False when it breaks RFC 4120; what could be read stands. `cut`: the end of
  // the message is missing.
  bool Read(Bytes bytes, bool cut);
};

// True when the bytes begin as a message does: tag, length, version and type
// agree. With fewer than 24 bytes as far as they go.
bool IsKerberos(Bytes bytes);

// "aes256-cts-hmac-sha1-96" (IANA Kerberos Encryption Type Numbers), or
// "etype 99".
std::string EncryptionName(int32_t encryption);
// DES, triple DES, RC4 (RFC 6649, RFC 8429).
bool IsWeakEncryption(int32_t encryption);
// "KDC_ERR_PREAUTH_REQUIRED" (RFC 4120 7.5.9, RFC 4556), or "error 99".
std::string KerberosErrorName(int32_t error);
// "enc-timestamp", "pk-as-req" (IANA Pre-authentication and Typed Data), or
// "padata 99".
std::string PreauthName(int32_t preauth);

// Ticket (RFC 4120 5.3), its application tag included.
bool ReadKerberosTicket(BerReader& reader, KerberosTicket* ticket);
// The ticket of an AP-REQ (RFC 4120 5.5.1), which begins there.
bool ReadApRequest(Bytes bytes, bool cut, KerberosTicket* ticket);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_KERBEROS_MESSAGE_H_
