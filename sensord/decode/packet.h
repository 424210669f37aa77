// A decoded packet: what the flow stage needs, and nothing it must parse again.

#ifndef TAPLINE_SENSORD_DECODE_PACKET_H_
#define TAPLINE_SENSORD_DECODE_PACKET_H_

#include <cstdint>
#include <vector>

#include "common/net/ip_address.h"
#include "common/net/mac_address.h"
#include "common/time/clock.h"
#include "sensord/decode/byte_arena.h"

namespace tapline {

inline constexpr uint8_t kTcpFin = 0x01;
inline constexpr uint8_t kTcpSyn = 0x02;
inline constexpr uint8_t kTcpRst = 0x04;
inline constexpr uint8_t kTcpPsh = 0x08;
inline constexpr uint8_t kTcpAck = 0x10;
inline constexpr uint8_t kTcpUrg = 0x20;

// Beside the data offset.
inline constexpr uint8_t kTcpReserved = 0x0e;

inline constexpr uint8_t kIpProtoIcmp = 1;
inline constexpr uint8_t kIpProtoTcp = 6;
inline constexpr uint8_t kIpProtoUdp = 17;
inline constexpr uint8_t kIpProtoIcmpV6 = 58;
inline constexpr uint8_t kIpProtoSctp = 132;

// Bits of Packet::marks.
inline constexpr uint16_t kMarkReassembled = 1 << 0;    // from IP fragments
inline constexpr uint16_t kMarkTruncated = 1 << 1;      // by the snap length
inline constexpr uint16_t kMarkBadChecksum = 1 << 2;    // transport checksum
inline constexpr uint16_t kMarkMalformed = 1 << 3;      // see Decoder counters
inline constexpr uint16_t kMarkCarriesTunnel = 1 << 4;  // next packet is inside
// The decoder thinks the packet inside may open a flow: the flow stage emits
// kOuterSeen for this one.
inline constexpr uint16_t kMarkLinkInner = 1 << 5;
inline constexpr uint16_t kMarkArp = 1 << 6;    // aux: DecodedBatch::arps
inline constexpr uint16_t kMarkQuote = 1 << 7;  // aux: DecodedBatch::quotes
inline constexpr uint16_t kMarkTimestamps = 1 << 8;   // TCP timestamps present
inline constexpr uint16_t kMarkNoTransport = 1 << 9;  // ports unknown: header
                                                      // missing or cut
// Fragments of the datagram overlapped with different bytes; the first stayed.
inline constexpr uint16_t kMarkAmbiguous = 1 << 10;
// The checksum of the IPv4 header is wrong: routers and hosts drop it.
inline constexpr uint16_t kMarkBadHeader = 1 << 11;
// ICMPv6 that states a hardware address; aux: DecodedBatch::arps
inline constexpr uint16_t kMarkNeighbour = 1 << 12;

// One layer of flow interest of a frame. A tunnelled frame gives several,
// outermost first. Borrowed from its batch. 128 bytes.
struct Packet {
  IpAddress source;
  IpAddress destination;
  // Transport payload, as far as captured.
  const uint8_t* payload = nullptr;
  UnixNanos clock = 0;
  uint64_t ordinal = 0;
  // Keyed and symmetric: equal for both directions of a flow, over addresses,
  // ports, protocol and context. ICMP errors about different address pairs are
  // different flows.
  uint64_t flow_hash = 0;

  UnixNanos time = 0;
  // Wire bytes of the frame (of all frames when reassembled).
  uint32_t frame_bytes = 0;
  // By the IP length field; 0 without IP.
  uint32_t ip_bytes = 0;
  // Of the transport payload by the length fields, and how much is captured.
  uint32_t payload_bytes = 0;
  uint32_t payload_captured = 0;
  // ICMP errors: an unkeyed hash of the quoted address pair.
  uint32_t tcp_sequence = 0;
  // ICMP: the last four bytes of its header.
  uint32_t tcp_acknowledgment = 0;
  // ContextTable id.
  uint32_t context = 0;
  // Index into the side array the marks name. TCP: the timestamp value with
  // kMarkTimestamps (RFC 7323 3).
  uint32_t aux = 0;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint16_t tcp_window = 0;
  uint16_t marks = 0;
  // Frames this packet was joined from; 1 without fragments.
  uint16_t frames = 1;
  uint8_t tcp_flags = 0;
  // Shift of the window scale option; 0xff when absent (RFC 7323).
  uint8_t tcp_window_scale = 0xff;
  uint8_t ip_protocol = 0;
  // 4, 6, or 0 without IP (ARP).
  uint8_t ip_version = 0;
  uint8_t ttl = 0;
  uint8_t icmp_type = 0;
  uint8_t icmp_code = 0;
  // 0 outermost.
  uint8_t layer = 0;
  // Logical shard, 0..15: keyed symmetric hash of the address pair (of the
  // quoted pair for ICMP errors), without ports.
  uint8_t shard = 0;
  // Of a TCP header with its options or a UDP header, which ends where
  // `payload` begins; 0 when it is not whole or its length lies.
  uint8_t transport_header_bytes = 0;
  uint16_t tcp_urgent = 0;
};
static_assert(sizeof(Packet) == 128);

// The packet an ICMP error quotes, in the direction it was sent.
struct QuotedPacket {
  IpAddress source;
  IpAddress destination;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint8_t ip_protocol = 0;
  // Hash of the quoted flow, comparable with Packet::flow_hash.
  uint64_t flow_hash = 0;
};

// ARP over Ethernet and IPv4 (RFC 826), or what a message of IPv6 neighbour
// discovery states (RFC 4861): `sender` has `sender_mac`, and says so to
// `target`, which is `sender` where it is told to everybody.
struct ArpMessage {
  uint16_t operation = 0;  // 1 request, 2 reply; 0 neighbour discovery
  MacAddress sender_mac;
  MacAddress target_mac;
  IpAddress sender;
  IpAddress target;
};

// One sampled occurrence of a malformed condition; counters are exact.
struct AnomalySample {
  const char* name = "";
  UnixNanos clock = 0;
  uint64_t ordinal = 0;
  // Index into packets, or -1 when the frame gave none.
  int32_t packet = -1;
  // Of two versions of the same bytes, where the condition is that they differ
  // (FragmentResult); else 0.
  uint64_t first_hash = 0;
  uint64_t other_hash = 0;
};

// Reused: Clear() keeps the memory. Valid as long as the FrameBatch it was
// decoded from.
struct DecodedBatch {
  std::vector<Packet> packets;
  // The shard of each packet: a worker fetches only its own packets from the
  // decoder's cache.
  std::vector<uint8_t> shards;
  std::vector<QuotedPacket> quotes;
  std::vector<ArpMessage> arps;
  std::vector<AnomalySample> anomalies;
  // Bytes of datagrams joined from fragments; packets point into it.
  ByteArena joined;
  // The source's clock after the batch.
  UnixNanos clock = 0;

  // To be called when `packets` are complete.
  void FillShards() {
    shards.clear();
    for (const Packet& packet : packets) shards.push_back(packet.shard);
  }

  void Clear() {
    packets.clear();
    shards.clear();
    quotes.clear();
    arps.clear();
    anomalies.clear();
    joined.Clear();
  }
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_PACKET_H_
