// ICMP (RFC 792) and ICMPv6 (RFC 4443): type, code, of errors the packet they
// quote, of neighbour discovery (RFC 4861) the hardware address it states.

#include <cstring>

#include "sensord/decode/checksum.h"
#include "sensord/decode/frame_walk.h"
#include "sensord/decode/icmp_quote.h"

namespace tapline {
namespace {

constexpr size_t kHeadBytes = 8;
constexpr uint8_t kRouterSolicitation = 133;
constexpr uint8_t kRouterAdvertisement = 134;
constexpr uint8_t kNeighbourAdvertisement = 136;

// What is in front of the options, behind the first 8 bytes.
size_t BytesToOptions(uint8_t type) {
  if (type == kRouterSolicitation) return 0;
  return type == kRouterAdvertisement ? 8 : 16;
}

// The hardware address that a message of neighbour discovery states, in its
// first option of the kind (RFC 4861 4.1 to 4.4, 4.6.1). False: none, or one
// that hosts do not take over from the one they know (7.2.5) or ignore: from
// another link, or from nobody (6.1, 7.1). `in` is behind the first 8 bytes.
bool ReadBinding(ByteCursor in, const Packet& packet, ArpMessage& binding) {
  constexpr int kHops = 255;
  constexpr uint32_t kOverride = 1u << 29;
  constexpr uint8_t kSource = 1;
  constexpr uint8_t kTarget = 2;
  const uint8_t type = packet.icmp_type;
  if (packet.ip_protocol != kIpProtoIcmpV6 || packet.ttl != kHops ||
      packet.icmp_code != 0 || type < kRouterSolicitation ||
      type > kNeighbourAdvertisement) {
    return false;
  }
  const bool advertised = type == kNeighbourAdvertisement;
  if (advertised && (packet.tcp_acknowledgment & kOverride) == 0) return false;
  if (!advertised && packet.source == IpAddress()) return false;
  const uint8_t* fields = in.Take(BytesToOptions(type));
  if (fields == nullptr) return false;
  binding.sender = advertised ? IpAddress::FromV6(fields) : packet.source;
  const bool multicast = packet.destination.high() >> 56 == 0xff;
  binding.target =
      advertised && !multicast ? packet.destination : binding.sender;
  const uint8_t wanted = advertised ? kTarget : kSource;
  while (const uint8_t* option = in.Peek(8)) {
    if (option[0] == wanted && option[1] == 1) {
      std::memcpy(binding.sender_mac.bytes, option + 2, 6);
      return true;
    }
    if (option[1] == 0 || !in.Skip(size_t{option[1]} * 8)) return false;
  }
  return false;
}

// Hosts ignore it then (RFC 4861 6.1, 7.1). `message` is the first of its 8
// bytes that walk.in is behind.
bool HasBadChecksum(const FrameWalk& walk, const Packet& packet,
                    const uint8_t* message) {
  return walk.missing == 0 &&
         TransportChecksumIsBad(packet, message, kHeadBytes + walk.in.left());
}

}  // namespace

void ReadIcmp(FrameWalk& walk, Packet& packet) {
  const uint8_t* p = walk.in.Peek(kHeadBytes);
  if (p == nullptr) {
    const bool cut = walk.WireLeft() >= kHeadBytes;
    if (const uint8_t* q = walk.in.Peek(2)) {
      packet.icmp_type = q[0];
      packet.icmp_code = q[1];
    } else {
      packet.marks |= kMarkNoTransport;
    }
    cut ? NoteBenign(walk, Anomaly::kSnapHeaderCut)
        : Note(walk, Anomaly::kIcmpTruncated);
    return;
  }
  packet.icmp_type = p[0];
  packet.icmp_code = p[1];
  packet.tcp_acknowledgment = LoadBig32(p + 4);
  walk.in.Skip(kHeadBytes);
  ArpMessage binding;
  if (ReadBinding(walk.in, packet, binding) &&
      !HasBadChecksum(walk, packet, p)) {
    packet.marks |= kMarkNeighbour;
    packet.aux = static_cast<uint32_t>(walk.state.out->arps.size());
    walk.state.out->arps.push_back(binding);
    return;
  }
  if (!IsIcmpError(packet.ip_protocol, packet.icmp_type)) return;
  QuotedPacket quote;
  const bool read = packet.ip_protocol == kIpProtoIcmp
                        ? ReadQuoteV4(walk.in, quote)
                        : ReadQuoteV6(walk.in, quote);
  if (!read) {
    if (walk.missing == 0) Note(walk, Anomaly::kIcmpBadQuote);
    return;
  }
  const FlowHashes hashes =
      HashFlowKey(walk.state.secret, FlowKeyOf(quote, packet.context));
  quote.flow_hash = hashes.flow;
  packet.shard = hashes.shard;
  // The quoted pair's shard tracks the error, so the pair is part of what its
  // flow is: which pairs share a shard must not show.
  const FlowKey pair =
      MakeFlowKey(quote.source, quote.destination, 0, 0, 0, packet.context);
  packet.flow_hash = HashFlowKey(walk.state.secret, pair).flow;
  packet.tcp_sequence = static_cast<uint32_t>(HashFlowKey(SipKey(), pair).flow);
  packet.marks |= kMarkQuote;
  packet.aux = static_cast<uint32_t>(walk.state.out->quotes.size());
  walk.state.out->quotes.push_back(quote);
}

}  // namespace tapline
