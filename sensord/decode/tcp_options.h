// TCP options (RFC 9293 3.1, RFC 7323). Internal to the decoder.

#ifndef TAPLINE_SENSORD_DECODE_TCP_OPTIONS_H_
#define TAPLINE_SENSORD_DECODE_TCP_OPTIONS_H_

#include <cstddef>
#include <cstdint>

#include "sensord/decode/byte_cursor.h"
#include "sensord/decode/packet.h"

namespace tapline {

// Sets the window scale (of a SYN, at most 14) and kMarkTimestamps from the
// `size` bytes of options, at most 40. False when a length does not fit; what
// came before counts.
inline bool ReadTcpOptions(const uint8_t* p, size_t size, Packet& packet) {
  // What nearly every segment of an established connection has.
  if (size == 12 && LoadBig32(p) == 0x0101080a) {
    packet.marks |= kMarkTimestamps;
    packet.aux = LoadBig32(p + 4);
    return true;
  }
  size_t i = 0;
  while (i < size && p[i] != 0) {
    if (p[i] == 1) {
      ++i;
      continue;
    }
    if (i + 1 >= size || p[i + 1] < 2 || i + p[i + 1] > size) return false;
    const uint8_t length = p[i + 1];
    if (p[i] == 3 && length == 3 && (packet.tcp_flags & kTcpSyn) != 0) {
      packet.tcp_window_scale = p[i + 2] > 14 ? 14 : p[i + 2];
    } else if (p[i] == 8 && length == 10) {
      packet.marks |= kMarkTimestamps;
      packet.aux = LoadBig32(p + i + 2);
    }
    i += length;
  }
  return true;
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_TCP_OPTIONS_H_
