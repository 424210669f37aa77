// The packets that ICMP errors quote (RFC 792, RFC 4443 2.4).

#ifndef TAPLINE_SENSORD_DECODE_ICMP_QUOTE_H_
#define TAPLINE_SENSORD_DECODE_ICMP_QUOTE_H_

#include <cstdint>

#include "sensord/decode/byte_cursor.h"
#include "sensord/decode/packet.h"

namespace tapline {

// Whether messages of the type quote a packet. `protocol` is kIpProtoIcmp or
// kIpProtoIcmpV6.
bool IsIcmpError(uint8_t protocol, uint8_t type);

// Reads what follows the ICMP header into *quote, except its flow_hash; ports
// only as far as they are quoted. False when it is no IP header.
bool ReadQuoteV4(ByteCursor in, QuotedPacket& quote);
bool ReadQuoteV6(ByteCursor in, QuotedPacket& quote);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_ICMP_QUOTE_H_
