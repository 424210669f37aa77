// Both directions of a TCP connection while their bytes are wanted.

#ifndef TAPLINE_SENSORD_FLOW_TCP_STREAMS_H_
#define TAPLINE_SENSORD_FLOW_TCP_STREAMS_H_

#include <cstddef>
#include <cstdint>

#include "sensord/flow/stream_side.h"

namespace tapline {

// What a side's timestamps and urgent pointers have come to.
struct StreamFacts {
  uint32_t timestamp = 0;
  bool timestamp_known = false;
  uint8_t urgent_bytes = 0;
};

// Index 0 is the originator. On the heap, for few flows at a time.
struct TcpStreams {
  StreamSide side[2];
  StreamFacts facts[2];
  // Bytes of a SYN wait for the SYN-ACK that takes them (RFC 7413).
  bool syn_data = false;

  size_t MemoryBytes() const {
    return sizeof(*this) + side[0].MemoryBytes() + side[1].MemoryBytes();
  }
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_TCP_STREAMS_H_
