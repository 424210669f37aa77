// LDAP messages (RFC 4511 4), without trusting them.

#ifndef TAPLINE_SENSORD_ANALYZERS_LDAP_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_LDAP_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/ber.h"

namespace tapline {

// Tags of the operations (RFC 4511 4.2 and on).
inline constexpr BerTag kLdapBind = 0x60;
inline constexpr BerTag kLdapBindResponse = 0x61;
inline constexpr BerTag kLdapUnbind = 0x42;
inline constexpr BerTag kLdapSearch = 0x63;
inline constexpr BerTag kLdapEntry = 0x64;
inline constexpr BerTag kLdapSearchDone = 0x65;
inline constexpr BerTag kLdapModify = 0x66;
inline constexpr BerTag kLdapAdd = 0x68;
inline constexpr BerTag kLdapDelete = 0x4a;
inline constexpr BerTag kLdapModifyDn = 0x6c;
inline constexpr BerTag kLdapCompare = 0x6e;
inline constexpr BerTag kLdapAbandon = 0x50;
inline constexpr BerTag kLdapReference = 0x73;
inline constexpr BerTag kLdapExtended = 0x77;
inline constexpr BerTag kLdapExtendedResponse = 0x78;
inline constexpr BerTag kLdapIntermediate = 0x79;

inline constexpr uint32_t kLdapSuccess = 0;
inline constexpr uint32_t kLdapSaslInProgress = 14;

// How a client binds.
enum class LdapBindMethod : uint8_t {
  kNone,
  kAnonymous,
  kUnauthenticated,
  kSimple,
  kSasl,
  kSicily,
};

struct LdapMessage {
  int64_t id = 0;
  BerTag operation = 0;
  // Of a request. Texts have at most 256 bytes.
  int64_t version = 0;
  LdapBindMethod bind = LdapBindMethod::kNone;
  // The last round of a Sicily bind; others have a result that is none.
  bool final_round = true;
  std::string mechanism;
  // Masked.
  std::string account;
  std::string domain;
  int64_t scope = -1;
  std::string extension;
  // Of a bind, request or response; borrowed.
  Bytes token;
  // Of a response.
  uint32_t result = 0;
  std::string reason;

  // False when it breaks RFC 4511; what could be read stands. `cut`: the end of
  // the message is missing.
  bool Read(Bytes bytes, bool cut);

 private:
  bool ReadBind(BerReader fields);
  bool ReadSearch(BerReader fields);
  bool ReadResult(BerReader fields);
  void ReadFilter(BerReader filter);
};

// The operation a response ends; 0 when it is none of these.
BerTag LdapRequestOf(BerTag response);

// "invalidCredentials" (RFC 4511 A.1), or "result 99".
std::string LdapResultName(uint32_t result);

// "dc=example,dc=com" gives "example.com": the dc parts of a name (RFC 4514).
std::string LdapDomain(absl::string_view name);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_LDAP_MESSAGE_H_
