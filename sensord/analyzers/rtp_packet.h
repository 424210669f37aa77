// Headers of RTP and RTCP packets (RFC 3550 5.1 and 6.4).

#ifndef TAPLINE_SENSORD_ANALYZERS_RTP_PACKET_H_
#define TAPLINE_SENSORD_ANALYZERS_RTP_PACKET_H_

#include <cstddef>
#include <cstdint>

#include "sensord/analyzers/analyzer.h"

namespace tapline::rtp {

struct RtpPacket {
  uint8_t type = 0;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  size_t payload_bytes = 0;
};

// False when it is none: another version, a type that is not assigned or means
// RTCP on a shared port (RFC 5761 4), lengths beyond the end, no payload. Of a
// truncated one the end is not looked at.
bool ReadRtp(Bytes bytes, bool truncated, RtpPacket* packet);

// Name and clock rate of RFC 3551 6; "dynamic", or "" for types without one.
// Static storage.
const char* EncodingName(uint8_t type);
// 0 when it is not known.
uint32_t ClockRate(uint8_t type);

enum RtcpType : uint8_t {
  kSenderReport = 200,
  kReceiverReport = 201,
  kDescription = 202,
  kBye = 203,
};

struct RtcpPacket {
  uint8_t type = 0;
  // Reports, or sources.
  uint8_t count = 0;
  // Behind the first four bytes.
  Bytes body;
};

// The next packet of a compound; false at its end, or when it is none.
bool NextRtcp(Bytes* rest, RtcpPacket* packet);

// A whole compound (RFC 3550 6.1): begins with a report, lengths add up.
bool IsRtcp(Bytes bytes);

}  // namespace tapline::rtp

#endif  // TAPLINE_SENSORD_ANALYZERS_RTP_PACKET_H_
