// Fragments of datagrams between the harness' two hosts.

#ifndef TAPLINE_TESTS_SENSORD_DECODE_FRAGMENT_PIECES_H_
#define TAPLINE_TESTS_SENSORD_DECODE_FRAGMENT_PIECES_H_

#include <string>

#include "tests/support/decode_harness.h"

namespace tapline::testing {

inline std::string AsText(const Bytes& b) {
  return std::string(b.begin(), b.end());
}

// One IPv4 fragment of a datagram between kA and kB.
inline Bytes Piece(uint16_t offset, bool more, const Bytes& data,
                   uint16_t id = 7, uint8_t protocol = 17) {
  Ipv4Fields fields;
  fields.id = id;
  fields.offset = offset;
  fields.flags = more ? 0x2000 : 0;
  return Ipv4(kA, kB, protocol, data, fields);
}
inline Bytes Piece6(uint16_t offset, bool more, const Bytes& data,
                    uint32_t id = 7) {
  Ipv6Fields fields;
  fields.first_extension = 44;
  fields.extensions = FragmentExtension(17, offset, more, id);
  return Ipv6(kA6, kB6, 17, data, fields);
}

inline Bytes Part(const Bytes& all, size_t from, size_t to) {
  return Bytes(all.begin() + static_cast<long>(from),
               all.begin() + static_cast<long>(to));
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_DECODE_FRAGMENT_PIECES_H_
