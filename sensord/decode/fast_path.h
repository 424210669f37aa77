// The frames most traffic consists of, without the general walk: Ethernet, IP
// without options, extension headers or fragments, TCP or UDP, wholly captured,
// nothing odd. Internal to the decoder.

#ifndef TAPLINE_SENSORD_DECODE_FAST_PATH_H_
#define TAPLINE_SENSORD_DECODE_FAST_PATH_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "sensord/capture/frame.h"
#include "sensord/decode/checksum.h"
#include "sensord/decode/flow_key.h"
#include "sensord/decode/frame_walk.h"
#include "sensord/decode/packet.h"
#include "sensord/decode/tcp_options.h"

namespace tapline {

// A TCP or UDP header at `data` with its `bytes` of segment.
struct PlainSegment {
  const uint8_t* data = nullptr;
  uint32_t bytes = 0;
  uint8_t protocol = 0;
  uint32_t header = 8;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
};

// Sets header and ports; false for what the general walk must look at.
inline bool ReadPlainSegment(PlainSegment& s) {
  if (s.bytes < 8) return false;
  const uint8_t* t = s.data;
  s.source_port = LoadBig16(t);
  s.destination_port = LoadBig16(t + 2);
  if (s.protocol == kIpProtoTcp) {
    if (s.bytes < 20) return false;
    s.header = (t[12] >> 4) * 4u;
    return s.header >= 20 && s.header <= s.bytes && (t[12] & kTcpReserved) == 0;
  }
  return s.protocol == kIpProtoUdp && LoadBig16(t + 4) == s.bytes &&
         !IsTunnelPort(s.source_port, s.destination_port);
}

// Appends the packet but for addresses, hashes and IP fields. nullptr, with
// nothing appended, for odd options.
inline Packet* AppendPlain(const Frame& frame, const PlainSegment& s,
                           std::vector<Packet>& packets) {
  const uint8_t* t = s.data;
  Packet& packet = packets.emplace_back();
  packet.payload = t + s.header;
  packet.clock = frame.clock;
  packet.ordinal = frame.ordinal;
  packet.time = frame.time;
  packet.frame_bytes = frame.captured_bytes;
  packet.payload_bytes = packet.payload_captured = s.bytes - s.header;
  packet.source_port = s.source_port;
  packet.destination_port = s.destination_port;
  packet.ip_protocol = s.protocol;
  packet.transport_header_bytes = static_cast<uint8_t>(s.header);
  if (s.protocol == kIpProtoTcp) {
    packet.tcp_sequence = LoadBig32(t + 4);
    packet.tcp_acknowledgment = LoadBig32(t + 8);
    packet.tcp_flags = t[13];
    packet.tcp_window = LoadBig16(t + 14);
    packet.tcp_urgent = LoadBig16(t + 18);
    if (s.header > 20 && !ReadTcpOptions(t + 20, s.header - 20, packet)) {
      packets.pop_back();
      return nullptr;
    }
  }
  return &packet;
}

inline bool DecodePlainIpv4(const SipKey& secret, const Frame& frame,
                            std::vector<Packet>& packets) {
  const uint8_t* p = frame.data + 14;
  const uint32_t total = LoadBig16(p + 2);
  if (p[0] != 0x45 || (LoadBig16(p + 6) & 0x3fff) != 0 || total < 28 ||
      total > frame.captured_bytes - 14) {
    return false;
  }
  if (LoadBig16(p + 10) != 0 && InternetChecksum(p, 20) != 0) return false;
  PlainSegment s;
  s.data = p + 20;
  s.bytes = total - 20;
  s.protocol = p[9];
  if (!ReadPlainSegment(s)) return false;
  Packet* packet = AppendPlain(frame, s, packets);
  if (packet == nullptr) return false;
  packet->source = IpAddress::FromV4(p + 12);
  packet->destination = IpAddress::FromV4(p + 16);
  packet->ip_bytes = total;
  packet->ip_version = 4;
  packet->ttl = p[8];
  uint32_t low = LoadBig32(p + 12);
  uint32_t high = LoadBig32(p + 16);
  uint16_t low_port = s.source_port;
  uint16_t high_port = s.destination_port;
  if (low > high || (low == high && low_port > high_port)) {
    std::swap(low, high);
    std::swap(low_port, high_port);
  }
  const FlowHashes hashes =
      HashFlowKeyV4(secret, low, high, low_port, high_port, 0, s.protocol);
  packet->flow_hash = hashes.flow;
  packet->shard = hashes.shard;
  return true;
}

inline bool DecodePlainIpv6(const SipKey& secret, const Frame& frame,
                            std::vector<Packet>& packets) {
  if (frame.captured_bytes < 14 + 40 + 8) return false;
  const uint8_t* p = frame.data + 14;
  const uint32_t payload = LoadBig16(p + 4);
  if (p[0] >> 4 != 6 || payload == 0 ||
      payload > frame.captured_bytes - 14 - 40) {
    return false;
  }
  PlainSegment s;
  s.data = p + 40;
  s.bytes = payload;
  s.protocol = p[6];
  if (!ReadPlainSegment(s)) return false;
  // A zero checksum is odd (RFC 8200 8.1).
  if (s.protocol == kIpProtoUdp && LoadBig16(s.data + 6) == 0) return false;
  const IpAddress source = IpAddress::FromV6(p + 8);
  const IpAddress destination = IpAddress::FromV6(p + 24);
  if (source.IsV4() || destination.IsV4()) return false;
  Packet* packet = AppendPlain(frame, s, packets);
  if (packet == nullptr) return false;
  packet->source = source;
  packet->destination = destination;
  packet->ip_bytes = payload + 40;
  packet->ip_version = 6;
  packet->ttl = p[7];
  const FlowHashes hashes = HashFlowKey(secret, FlowKeyOf(*packet));
  packet->flow_hash = hashes.flow;
  packet->shard = hashes.shard;
  return true;
}

// True when the frame was such a one, with its packet appended. Never touches a
// byte beyond frame.captured_bytes.
inline bool DecodePlain(const SipKey& secret, const Frame& frame,
                        std::vector<Packet>& packets) {
  if (frame.link_type != 1 || frame.captured_bytes < 14 + 20 + 8 ||
      frame.wire_bytes != frame.captured_bytes) {
    return false;
  }
  switch (LoadBig16(frame.data + 12)) {
    case kEtherTypeIpv4:
      return DecodePlainIpv4(secret, frame, packets);
    case kEtherTypeIpv6:
      return DecodePlainIpv6(secret, frame, packets);
    default:
      return false;
  }
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_FAST_PATH_H_
