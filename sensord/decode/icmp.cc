// ICMP (RFC 792) and ICMPv6 (RFC 4443): type, code, and of errors the packet
// they quote.

#include "sensord/decode/frame_walk.h"

namespace tapline {
namespace {

bool IsError(uint8_t protocol, uint8_t type) {
  if (protocol == kIpProtoIcmpV6) return type >= 1 && type <= 4;
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

// Ports of the protocols that have them, if quoted.
void ReadQuotedPorts(ByteCursor& in, QuotedPacket& quote) {
  if (quote.ip_protocol != kIpProtoTcp && quote.ip_protocol != kIpProtoUdp &&
      quote.ip_protocol != kIpProtoSctp) {
    return;
  }
  const uint8_t* p = in.Take(4);
  if (p == nullptr) return;
  quote.source_port = LoadBig16(p);
  quote.destination_port = LoadBig16(p + 2);
}

bool ReadQuoteV4(ByteCursor in, QuotedPacket& quote) {
  const uint8_t* p = in.Peek(20);
  if (p == nullptr || p[0] >> 4 != 4 || (p[0] & 15) < 5) return false;
  quote.source = IpAddress::FromV4(p + 12);
  quote.destination = IpAddress::FromV4(p + 16);
  quote.ip_protocol = p[9];
  // Ports are in the first fragment only.
  const bool later_fragment = (LoadBig16(p + 6) & 0x1fff) != 0;
  if (in.Skip((p[0] & 15) * 4) && !later_fragment) ReadQuotedPorts(in, quote);
  return true;
}

bool ReadQuoteV6(ByteCursor in, QuotedPacket& quote) {
  const uint8_t* p = in.Take(40);
  if (p == nullptr || p[0] >> 4 != 6) return false;
  quote.source = IpAddress::FromV6(p + 8);
  quote.destination = IpAddress::FromV6(p + 24);
  uint8_t next = p[6];
  for (int i = 0; i < kMaxExtensionHeaders; ++i) {
    const bool fragment = next == 44;
    if (!fragment && next != 0 && next != 43 && next != 60) {
      quote.ip_protocol = next;
      ReadQuotedPorts(in, quote);
      return true;
    }
    const uint8_t* h = in.Peek(8);
    if (h == nullptr || !in.Skip(fragment ? 8 : (h[1] + 1u) * 8)) break;
    const bool later_fragment = fragment && (LoadBig16(h + 2) & 0xfff8) != 0;
    next = h[0];
    if (later_fragment) break;
  }
  quote.ip_protocol = next;
  return true;
}

}  // namespace

void ReadIcmp(FrameWalk& walk, Packet& packet) {
  const uint8_t* p = walk.in.Peek(8);
  if (p == nullptr) {
    const bool cut = walk.WireLeft() >= 8;
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
  walk.in.Skip(8);
  if (!IsError(packet.ip_protocol, packet.icmp_type)) return;
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
