#include "sensord/decode/icmp_quote.h"

#include "sensord/decode/frame_walk.h"

namespace tapline {
namespace {

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

}  // namespace

bool IsIcmpError(uint8_t protocol, uint8_t type) {
  if (protocol == kIpProtoIcmpV6) return type >= 1 && type <= 4;
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
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

}  // namespace tapline
