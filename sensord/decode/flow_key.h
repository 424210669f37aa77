// What makes two packets one flow, and its hash: the decoder and the flow table
// must agree on both.

#ifndef TAPLINE_SENSORD_DECODE_FLOW_KEY_H_
#define TAPLINE_SENSORD_DECODE_FLOW_KEY_H_

#include <cstdint>
#include <cstring>

#include "common/crypto/siphash.h"
#include "common/net/ip_address.h"
#include "sensord/decode/packet.h"

namespace tapline {

// Equal for both directions. Endpoints are ordered by address, then port;
// protocols without ports (ICMP too) have 0 for both.
struct FlowKey {
  IpAddress low;
  IpAddress high;
  uint32_t context = 0;
  uint16_t low_port = 0;
  uint16_t high_port = 0;
  uint8_t protocol = 0;

  friend bool operator==(const FlowKey& a, const FlowKey& b) {
    return a.low == b.low && a.high == b.high && a.low_port == b.low_port &&
           a.high_port == b.high_port && a.protocol == b.protocol &&
           a.context == b.context;
  }
};

// True when the source endpoint is FlowKey::low of the packet's key.
inline bool SourceIsLow(const IpAddress& source, const IpAddress& destination,
                        uint16_t source_port, uint16_t destination_port) {
  const uint64_t sh = source.high(), dh = destination.high();
  if (sh != dh) return sh < dh;
  const uint64_t sl = source.low(), dl = destination.low();
  if (sl != dl) return sl < dl;
  return source_port <= destination_port;
}

inline FlowKey MakeFlowKey(const IpAddress& source,
                           const IpAddress& destination, uint16_t source_port,
                           uint16_t destination_port, uint8_t protocol,
                           uint32_t context) {
  FlowKey key;
  key.context = context;
  key.protocol = protocol;
  if (SourceIsLow(source, destination, source_port, destination_port)) {
    key.low = source;
    key.high = destination;
    key.low_port = source_port;
    key.high_port = destination_port;
  } else {
    key.low = destination;
    key.high = source;
    key.low_port = destination_port;
    key.high_port = source_port;
  }
  return key;
}

inline FlowKey FlowKeyOf(const Packet& packet) {
  return MakeFlowKey(packet.source, packet.destination, packet.source_port,
                     packet.destination_port, packet.ip_protocol,
                     packet.context);
}

// The quoted packet was seen in the context of the packet that quotes it.
inline FlowKey FlowKeyOf(const QuotedPacket& quote, uint32_t context) {
  return MakeFlowKey(quote.source, quote.destination, quote.source_port,
                     quote.destination_port, quote.ip_protocol, context);
}

struct FlowHashes {
  uint64_t flow = 0;
  // Of the address pair alone, 0..15.
  uint8_t shard = 0;
};

// Spreads address pairs over the shards: a keyed 64 by 64 bit multiplication,
// folded. Half the work of a second SipHash; enough for 16 shards, where a
// collision costs balance and nothing else.
inline uint8_t ShardOf(const SipKey& secret, uint64_t a, uint64_t b) {
  const __uint128_t product =
      static_cast<__uint128_t>(a ^ secret.k0 ^ 0x9e3779b97f4a7c15) *
      (b ^ secret.k1 ^ 0xd1b54a32d192ed03);
  const uint64_t folded =
      static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  return static_cast<uint8_t>((folded * 0x2545f4914f6cdd1d) >> 60);
}

// The rest of the message behind the address pair, which `sip` has absorbed.
inline uint64_t FinishFlowHash(SipHash13 sip, size_t pair_bytes,
                               uint16_t low_port, uint16_t high_port,
                               uint32_t context, uint8_t protocol) {
  sip.Absorb(static_cast<uint64_t>(low_port) << 48 |
             static_cast<uint64_t>(high_port) << 32 | context);
  return sip.Finish(protocol, pair_bytes + 9);
}

// HashFlowKey of two IPv4 endpoints in host order, of which `low` is the lower.
inline FlowHashes HashFlowKeyV4(const SipKey& secret, uint32_t low,
                                uint32_t high, uint16_t low_port,
                                uint16_t high_port, uint32_t context,
                                uint8_t protocol) {
  SipHash13 sip(secret);
  sip.Absorb(static_cast<uint64_t>(low) << 32 | high);
  FlowHashes hashes;
  hashes.flow = FinishFlowHash(sip, 8, low_port, high_port, context, protocol);
  hashes.shard = ShardOf(secret, low, high);
  return hashes;
}

// SipHash-1-3 of the address pair (8 bytes when both are IPv4, else 32), then
// ports and context (8 bytes) and the protocol (1 byte). The shard is of the
// pair alone.
inline FlowHashes HashFlowKey(const SipKey& secret, const FlowKey& key) {
  if (key.low.IsV4() && key.high.IsV4()) {
    return HashFlowKeyV4(secret, static_cast<uint32_t>(key.low.low()),
                         static_cast<uint32_t>(key.high.low()), key.low_port,
                         key.high_port, key.context, key.protocol);
  }
  SipHash13 sip(secret);
  sip.Absorb(key.low.high());
  sip.Absorb(key.low.low());
  sip.Absorb(key.high.high());
  sip.Absorb(key.high.low());
  FlowHashes hashes;
  hashes.flow = FinishFlowHash(sip, 32, key.low_port, key.high_port,
                               key.context, key.protocol);
  // The halves of an address mixed first: either may be all that varies.
  const auto mix = [](const IpAddress& a) {
    return a.high() * 0x9fb21c651e98df25 ^ a.low();
  };
  hashes.shard = ShardOf(secret, mix(key.low), mix(key.high));
  return hashes;
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_FLOW_KEY_H_
