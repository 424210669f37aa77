// The hashed bytes, network order (community-id-spec, "Technical details"):
//   seed:u16 low-address high-address protocol:u8 0:u8 [low-port:u16
//   high-port:u16]
// at most 40, so one SHA-1 block holds them with its padding. One block through
// the plain transform costs a third of a digest context.

#define OPENSSL_SUPPRESS_DEPRECATED
#include "common/crypto/community_id.h"

#include <openssl/sha.h>

#include <cstring>
#include <utility>

namespace tapline {
namespace {

constexpr uint8_t kIcmp = 1;
constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;
constexpr uint8_t kIcmpV6 = 58;
constexpr uint8_t kSctp = 132;

// Request and answer types that belong together, from the reference
// implementation.
constexpr uint8_t kIcmpPairs[][2] = {
    {8, 0}, {13, 14}, {15, 16}, {10, 9}, {17, 18}};
constexpr uint8_t kIcmpV6Pairs[][2] = {{128, 129}, {133, 134}, {135, 136},
                                       {130, 131}, {139, 140}, {144, 145}};

template <size_t kCount>
int Counterpart(const uint8_t (&pairs)[kCount][2], uint8_t type) {
  for (const auto& pair : pairs) {
    if (pair[0] == type) return pair[1];
    if (pair[1] == type) return pair[0];
  }
  return -1;
}

struct Ports {
  bool present = false;
  // A message without an answer type keeps its direction.
  bool one_way = false;
  uint16_t source = 0;
  uint16_t destination = 0;
};

Ports PortsOf(const CommunityTuple& t) {
  Ports ports;
  switch (t.ip_protocol) {
    case kTcp:
    case kUdp:
    case kSctp:
      return {true, false, t.source_port, t.destination_port};
    case kIcmp:
    case kIcmpV6: {
      const int other = t.ip_protocol == kIcmp
                            ? Counterpart(kIcmpPairs, t.icmp_type)
                            : Counterpart(kIcmpV6Pairs, t.icmp_type);
      ports.present = true;
      ports.one_way = other < 0;
      ports.source = t.icmp_type;
      ports.destination =
          other < 0 ? t.icmp_code : static_cast<uint16_t>(other);
      return ports;
    }
    default:
      return ports;
  }
}

uint8_t* PutU16(uint8_t* p, uint16_t value) {
  *p++ = static_cast<uint8_t>(value >> 8);
  *p++ = static_cast<uint8_t>(value);
  return p;
}

// SHA-1 (FIPS 180-4) of `size` <= 55 bytes at the start of the zeroed `block`.
void DigestOneBlock(uint8_t (&block)[64], size_t size, uint8_t (&digest)[20]) {
  block[size] = 0x80;
  PutU16(block + 62, static_cast<uint16_t>(size * 8));
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Transform(&context, block);
  const uint32_t words[5] = {context.h0, context.h1, context.h2, context.h3,
                             context.h4};
  for (int i = 0; i < 5; ++i) {
    const uint32_t word = __builtin_bswap32(words[i]);
    std::memcpy(digest + 4 * i, &word, 4);
  }
}

// RFC 4648 4 of 20 bytes: 28 characters, one of them padding.
void Base64(const uint8_t (&digest)[20], char* out) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int i = 0; i < 21; i += 3) {
    const uint32_t third = i + 2 < 20 ? digest[i + 2] : 0;
    const uint32_t bits = static_cast<uint32_t>(digest[i]) << 16 |
                          static_cast<uint32_t>(digest[i + 1]) << 8 | third;
    *out++ = kAlphabet[bits >> 18];
    *out++ = kAlphabet[bits >> 12 & 63];
    *out++ = kAlphabet[bits >> 6 & 63];
    *out++ = kAlphabet[bits & 63];
  }
  out[-1] = '=';
}

}  // namespace

void AssignCommunityId(const CommunityTuple& tuple, std::string& text) {
  Ports ports = PortsOf(tuple);
  const uint8_t* low = tuple.source;
  const uint8_t* high = tuple.destination;
  const int order = std::memcmp(low, high, tuple.address_bytes);
  if (!ports.one_way &&
      (order > 0 || (order == 0 && ports.source > ports.destination))) {
    std::swap(low, high);
    std::swap(ports.source, ports.destination);
  }
  uint8_t block[64] = {};
  uint8_t* p = block + 2;
  std::memcpy(p, low, tuple.address_bytes);
  p += tuple.address_bytes;
  std::memcpy(p, high, tuple.address_bytes);
  p += tuple.address_bytes;
  *p = tuple.ip_protocol;
  p += 2;
  if (ports.present) {
    p = PutU16(p, ports.source);
    p = PutU16(p, ports.destination);
  }
  uint8_t digest[20];
  DigestOneBlock(block, static_cast<size_t>(p - block), digest);
  char id[30] = {'1', ':'};
  Base64(digest, id + 2);
  text.assign(id, sizeof id);
}

}  // namespace tapline
