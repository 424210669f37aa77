// The frames most traffic consists of, without the general walk: Ethernet, IPv4
// without options or fragments, TCP or UDP, wholly captured, nothing odd.
// Internal to the decoder.

#ifndef TAPLINE_SENSORD_DECODE_FAST_PATH_H_
#define TAPLINE_SENSORD_DECODE_FAST_PATH_H_

#include <cstdint>
#include <vector>

#include "sensord/capture/frame.h"
#include "sensord/decode/checksum.h"
#include "sensord/decode/flow_key.h"
#include "sensord/decode/frame_walk.h"
#include "sensord/decode/packet.h"

namespace tapline {

// What precedes the TCP payload of `segment` bytes in `marks` and `header`;
// false for what the general walk must look at.
inline bool ReadPlainTcp(const uint8_t* p, uint32_t segment, uint16_t* marks,
                         uint32_t* header) {
  if (segment < 20) return false;
  *header = (p[12] >> 4) * 4u;
  if (*header == 20) return true;
  // Only the usual timestamps.
  if (*header != 32 || segment < 32 || LoadBig32(p + 20) != 0x0101080a) {
    return false;
  }
  *marks = kMarkTimestamps;
  return true;
}

// True when the frame was such a one, with its packet appended. Never touches a
// byte beyond frame.captured_bytes.
inline bool DecodePlain(const SipKey& secret, const Frame& frame,
                        std::vector<Packet>& packets) {
  const uint8_t* p = frame.data;
  if (frame.link_type != 1 || frame.captured_bytes < 14 + 20 + 8 ||
      frame.wire_bytes != frame.captured_bytes ||
      LoadBig16(p + 12) != kEtherTypeIpv4) {
    return false;
  }
  p += 14;
  const uint32_t total = LoadBig16(p + 2);
  // No options, no fragment, and lengths that fit.
  if (p[0] != 0x45 || (LoadBig16(p + 6) & 0x3fff) != 0 || total < 28 ||
      total > frame.captured_bytes - 14) {
    return false;
  }
  if (LoadBig16(p + 10) != 0 && InternetChecksum(p, 20) != 0) return false;
  const uint8_t protocol = p[9];
  const uint8_t* t = p + 20;
  const uint32_t segment = total - 20;
  const uint16_t source_port = LoadBig16(t);
  const uint16_t destination_port = LoadBig16(t + 2);
  uint16_t marks = 0;
  uint32_t header = 8;
  if (protocol == kIpProtoTcp) {
    if (!ReadPlainTcp(t, segment, &marks, &header)) return false;
  } else if (protocol != kIpProtoUdp || LoadBig16(t + 4) != segment ||
             IsTunnelPort(source_port, destination_port)) {
    return false;
  }
  const uint32_t source = LoadBig32(p + 12);
  const uint32_t destination = LoadBig32(p + 16);
  const bool source_low =
      source < destination ||
      (source == destination && source_port <= destination_port);
  const FlowHashes hashes =
      source_low ? HashFlowKeyV4(secret, source, destination, source_port,
                                 destination_port, 0, protocol)
                 : HashFlowKeyV4(secret, destination, source, destination_port,
                                 source_port, 0, protocol);
  Packet& packet = packets.emplace_back();
  packet.source = IpAddress::FromV4(p + 12);
  packet.destination = IpAddress::FromV4(p + 16);
  packet.payload = t + header;
  packet.clock = frame.clock;
  packet.ordinal = frame.ordinal;
  packet.flow_hash = hashes.flow;
  packet.time = frame.time;
  packet.frame_bytes = frame.captured_bytes;
  packet.ip_bytes = total;
  packet.payload_bytes = packet.payload_captured = segment - header;
  packet.source_port = source_port;
  packet.destination_port = destination_port;
  packet.marks = marks;
  packet.ip_protocol = protocol;
  packet.ip_version = 4;
  packet.ttl = p[8];
  packet.shard = hashes.shard;
  if (protocol == kIpProtoTcp) {
    packet.tcp_sequence = LoadBig32(t + 4);
    packet.tcp_acknowledgment = LoadBig32(t + 8);
    packet.tcp_flags = t[13];
    packet.tcp_window = LoadBig16(t + 14);
  }
  return true;
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_FAST_PATH_H_
