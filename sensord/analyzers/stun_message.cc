#include "sensord/analyzers/stun_message.h"

#include "common/crypto/siphash.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::stun {
namespace {

enum Attribute : uint16_t {
  kMappedAddress = 0x0001,
  kUserName = 0x0006,
  kErrorCode = 0x0009,
  kXorPeerAddress = 0x0012,
  kRealm = 0x0014,
  kXorRelayedAddress = 0x0016,
  kXorMappedAddress = 0x0020,
  // As some servers had it before it was registered.
  kOldXorMappedAddress = 0x8020,
  kSoftware = 0x8022,
  kFingerprint = 0x8028,
  kIceControlled = 0x8029,
  kIceControlling = 0x802a,
};

// RFC 8489 14.1, 14.2: a zero, family, port, address; the exclusive form with
// the cookie and transaction before it.
Endpoint ReadEndpoint(Bytes value, const uint8_t* mask) {
  Endpoint end;
  if (value.size() < 8) return end;
  const bool v4 = value[1] == 1;
  if (value.size() != (v4 ? 8u : 20u) || (!v4 && value[1] != 2)) return end;
  uint8_t bytes[18];
  for (size_t i = 0; i + 2 < value.size(); ++i) {
    bytes[i] = value[i + 2];
    // The port under the cookie's first half, the address under all of it.
    if (mask != nullptr) bytes[i] ^= mask[i < 2 ? i : i - 2];
  }
  end.present = true;
  end.port = LoadBig16(bytes);
  end.address =
      v4 ? IpAddress::FromV4(bytes + 2) : IpAddress::FromV6(bytes + 2);
  return end;
}

}  // namespace

size_t LengthOf(Bytes bytes) {
  if ((bytes[0] & 0xc0) != 0) return 0;
  const size_t length = LoadBig16(&bytes[2]);
  return length % 4 == 0 ? kHeaderBytes + length : 0;
}

bool Message::Read(Bytes bytes) {
  if (bytes.size() < kHeaderBytes || LengthOf(bytes) == 0) return false;
  // The class is two bits among the method's (RFC 8489 5).
  const uint16_t type = LoadBig16(bytes.data());
  method = static_cast<uint16_t>((type & 0x3e00) >> 2 | (type & 0x00e0) >> 1 |
                                 (type & 0x000f));
  kind = static_cast<Class>((type >> 7 & 2) | (type >> 4 & 1));
  classic = LoadBig32(&bytes[4]) != kCookie;
  transaction = SipHashBytes<SipHash13>(SipKey(), &bytes[4], 16);
  ByteCursor in(bytes.data(), bytes.size());
  in.Skip(kHeaderBytes);
  malformed = in.left() != LoadBig16(&bytes[2]);
  in.Limit(LoadBig16(&bytes[2]));
  while (in.left() > 0) {
    const uint16_t attribute = in.U16();
    const size_t size = in.U16();
    const uint8_t* value = in.Take(size);
    if (value == nullptr) {
      malformed = true;
      return true;
    }
    // RFC 3489 did not pad.
    const size_t padding = (4 - size % 4) % 4;
    if (padding <= in.left()) in.Skip(padding);
    ReadAttribute(attribute, bytes, {value, size});
  }
  return true;
}

void Message::ReadAttribute(uint16_t type, Bytes message, Bytes value) {
  const uint8_t* mask = &message[4];
  switch (type) {
    case kMappedAddress:
      if (!mapped.present) mapped = ReadEndpoint(value, nullptr);
      break;
    case kXorMappedAddress:
    case kOldXorMappedAddress:
      mapped = ReadEndpoint(value, mask);
      break;
    case kXorRelayedAddress:
      relayed = ReadEndpoint(value, mask);
      break;
    case kXorPeerAddress:
      if (!peer.present) peer = ReadEndpoint(value, mask);
      break;
    case kErrorCode:
      if (value.size() >= 4) {
        error_code = static_cast<uint16_t>((value[2] & 7) * 100 + value[3]);
      }
      break;
    case kUserName:
      has_user_name = true;
      break;
    case kRealm:
      realm = TextOf(value);
      break;
    case kSoftware:
      software = TextOf(value);
      break;
    case kFingerprint:
      has_fingerprint = value.size() == 4;
      break;
    case kIceControlled:
      ice_controlled = true;
      break;
    case kIceControlling:
      ice_controlling = true;
      break;
    default:
      break;
  }
}

const char* MethodName(uint16_t method) {
  switch (method) {
    case 1:
      return "binding";
    case 2:
      return "shared_secret";
    case 3:
      return "allocate";
    case 4:
      return "refresh";
    case 6:
      return "send";
    case 7:
      return "data";
    case 8:
      return "create_permission";
    case 9:
      return "channel_bind";
    case 10:
      return "connect";
    case 11:
      return "connection_bind";
    case 12:
      return "connection_attempt";
    default:
      return nullptr;
  }
}

}  // namespace tapline::stun
