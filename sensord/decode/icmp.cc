// ICMP (RFC 792) and ICMPv6 (RFC 4443): type, code, and of errors the packet
// they quote.

#include "sensord/decode/frame_walk.h"
#include "sensord/decode/icmp_quote.h"

namespace tapline {
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
  packet.tcp_acknowledgment = LoadBig32(p + 4);
  walk.in.Skip(8);
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
