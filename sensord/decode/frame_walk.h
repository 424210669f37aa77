// State of the walk through one frame, and what outlives frames. Internal to
// the decoder.
//
// The walk is a loop over steps, never a recursion: each step reads one header
// and names the next one. Layers and tunnels are limited.

#ifndef TAPLINE_SENSORD_DECODE_FRAME_WALK_H_
#define TAPLINE_SENSORD_DECODE_FRAME_WALK_H_

#include <array>
#include <cstdint>

#include "common/crypto/siphash.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/decode/context.h"
#include "sensord/decode/decoder.h"
#include "sensord/decode/flow_key.h"
#include "sensord/decode/fragment_table.h"
#include "sensord/decode/inner_flow_cache.h"
#include "sensord/decode/packet.h"

namespace tapline {

// Headers that announce another protocol: a link header with its tags, a label
// stack, an IP header, a tunnel header.
inline constexpr int kMaxLayers = 16;
inline constexpr int kMaxTunnels = Context::kMaxTunnels;
inline constexpr int kMaxVlanTags = Context::kMaxVlans;
inline constexpr int kMaxMplsLabels = 8;
inline constexpr int kMaxExtensionHeaders = 10;

inline constexpr uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr uint16_t kEtherTypeArp = 0x0806;
inline constexpr uint16_t kEtherTypeIpv6 = 0x86dd;

enum class Step : uint8_t {
  kDone,
  kEthernet,
  kEtherType,  // FrameWalk::ether_type names what follows
  kMpls,
  kPppoe,
  kPpp,
  kIp,  // version by the first nibble
  kIpv4,
  kIpv6,
  kTransport,  // the current packet's ip_protocol names it
};

// What outlives a frame. One writer.
struct DecodeState {
  DecodeState(const DecoderOptions& o, ContextTable& table);

  const DecoderOptions options;
  ContextTable& contexts;
  const SipKey secret;
  DecodeCounters counters;
  FragmentTable fragments;
  InnerFlowCache inner_flows;
  DecodedBatch* out = nullptr;

  // Ids of contexts without tunnels, by their VLANs.
  struct VlanContext {
    uint64_t vlans = 0;
    uint32_t id = 0;
    uint8_t count = 0;
  };
  std::array<VlanContext, 64> vlan_contexts;
};

struct FrameWalk {
  FrameWalk(DecodeState& s, const Frame& f)
      : state(s),
        frame(f),
        in(f.data, f.captured_bytes),
        missing(f.wire_bytes > f.captured_bytes
                    ? f.wire_bytes - f.captured_bytes
                    : 0),
        frame_bytes(f.captured_bytes + missing),
        first_packet(static_cast<uint32_t>(s.out->packets.size())),
        first_sample(static_cast<uint32_t>(s.out->anomalies.size())) {}

  DecodeState& state;
  const Frame& frame;
  // What is captured of the current layer, and how many bytes of it beyond that
  // were on the wire.
  ByteCursor in;
  uint32_t missing;
  uint32_t frame_bytes;
  uint32_t frames = 1;
  const uint32_t first_packet;
  const uint32_t first_sample;
  Context context;
  uint32_t context_id = 0;
  uint16_t ether_type = 0;
  // Of the packet begun next.
  uint16_t marks = 0;
  Step step = Step::kDone;
  uint8_t layers = 0;
  uint8_t tags = 0;
  uint8_t extension_headers = 0;
  uint8_t packets = 0;  // finished
  bool context_changed = false;
  // A frame without flows of a kind we know.
  bool known = false;
  // The frame waits in the fragment table.
  bool held = false;
  // First anomaly that ended the walk; kCount: none yet.
  Anomaly drop = Anomaly::kCount;

