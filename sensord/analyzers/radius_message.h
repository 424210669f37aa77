// RADIUS packets (RFC 2865 3), without trusting them.

#ifndef TAPLINE_SENSORD_ANALYZERS_RADIUS_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_RADIUS_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/net/ip_address.h"
#include "sensord/analyzers/analyzer.h"

namespace tapline {

// Code, identifier, length, authenticator.
inline constexpr size_t kRadiusHeadBytes = 20;

// IANA RADIUS Packet Type Codes.
inline constexpr uint8_t kRadiusAccessRequest = 1;
inline constexpr uint8_t kRadiusAccessAccept = 2;
inline constexpr uint8_t kRadiusAccessReject = 3;
inline constexpr uint8_t kRadiusAccountingRequest = 4;
inline constexpr uint8_t kRadiusAccountingResponse = 5;
inline constexpr uint8_t kRadiusAccessChallenge = 11;
inline constexpr uint8_t kRadiusStatusServer = 12;
inline constexpr uint8_t kRadiusDisconnectRequest = 40;
inline constexpr uint8_t kRadiusDisconnectAck = 41;
inline constexpr uint8_t kRadiusDisconnectNak = 42;
inline constexpr uint8_t kRadiusCoaRequest = 43;
inline constexpr uint8_t kRadiusCoaAck = 44;
inline constexpr uint8_t kRadiusCoaNak = 45;

struct RadiusMessage {
  uint8_t code = 0;
  uint8_t id = 0;
  // Masked.
  std::string user;
  // "pap", "chap", "mschap", "mschap2", "eap"; null when none shows.
  const char* method = nullptr;
  // 0: none.
  uint8_t eap_type = 0;
  bool has_nas_address = false;
  IpAddress nas_address;
  bool has_framed_address = false;
  IpAddress framed_address;
  std::string nas_identifier;
  std::string called_station;
  std::string calling_station;
  uint32_t nas_port = 0;
  // ~0: not told.
  uint32_t nas_port_type = ~0u;
  uint32_t service_type = 0;
  uint32_t accounting_status = 0;
  uint32_t session_seconds = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  int attributes = 0;

  // False when it breaks RFC 2865; what could be read stands. `cut`: the end of
  // the packet is missing.
  bool Read(Bytes bytes, bool cut);

 private:
  void ReadAttribute(uint8_t type, Bytes value);
  void ReadVendor(Bytes value);
};

// What a client sends.
bool IsRadiusRequest(uint8_t code);

// "Access-Request"; "" when it is no code of RADIUS.
const char* RadiusCodeName(uint8_t code);
// "Ethernet"; or "type 99". So are the others.
std::string RadiusPortTypeName(uint32_t type);
std::string RadiusServiceName(uint32_t type);
std::string RadiusStatusName(uint32_t status);
std::string EapTypeName(uint8_t type);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_RADIUS_MESSAGE_H_
