#include "sensord/analyzers/radius_message.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline {
namespace {

constexpr size_t kMaxText = 128;
// RFC 2865 3.
constexpr size_t kMaxBytes = 4096;
// RFC 2548: Microsoft's own attributes.
constexpr uint32_t kMicrosoft = 311;

// IANA RADIUS Attribute Types.
enum Attribute : uint8_t {
  kUserName = 1,
  kUserPassword = 2,
  kChapPassword = 3,
  kNasIpAddress = 4,
  kNasPort = 5,
  kServiceType = 6,
  kFramedIpAddress = 8,
  kVendorSpecific = 26,
  kCalledStation = 30,
  kCallingStation = 31,
  kNasIdentifier = 32,
  kAccountingStatus = 40,
  kInputOctets = 42,
  kOutputOctets = 43,
  kSessionTime = 46,
  kInputGigawords = 52,
  kOutputGigawords = 53,
  kNasPortType = 61,
  kEapMessage = 79,
  kNasIpv6Address = 95,
};

std::string Text(Bytes value) {
  const absl::string_view text = TextOf(value).substr(0, kMaxText);
  return {text.data(), text.size()};
}

struct Row {
  uint32_t number;
  const char* name;
};

constexpr Row kPortTypes[] = {
    {0, "Async"},
    {1, "Sync"},
    {2, "ISDN-Sync"},
    {5, "Virtual"},
    {15, "Ethernet"},
    {16, "xDSL"},
    {17, "Cable"},
    {18, "Wireless-Other"},
    {19, "Wireless-802.11"},
    {32, "PPPoA"},
    {33, "PPPoEoA"},
    {34, "PPPoEoE"},
};
constexpr Row kServices[] = {
    {1, "Login"},          {2, "Framed"},
    {3, "Callback-Login"}, {4, "Callback-Framed"},
    {5, "Outbound"},       {6, "Administrative"},
    {7, "NAS-Prompt"},     {8, "Authenticate-Only"},
    {10, "Call-Check"},    {17, "Authorize-Only"},
};
constexpr Row kStatuses[] = {
    {1, "Start"},         {2, "Stop"},           {3, "Interim-Update"},
    {7, "Accounting-On"}, {8, "Accounting-Off"}, {15, "Failed"},
};
constexpr Row kEapTypes[] = {
    {1, "identity"},  {2, "notification"}, {3, "nak"},  {4, "md5"},
    {5, "otp"},       {6, "gtc"},          {13, "tls"}, {17, "leap"},
    {18, "sim"},      {21, "ttls"},        {23, "aka"}, {25, "peap"},
    {26, "mschapv2"}, {43, "fast"},        {47, "psk"}, {50, "aka_prime"},
    {52, "pwd"},      {55, "teap"},
};

template <size_t kSize>
std::string NameIn(const Row (&rows)[kSize], uint32_t number) {
  for (const Row& row : rows) {
    if (row.number == number) return row.name;
  }
  return absl::StrCat("type ", number);
}

}  // namespace

bool RadiusMessage::Read(Bytes bytes, bool cut) {
  *this = RadiusMessage();
  if (bytes.size() < kRadiusHeadBytes) return false;
  code = bytes[0];
  id = bytes[1];
  const size_t size = LoadBig16(&bytes[2]);
  if (*RadiusCodeName(code) == '\0' || size < kRadiusHeadBytes ||
      size > kMaxBytes || (size > bytes.size() && !cut)) {
    return false;
  }
  // What is behind is padding.
  Bytes left = bytes.first(std::min(size, bytes.size()));
  left.remove_prefix(kRadiusHeadBytes);
  while (!left.empty()) {
    if (left.size() < 2) return cut;
    const size_t attribute_bytes = left[1];
    if (attribute_bytes < 2) return false;
    if (attribute_bytes > left.size()) return cut;
    ReadAttribute(left[0], left.subspan(2, attribute_bytes - 2));
    ++attributes;
    left.remove_prefix(attribute_bytes);
  }
  return true;
}

