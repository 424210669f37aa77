// The Internet checksum (RFC 1071).

#ifndef TAPLINE_SENSORD_DECODE_CHECKSUM_H_
#define TAPLINE_SENSORD_DECODE_CHECKSUM_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "sensord/decode/packet.h"

namespace tapline {

// Sum of the 16-bit words, not folded, in the machine's byte order; `sum` is
// what was added before. An odd last byte is padded with zero.
inline uint64_t ChecksumAdd(uint64_t sum, const uint8_t* p, size_t size) {
  for (; size >= 4; p += 4, size -= 4) {
    uint32_t v;
    std::memcpy(&v, p, 4);
    sum += v;
  }
  if (size > 0) {
    uint32_t v = 0;
    std::memcpy(&v, p, size);
    sum += v;
  }
  return sum;
}

// 0 when the sum covers a correct checksum field.
inline uint16_t ChecksumFold(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// 0 for a header with a correct checksum in place.
inline uint16_t InternetChecksum(const uint8_t* p, size_t size) {
  return ChecksumFold(ChecksumAdd(0, p, size));
}

// Of the pseudo header before a TCP or UDP message of `size` bytes (RFC 9293
// 3.1, RFC 8200 8.1); addresses and protocol are the packet's.
inline uint64_t PseudoHeaderSum(const Packet& packet, size_t size) {
  const uint64_t sum =
      packet.ip_version == 4
          ? ChecksumAdd(ChecksumAdd(0, packet.source.v4_bytes(), 4),
                        packet.destination.v4_bytes(), 4)
          : ChecksumAdd(ChecksumAdd(0, packet.source.bytes(), 16),
                        packet.destination.bytes(), 16);
  const uint8_t pseudo[8] = {static_cast<uint8_t>(size >> 24),
                             static_cast<uint8_t>(size >> 16),
                             static_cast<uint8_t>(size >> 8),
                             static_cast<uint8_t>(size),
                             0,
                             0,
                             0,
                             packet.ip_protocol};
  return ChecksumAdd(sum, pseudo, 8);
}

// Of a whole TCP or UDP message of `size` bytes with its pseudo header.
inline bool TransportChecksumIsBad(const Packet& packet, const uint8_t* message,
                                   size_t size) {
  return ChecksumFold(
             ChecksumAdd(PseudoHeaderSum(packet, size), message, size)) != 0;
}

// Whether the checksum of a TCP segment or UDP datagram can be verified: it is
// captured whole, and has one (RFC 768 allows none).
inline bool HasChecksum(const Packet& packet) {
  if (packet.transport_header_bytes == 0 ||
      packet.payload_captured != packet.payload_bytes) {
    return false;
  }
  return packet.ip_protocol == kIpProtoTcp ||
         (packet.payload[-2] | packet.payload[-1]) != 0;
}

// REQUIRES: HasChecksum.
inline bool ChecksumIsBad(const Packet& packet) {
  return TransportChecksumIsBad(
      packet, packet.payload - packet.transport_header_bytes,
      packet.transport_header_bytes + size_t{packet.payload_captured});
}

// The checksum is that of the pseudo header alone, not inverted: what a host
// leaves there for its card to finish, and what it puts there when it merges
// packets it received and found right. REQUIRES: HasChecksum.
inline bool ChecksumIsUnfinished(const Packet& packet) {
  // RFC 9293 3.1, RFC 768.
  const size_t place = packet.ip_protocol == kIpProtoTcp ? 16 : 6;
  const uint8_t* message = packet.payload - packet.transport_header_bytes;
  uint16_t stored;
  std::memcpy(&stored, message + place, sizeof(stored));
  const uint64_t sum = PseudoHeaderSum(
      packet, packet.transport_header_bytes + size_t{packet.payload_bytes});
  return stored == static_cast<uint16_t>(~ChecksumFold(sum));
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_CHECKSUM_H_
