// Reads STUN messages (RFC 8489 5, 14; RFC 8656 18; RFC 8445 16.1).

#ifndef TAPLINE_SENSORD_ANALYZERS_STUN_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_STUN_MESSAGE_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/net/ip_address.h"
#include "sensord/analyzers/analyzer.h"

namespace tapline::stun {

inline constexpr size_t kHeaderBytes = 20;
inline constexpr uint32_t kCookie = 0x2112a442;

enum class Class : uint8_t { kRequest, kIndication, kSuccess, kError };

struct Endpoint {
  bool present = false;
  uint16_t port = 0;
  IpAddress address;
};

// Borrows from the bytes it was read from.
struct Message {
  uint16_t method = 0;
  Class kind = Class::kRequest;
  bool classic = false;
  bool malformed = false;
  bool has_user_name = false;
  bool ice_controlling = false;
  bool ice_controlled = false;
  bool has_fingerprint = false;
  uint16_t error_code = 0;
  // An unkeyed hash of the transaction id.
  uint64_t transaction = 0;
  Endpoint mapped;
  Endpoint relayed;
  Endpoint peer;
  absl::string_view software;
  absl::string_view realm;

  // Reads a whole message. False when the header is none.
  bool Read(Bytes bytes);

 private:
  void ReadAttribute(uint16_t type, Bytes message, Bytes value);
};

// The message's length with its header when `bytes` may begin one; 0 when they
// do not. Needs kHeaderBytes.
size_t LengthOf(Bytes bytes);

// "binding"; nullptr for a method without a name here. Static storage.
const char* MethodName(uint16_t method);

}  // namespace tapline::stun

#endif  // TAPLINE_SENSORD_ANALYZERS_STUN_MESSAGE_H_