void RadiusMessage::ReadAttribute(uint8_t type, Bytes value) {
  const uint32_t number = value.size() == 4 ? LoadBig32(value.data()) : 0;
  switch (type) {
    case kUserName:
      user = MaskedName(TextOf(value));
      break;
    case kUserPassword:
      method = "pap";
      break;
    case kChapPassword:
      method = "chap";
      break;
    case kNasIpAddress:
      has_nas_address = value.size() == 4;
      if (has_nas_address) nas_address = IpAddress::FromV4(value.data());
      break;
    case kNasIpv6Address:
      if (value.size() != 16 || has_nas_address) break;
      has_nas_address = true;
      nas_address = IpAddress::FromV6(value.data());
      break;
    case kFramedIpAddress:
      has_framed_address = value.size() == 4;
      if (has_framed_address) framed_address = IpAddress::FromV4(value.data());
      break;
    case kNasPort:
      nas_port = number;
      break;
    case kServiceType:
      service_type = number;
      break;
    case kVendorSpecific:
      ReadVendor(value);
      break;
    case kCalledStation:
      called_station = Text(value);
      break;
    case kCallingStation:
      calling_station = Text(value);
      break;
    case kNasIdentifier:
      nas_identifier = Text(value);
      break;
    case kAccountingStatus:
      accounting_status = number;
      break;
    case kInputOctets:
      bytes_in += number;
      break;
    case kOutputOctets:
      bytes_out += number;
      break;
    case kInputGigawords:
      bytes_in += uint64_t{number} << 32;
      break;
    case kOutputGigawords:
      bytes_out += uint64_t{number} << 32;
      break;
    case kSessionTime:
      session_seconds = number;
      break;
    case kNasPortType:
      nas_port_type = number;
      break;
    case kEapMessage: {
      method = "eap";
      // Code, identifier, length; requests and responses have a type (RFC 3748
      // 4). Later attributes go on with the same packet.
      constexpr size_t kEapHead = 4;
      if (eap_type == 0 && value.size() > kEapHead &&
          (value[0] == 1 || value[0] == 2)) {
        eap_type = value[kEapHead];
      }
      break;
    }
    default:
      break;
  }
}

void RadiusMessage::ReadVendor(Bytes value) {
  // RFC 2548 2.1.3, 2.3.2.
  constexpr uint8_t kChapResponse = 1;
  constexpr uint8_t kChap2Response = 25;
  if (value.size() < 6 || LoadBig32(value.data()) != kMicrosoft) return;
  if (value[4] == kChapResponse) method = "mschap";
  if (value[4] == kChap2Response) method = "mschap2";
}

bool IsRadiusRequest(uint8_t code) {
  switch (code) {
    case kRadiusAccessRequest:
    case kRadiusAccountingRequest:
    case kRadiusStatusServer:
    case kRadiusDisconnectRequest:
    case kRadiusCoaRequest:
      return true;
    default:
      return false;
  }
}

const char* RadiusCodeName(uint8_t code) {
  switch (code) {
    case kRadiusAccessRequest:
      return "Access-Request";
    case kRadiusAccessAccept:
      return "Access-Accept";
    case kRadiusAccessReject:
      return "Access-Reject";
    case kRadiusAccountingRequest:
      return "Accounting-Request";
    case kRadiusAccountingResponse:
      return "Accounting-Response";
    case kRadiusAccessChallenge:
      return "Access-Challenge";
    case kRadiusStatusServer:
      return "Status-Server";
    case kRadiusDisconnectRequest:
      return "Disconnect-Request";
    case kRadiusDisconnectAck:
      return "Disconnect-ACK";
    case kRadiusDisconnectNak:
      return "Disconnect-NAK";
    case kRadiusCoaRequest:
      return "CoA-Request";
    case kRadiusCoaAck:
      return "CoA-ACK";
    case kRadiusCoaNak:
      return "CoA-NAK";
    default:
      return "";
  }
}

std::string RadiusPortTypeName(uint32_t type) {
  return NameIn(kPortTypes, type);
}
std::string RadiusServiceName(uint32_t type) { return NameIn(kServices, type); }
std::string RadiusStatusName(uint32_t status) {
  return NameIn(kStatuses, status);
}
std::string EapTypeName(uint8_t type) { return NameIn(kEapTypes, type); }

}  // namespace tapline