  // Wire bytes left of this layer.
  uint32_t WireLeft() const {
    return static_cast<uint32_t>(in.left()) + missing;
  }
  // Limits this layer to `wire` bytes, no more than WireLeft().
  void LimitWire(uint32_t wire) {
    const uint32_t captured = static_cast<uint32_t>(in.left());
    if (wire <= captured) {
      in.Limit(wire);
      missing = 0;
    } else {
      missing = wire - captured;
    }
  }
  // The packet begun last.
  Packet& packet() { return state.out->packets.back(); }
};

// Counts `anomaly` and samples it; the packet it belongs to is marked
// malformed.
void Note(FrameWalk& walk, Anomaly anomaly);
// The same without the mark: odd but well formed.
void NoteBenign(FrameWalk& walk, Anomaly anomaly);
// Notes it and ends the walk.
void Drop(FrameWalk& walk, Anomaly anomaly);
// Drop() for a header of which `size` bytes are not captured: `anomaly` when
// they were not on the wire either, else "snap.header_cut".
void DropCut(FrameWalk& walk, uint32_t size, Anomaly anomaly);

// Counts and samples an occurrence outside of a frame.
void NoteAt(DecodeState& state, Anomaly anomaly, UnixNanos clock,
            uint64_t ordinal);

// A packet at the end of the batch for the IP (or ARP) header being read. It
// stays only if FinishPacket follows; AbandonPacket takes it back.
Packet& BeginPacket(FrameWalk& walk);
void AbandonPacket(FrameWalk& walk);
// Hashes it and links it to the packet that carries it.
void FinishPacket(FrameWalk& walk);

// Counts the layer; false when it is one too many (the walk has ended).
bool EnterLayer(FrameWalk& walk);
// What follows is inside a tunnel of the packet finished last. False when that
// is too deep (noted; the walk has ended).
bool EnterTunnel(FrameWalk& walk, TunnelKind kind, uint32_t id);

// Second proofs for guesses: what follows (after `skip` bytes) is an Ethernet
// header with a type we know, or an IP header whose lengths fit.
bool LooksLikeEthernet(const FrameWalk& walk, size_t skip);
bool LooksLikeIp(const FrameWalk& walk);

struct FragmentHeader {
  uint32_t id = 0;
  uint16_t offset = 0;  // bytes
  bool more = false;
  uint8_t protocol = 0;
};

// Hands the current packet, whose payload is `walk.in`, to the fragment table.
// True when that completed its datagram: the packet and the walk are now the
// joined datagram's. False: the packet is gone and the walk has ended.
bool JoinFragment(FrameWalk& walk, const FragmentHeader& header);
// Drops what waits longer than the timeout.
void ExpireFragments(DecodeState& state, UnixNanos clock);
// Drops all that waits.
void FinishFragments(DecodeState& state);

// The steps.
void StartLink(FrameWalk& walk);
void ReadEthernet(FrameWalk& walk);
void ReadEtherType(FrameWalk& walk);
void ReadMpls(FrameWalk& walk);
void ReadPppoe(FrameWalk& walk);
void ReadPpp(FrameWalk& walk);
void ReadArp(FrameWalk& walk);
void ReadIpv4(FrameWalk& walk);
void ReadIpv6(FrameWalk& walk);
// From the next header `next` after an IPv6 (or fragment) header on.
void ReadIpv6Extensions(FrameWalk& walk, uint8_t next);
// Of TCP or UDP; leaves them 0 where fewer than four bytes are left.
void ReadPorts(const FrameWalk& walk, Packet& packet);
void ReadTransport(FrameWalk& walk);

// Transports, on the current packet.
void ReadTcp(FrameWalk& walk, Packet& packet);
void ReadUdp(FrameWalk& walk, Packet& packet);
void ReadIcmp(FrameWalk& walk, Packet& packet);

// Tunnels: called after the carrying packet is finished, with `walk.in` at its
// payload. They set walk.step, or leave it kDone.
void ReadIpInIp(FrameWalk& walk, uint8_t protocol);
void ReadGre(FrameWalk& walk);
void ReadUdpTunnel(FrameWalk& walk, uint16_t source_port,
                   uint16_t destination_port);
// True for ports ReadUdpTunnel looks at.
inline bool IsTunnelPort(uint16_t source, uint16_t destination) {
  switch (destination) {
    case 2152:
    case 3544:
    case 4789:
    case 6081:
    case 37008:
      return true;
    default:
      return source == 3544 || source == 2152;
  }
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_FRAME_WALK_H_
