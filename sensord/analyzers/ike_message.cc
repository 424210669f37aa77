#include "sensord/analyzers/ike_message.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::ike {
namespace {

constexpr uint8_t kVersion1 = 0x10;
constexpr uint8_t kVersion2 = 0x20;
constexpr uint8_t kEncryptedFlag = 0x01;
constexpr uint8_t kResponseFlag = 0x20;
constexpr size_t kMaxVendorIds = 8;
constexpr size_t kMaxVendorBytes = 20;

// Payloads (IANA "IKEv2 Parameters", "Internet Key Exchange").
enum Payload : uint8_t {
  kNone = 0,
  kSa1 = 1,
  kNotify1 = 11,
  kVendorId1 = 13,
  kNatDetection1 = 20,
  kSa2 = 33,
  kNotify2 = 41,
  kVendorId2 = 43,
  kEncrypted2 = 46,
  kEncryptedFragment2 = 53,
};

// NAT traversal of version 1 (RFC 3947 3.1).
constexpr uint8_t kNatTraversal1[] = {0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03,
                                      0x58, 0x45, 0x5c, 0x57, 0x28, 0xf2,
                                      0x0e, 0x95, 0x45, 0x2f};
constexpr uint16_t kNatDetectionSource = 16388;

bool IsExchange(uint8_t version, uint8_t exchange) {
  if (version == kVersion1) {
    return (exchange >= 1 && exchange <= 6) ||
           (exchange >= 32 && exchange <= 33);
  }
  return exchange >= 34 && exchange <= 44;
}

// The attributes of version 1: a number of 16 bits with the type's first bit
// set, or a length and that many bytes (RFC 2408 3.3). Gives their values.
template <typename Take>
void WalkAttributes(ByteCursor in, Take take) {
  constexpr uint16_t kShort = 0x8000;
  while (in.ok() && in.left() >= 4) {
    const uint16_t type = in.U16();
    const uint16_t value = in.U16();
    if ((type & kShort) != 0) {
      take(type & 0x7fff, value);
      continue;
    }
    const uint8_t* bytes = in.Take(value);
    if (bytes != nullptr && value == 4) take(type, LoadBig32(bytes));
  }
}

}  // namespace

bool HasHeader(Bytes bytes) {
  constexpr size_t kVersionAt = 17;
  constexpr size_t kExchangeAt = 18;
  constexpr size_t kLengthAt = 24;
  if (bytes.size() < kHeaderBytes) return false;
  const uint8_t version = bytes[kVersionAt];
  return (version == kVersion1 || version == kVersion2) &&
         IsExchange(version, bytes[kExchangeAt]) &&
         (LoadBig32(&bytes[0]) != 0 || LoadBig32(&bytes[4]) != 0) &&
         LoadBig32(&bytes[kLengthAt]) >= kHeaderBytes;
}

bool Message::Read(Bytes bytes) {
  if (!HasHeader(bytes)) return false;
  ByteCursor in(bytes.data(), bytes.size());
  initiator_spi = uint64_t{in.U32()} << 32;
  initiator_spi |= in.U32();
  responder_spi = uint64_t{in.U32()} << 32;
  responder_spi |= in.U32();
  uint8_t next = in.U8();
  version = in.U8() >> 4;
  exchange = in.U8();
  const uint8_t flags = in.U8();
  id = in.U32();
  const uint32_t length = in.U32();
  malformed = length != bytes.size();
  in.Limit(length - kHeaderBytes);
  response = version == 2 && (flags & kResponseFlag) != 0;
  encrypted = version == 1 && (flags & kEncryptedFlag) != 0;
  while (next != kNone && !encrypted) {
    if (next == kEncrypted2 || next == kEncryptedFragment2) {
      encrypted = true;
      break;
    }
    const uint8_t type = next;
    next = in.U8();
    in.Skip(1);
    const size_t size = in.U16();
    const uint8_t* body = size < 4 ? nullptr : in.Take(size - 4);
    if (body == nullptr) {
      malformed = true;
      break;
    }
    ReadPayload(type, {body, size - 4});
  }
  return true;
}

