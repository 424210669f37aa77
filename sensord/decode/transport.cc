// TCP (RFC 9293), UDP (RFC 768), SCTP (RFC 9260) ports; the rest is portless.

#include "sensord/decode/checksum.h"
#include "sensord/decode/frame_walk.h"
#include "sensord/decode/tcp_options.h"

namespace tapline {
namespace {

// Fills the payload from what is left.
void SetPayload(FrameWalk& walk, Packet& packet) {
  packet.payload = walk.in.position();
  packet.payload_captured = static_cast<uint32_t>(walk.in.left());
  packet.payload_bytes = walk.WireLeft();
}

// A transport header is cut: by the snap length, or on the wire.
void CutTransport(FrameWalk& walk, Packet& packet, uint32_t size,
                  Anomaly anomaly) {
  packet.marks |= kMarkNoTransport;
  if (walk.WireLeft() >= size) {
    NoteBenign(walk, Anomaly::kSnapHeaderCut);
  } else {
    Note(walk, anomaly);
  }
}

// True when the whole segment is captured and its checksum is wrong.
bool ChecksumIsBad(const FrameWalk& walk, const Packet& packet) {
  if (walk.missing > 0 || (packet.marks & kMarkNoTransport) != 0) return false;
  return TransportChecksumIsBad(packet, walk.in.position(), walk.in.left());
}

void CheckSum(FrameWalk& walk, Packet& packet, Anomaly anomaly) {
  if (!ChecksumIsBad(walk, packet)) return;
  packet.marks |= kMarkBadChecksum;
  NoteBenign(walk, anomaly);
}

void ReadSctp(FrameWalk& walk, Packet& packet) {
  const uint8_t* p = walk.in.Peek(12);
  if (p == nullptr) {
    return CutTransport(walk, packet, 12, Anomaly::kSctpTruncated);
  }
  packet.source_port = LoadBig16(p);
  packet.destination_port = LoadBig16(p + 2);
  walk.in.Skip(12);
}

}  // namespace

void ReadPorts(const FrameWalk& walk, Packet& packet) {
  const uint8_t* p = walk.in.Peek(4);
  if (p == nullptr) return;
  packet.source_port = LoadBig16(p);
  packet.destination_port = LoadBig16(p + 2);
}

void ReadTcp(FrameWalk& walk, Packet& packet) {
  const size_t left = walk.in.left();
  const uint8_t* p = walk.in.position();
  ReadPorts(walk, packet);
  // Up to the flags: a segment without them is not one with none set.
  if (left < 14) {
    return CutTransport(walk, packet, 20, Anomaly::kTcpTruncated);
  }
  packet.tcp_sequence = LoadBig32(p + 4);
  packet.tcp_acknowledgment = LoadBig32(p + 8);
  packet.tcp_flags = p[13];
  if (left >= 16) packet.tcp_window = LoadBig16(p + 14);
  if (left >= 20) packet.tcp_urgent = LoadBig16(p + 18);
  const uint32_t header = (p[12] >> 4) * 4;
  const uint32_t wire = walk.WireLeft();
  if (header < 20 || header > wire) {
    Note(walk, wire < 20 ? Anomaly::kTcpTruncated : Anomaly::kTcpBadDataOffset);
    walk.LimitWire(0);
    return;
  }
  if (walk.state.options.verify_checksums) {
    CheckSum(walk, packet, Anomaly::kTcpBadChecksum);
  }
  if ((p[12] & kTcpReserved) != 0) {
    NoteBenign(walk, Anomaly::kTcpReservedBits);
  }
  if (header > 20 && left > 20 &&
      !ReadTcpOptions(p + 20, (header < left ? header : left) - 20, packet)) {
    // Cut by the snap length is no lie of the sender.
    if (header <= left) Note(walk, Anomaly::kTcpBadOption);
  }
  if (header > left) {
    // The snap length cuts the options.
    walk.missing = wire - header;
    walk.in.Limit(0);
    return;
  }
  packet.transport_header_bytes = static_cast<uint8_t>(header);
  walk.in.Skip(header);
}

void ReadUdp(FrameWalk& walk, Packet& packet) {
  ReadPorts(walk, packet);
  const uint8_t* p = walk.in.Peek(8);
  if (p == nullptr) {
    return CutTransport(walk, packet, 8, Anomaly::kUdpTruncated);
  }
  const uint32_t length = LoadBig16(p + 4);
  const uint32_t wire = walk.WireLeft();
  if (length < 8) {
    // Zero is right for more than 65,535 bytes (RFC 2675).
    if (length != 0 || wire <= 0xffff) Note(walk, Anomaly::kUdpBadLength);
  } else if (length > wire) {
    Note(walk, Anomaly::kUdpBadLength);
  } else {
    if (length < wire) {
      Note(walk, Anomaly::kUdpLengthShort);
      walk.LimitWire(length);
    }
    packet.transport_header_bytes = 8;
  }
  if (LoadBig16(p + 6) == 0) {
    // RFC 8200 8.1 and RFC 6935: only for tunnels.
    if (packet.ip_version == 6 &&
        !IsTunnelPort(packet.source_port, packet.destination_port)) {
      NoteBenign(walk, Anomaly::kUdpZeroChecksum6);
    }
  } else if (walk.state.options.verify_checksums) {
    CheckSum(walk, packet, Anomaly::kUdpBadChecksum);
  }
  walk.in.Skip(8);
}

void ReadTransport(FrameWalk& walk) {
  Packet& packet = walk.packet();
  walk.step = Step::kDone;
  if ((packet.marks & kMarkNoTransport) == 0) {
    switch (packet.ip_protocol) {
      case kIpProtoTcp:
        ReadTcp(walk, packet);
        break;
      case kIpProtoUdp:
        ReadUdp(walk, packet);
        break;
      case kIpProtoIcmp:
      case kIpProtoIcmpV6:
        ReadIcmp(walk, packet);
        break;
      case kIpProtoSctp:
        ReadSctp(walk, packet);
        break;
      default:
        break;
    }
  }
  SetPayload(walk, packet);
  const uint8_t protocol = packet.ip_protocol;
  const uint16_t source_port = packet.source_port;
  const uint16_t destination_port = packet.destination_port;
  const bool stop = (packet.marks & kMarkNoTransport) != 0;
  FinishPacket(walk);
  if (stop) return;
  if (protocol == kIpProtoUdp) {
    if (IsTunnelPort(source_port, destination_port)) {
      ReadUdpTunnel(walk, source_port, destination_port);
    }
  } else if (protocol == 4 || protocol == 41) {
    ReadIpInIp(walk, protocol);
  } else if (protocol == 47) {
    ReadGre(walk);
  }
}

}  // namespace tapline
