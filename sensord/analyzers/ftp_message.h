// The pieces of FTP commands and replies that are kept.

#ifndef TAPLINE_SENSORD_ANALYZERS_FTP_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_FTP_MESSAGE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/net/ip_address.h"

namespace tapline::ftp {

enum class Verb : uint8_t {
  // Of no matter here.
  kOther,
  kUser,
  kPass,
  kAcct,
  kAuth,
  kSystem,
  // PASV and EPSV; PORT and EPRT.
  kPassive,
  kActive,
  // About a file or directory: told with its outcome.
  kFile,
  kQuit,
  // No command of FTP.
  kUnknown,
};

// Upper case.
Verb VerbOf(absl::string_view word);

// Where a data connection goes to.
struct DataEndpoint {
  // Without it, the address is the server's.
  bool has_address = false;
  IpAddress address;
  uint16_t port = 0;

  // "127,0,0,1,4,1" anywhere in the text (RFC 959 4.1.2, PORT and PASV).
  bool ReadPort(absl::string_view text);
  // "(|||6446|)" anywhere in the text, or "|1|132.235.1.2|6275|" as a whole;
  // any character may stand for "|" (RFC 2428 2 and 3).
  bool ReadExtended(absl::string_view text);
};

// "(1234 bytes)" anywhere in the text; 0 without.
uint64_t AnnouncedBytes(absl::string_view text);

}  // namespace tapline::ftp

#endif  // TAPLINE_SENSORD_ANALYZERS_FTP_MESSAGE_H_