void Message::ReadPayload(uint8_t type, Bytes body) {
  switch (type) {
    case kSa1:
      ReadSa1(body);
      break;
    case kSa2:
      ReadSa2(body);
      break;
    case kVendorId1:
    case kVendorId2:
      ReadVendorId(body);
      break;
    case kNotify1:
    case kNotify2:
      ReadNotify(body);
      break;
    case kNatDetection1:
      nat_traversal = true;
      break;
    default:
      break;
  }
}

// Domain and situation, then proposals of transforms, each with all it takes:
// the first one counts.
void Message::ReadSa1(Bytes body) {
  constexpr uint32_t kEncryption = 1;
  constexpr uint32_t kHash = 2;
  constexpr uint32_t kAuthentication = 3;
  constexpr uint32_t kGroup = 4;
  constexpr uint32_t kKeyLength = 14;
  if (has_sa) return;
  has_sa = true;
  ByteCursor in(body.data(), body.size());
  // Proposal: next, reserved, length, number, protocol, size of SPI, count.
  in.Skip(8 + 6);
  const size_t spi = in.U8();
  in.Skip(1 + spi);
  // Transform: next, reserved, length, number, identifier, reserved.
  in.Skip(2);
  const size_t size = in.U16();
  if (!in.Skip(4) || size < 8) {
    malformed = true;
    return;
  }
  in.Limit(size - 8);
  WalkAttributes(in, [this](uint32_t type, uint32_t value) {
    if (type == kEncryption) transforms.encryption = value;
    if (type == kHash) transforms.prf = value;
    if (type == kAuthentication) transforms.authentication = value;
    if (type == kGroup) transforms.dh_group = value;
    if (type == kKeyLength) transforms.key_bits = value;
  });
}

// Proposals, each of transforms of several types to choose from: the first of
// each type of the first proposal counts.
void Message::ReadSa2(Bytes body) {
  constexpr uint32_t kKeyLength = 14;
  if (has_sa) return;
  has_sa = true;
  ByteCursor in(body.data(), body.size());
  in.Skip(6);
  const size_t spi = in.U8();
  const int count = in.U8();
  in.Skip(spi);
  for (int i = 0; i < count; ++i) {
    in.Skip(2);
    const size_t size = in.U16();
    const uint8_t type = in.U8();
    in.Skip(1);
    const uint16_t id = in.U16();
    const uint8_t* attributes = size < 8 ? nullptr : in.Take(size - 8);
    if (attributes == nullptr) {
      malformed = true;
      return;
    }
    uint32_t* const of_type[] = {nullptr, &transforms.encryption,
                                 &transforms.prf, &transforms.integrity,
                                 &transforms.dh_group};
    if (type == 0 || type >= std::size(of_type) || *of_type[type] != 0) {
      continue;
    }
    *of_type[type] = id;
    if (type != 1) continue;
    WalkAttributes(ByteCursor(attributes, size - 8),
                   [this](uint32_t kind, uint32_t value) {
                     if (kind == kKeyLength) transforms.key_bits = value;
                   });
  }
}

void Message::ReadVendorId(Bytes body) {
  if (body.size() >= sizeof(kNatTraversal1) &&
      std::equal(std::begin(kNatTraversal1), std::end(kNatTraversal1),
                 body.begin())) {
    nat_traversal = true;
  }
  if (vendor_ids.size() == kMaxVendorIds) return;
  const absl::string_view id = TextOf(body).substr(0, kMaxVendorBytes);
  vendor_ids.push_back(absl::BytesToHexString(id));
}

void Message::ReadNotify(Bytes body) {
  constexpr uint16_t kFirstStatus = 16384;
  ByteCursor in(body.data(), body.size());
  // Version 1 has a domain before.
  if (version == 1) in.Skip(4);
  in.Skip(2);
  const uint16_t type = in.U16();
  if (type == kNatDetectionSource) nat_traversal = true;
  if (type < kFirstStatus && error == 0) error = type;
}

}  // namespace tapline::ike
