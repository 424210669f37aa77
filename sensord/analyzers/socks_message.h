// Messages of SOCKS 4, 4a and 5.

#ifndef TAPLINE_SENSORD_ANALYZERS_SOCKS_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_SOCKS_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "sensord/analyzers/analyzer.h"

namespace tapline::socks {

// Length of the message at the front: 0 while more is needed, or kBroken.
using MessageSize = int;
inline constexpr MessageSize kBroken = -1;

// RFC 1928 4: also the form of replies.
struct Request {
  // Command or reply code.
  uint8_t code = 0;
  // A name, or an address in text form.
  std::string host;
  uint16_t port = 0;
  // SOCKS 4: as the client says.
  std::string user;
};

// Version 5: methods offered; the proxy's choice is two bytes.
MessageSize ReadMethods(Bytes bytes);
// RFC 1929: the name alone is given out.
MessageSize ReadPassword(Bytes bytes, std::string* user);
MessageSize ReadRequest5(Bytes bytes, Request* request);
MessageSize ReadRequest4(Bytes bytes, Request* request);
MessageSize ReadReply4(Bytes bytes, uint8_t* code);

// Words of socks.proto; static storage.
const char* CommandName(uint8_t command);
const char* MethodName(uint8_t method);
const char* ResultName(uint8_t version, uint8_t code);

}  // namespace tapline::socks

#endif  // TAPLINE_SENSORD_ANALYZERS_SOCKS_MESSAGE_H_
