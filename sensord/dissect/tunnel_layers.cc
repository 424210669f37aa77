// Headers of tunnels (sources as in sensord/decode/tunnel.cc). Whether there is
// one was the decoder's judgement.

#include "sensord/dissect/layer_walk.h"

namespace tapline {
namespace {

constexpr uint16_t kTransparentEthernet = 0x6558;

// The tunnel is entered: what follows is a frame or packet of its own.
void Enter(LayerWalk& walk, LayerStep step) {
  ++walk.entered;
  walk.step = step;
}

void DissectVxlan(LayerWalk& walk) {
  const uint8_t* p = BeginHeader(walk, 8, "vxlan", "Virtual eXtensible LAN");
  if (p == nullptr) return;
  walk.out.Hex("vxlan.flags", LoadBig16(p), p, 2);
  walk.out.Number("vxlan.vni", LoadBig32(p + 4) >> 8, p + 4, 3);
  Enter(walk, LayerStep::kEthernet);
}

void DissectGeneve(LayerWalk& walk) {
  const uint8_t* peek = walk.in.Peek(1);
  const size_t size = peek == nullptr ? 8 : 8 + (peek[0] & 0x3fu) * 4;
  const uint8_t* p = BeginHeader(
      walk, size, "geneve", "Generic Network Virtualization Encapsulation");
  if (p == nullptr) return;
  const uint16_t type = LoadBig16(p + 2);
  walk.out.Number("geneve.version", p[0] >> 6, p, 1);
  walk.out.Number("geneve.option_length", size - 8, p, 1, "bytes");
  walk.out.Flag("geneve.flags.critical", (p[1] & 0x40) != 0, p + 1, 1);
  walk.out.Hex("geneve.proto_type", type, p + 2, 2);
  walk.out.Number("geneve.vni", LoadBig32(p + 4) >> 8, p + 4, 3);
  walk.ether_type = type;
  Enter(walk, type == kTransparentEthernet ? LayerStep::kEthernet
                                           : LayerStep::kEtherType);
}

// Bytes of the header with its extension headers; 0: they do not fit.
size_t GtpSize(const ByteCursor& in) {
  constexpr int kMaxExtensions = 8;
  const uint8_t* p = in.Peek(8);
  if (p == nullptr) return 8;
  if ((p[0] & 7) == 0) return 8;
  size_t size = 12;
  for (int i = 0; i < kMaxExtensions && (p[0] & 4) != 0; ++i) {
    const uint8_t* q = in.Peek(size + 1);
    if (q == nullptr || q[size - 1] == 0) break;
    size += q[size] * 4u;
  }
  return size;
}

void DissectGtp(LayerWalk& walk) {
  const uint8_t* p = BeginHeader(walk, GtpSize(walk.in), "gtp",
                                 "GPRS Tunneling Protocol, user plane");
  if (p == nullptr) return;
  walk.out.Hex("gtp.flags", p[0], p, 1);
  walk.out.Number("gtp.message", p[1], p + 1, 1);
  walk.out.Number("gtp.length", LoadBig16(p + 2), p + 2, 2, "bytes");
  walk.out.Hex("gtp.teid", LoadBig32(p + 4), p + 4, 4);
  Enter(walk, LayerStep::kIp);
}

void DissectTeredo(LayerWalk& walk) {
  const uint8_t* p = walk.in.Peek(4);
  size_t size = 0;
  if (p != nullptr && LoadBig16(p) == 1) size = 13u + p[2] + p[3];
  p = walk.in.Peek(size + 8);
  if (p != nullptr && LoadBig16(p + size) == 0) size += 8;
  if (size == 0) return Enter(walk, LayerStep::kIpv6);
  p = BeginHeader(walk, size, "teredo", "Teredo IPv6 over UDP");
  if (p != nullptr) Enter(walk, LayerStep::kIpv6);
}

void DissectTzsp(LayerWalk& walk) {
  constexpr int kMaxTags = 64;
  const uint8_t* p = BeginHeader(walk, 4, "tzsp", "Tazmen Sniffer Protocol");
  if (p == nullptr) return;
  walk.out.Number("tzsp.version", p[0], p, 1);
  walk.out.Number("tzsp.type", p[1], p + 1, 1);
  walk.out.Hex("tzsp.encap", LoadBig16(p + 2), p + 2, 2);
  for (int i = 0; i < kMaxTags; ++i) {
    const uint8_t* tag = walk.in.Take(1);
    if (tag == nullptr) return;
    walk.out.Resize(static_cast<size_t>(tag + 1 - p));
    if (*tag == 1) return Enter(walk, LayerStep::kEthernet);
    if (*tag == 0) continue;
    const uint8_t* length = walk.in.Take(1);
    if (length == nullptr || !walk.in.Skip(*length)) return;
  }
}

// Behind GRE; type I has no header of its own.
void DissectErspan(LayerWalk& walk, uint16_t type, bool sequence) {
  const bool second = type == 0x88be;
  if (second && !sequence) return Enter(walk, LayerStep::kEthernet);
  const uint8_t* peek = walk.in.Peek(second ? 8 : 12);
  const size_t size = second                                   ? 8
                      : peek != nullptr && (peek[11] & 1) != 0 ? 20
                                                               : 12;
  const uint8_t* p = BeginHeader(walk, size, "erspan",
                                 "Encapsulated Remote Switch Packet Analysis");
  if (p == nullptr) return;
  walk.out.Number("erspan.version", p[0] >> 4, p, 1);
  walk.out.Number("erspan.vlan", LoadBig16(p) & 0xfff, p, 2);
  walk.out.Number("erspan.spanid", LoadBig16(p + 2) & 0x3ff, p + 2, 2);
  Enter(walk, LayerStep::kEthernet);
}

void DissectPptp(LayerWalk& walk, uint16_t flags) {
  const bool sequence = (flags & 0x1000) != 0;
  const bool acknowledgment = (flags & 0x0080) != 0;
  const uint8_t* p =
      BeginHeader(walk, 8u + (sequence ? 4 : 0) + (acknowledgment ? 4 : 0),
                  "gre", "Generic Routing Encapsulation (PPTP)");
  if (p == nullptr) return;
  walk.out.Hex("gre.flags_and_version", flags, p, 2);
  walk.out.Hex("gre.proto", LoadBig16(p + 2), p + 2, 2);
  walk.out.Number("gre.key.payload_length", LoadBig16(p + 4), p + 4, 2,
                  "bytes");
  walk.out.Number("gre.key.call_id", LoadBig16(p + 6), p + 6, 2);
  if (sequence) {
    walk.out.Number("gre.sequence_number", LoadBig32(p + 8), p + 8, 4);
  }
  if (walk.NextTunnel() == TunnelKind::kGre) Enter(walk, LayerStep::kPpp);
}

// WCCP version 2 puts 4 bytes in front of the packet.
void SkipWccp(LayerWalk& walk) {
  const uint8_t* p = walk.in.Peek(1);
  if (p != nullptr && *p >> 4 != 4) walk.in.Skip(4);
}

}  // namespace

void DissectGre(LayerWalk& walk) {
  const uint8_t* peek = walk.in.Peek(4);
  const uint16_t flags = peek == nullptr ? 0 : LoadBig16(peek);
  if (peek != nullptr && (flags & 7) == 1) return DissectPptp(walk, flags);
  const bool checksum = (flags & 0x8000) != 0;
  const bool key = (flags & 0x2000) != 0;
  const bool sequence = (flags & 0x1000) != 0;
  const uint8_t* p = BeginHeader(
      walk, 4u + (checksum ? 4 : 0) + (key ? 4 : 0) + (sequence ? 4 : 0), "gre",
      "Generic Routing Encapsulation");
  if (p == nullptr) return;
  const uint16_t type = LoadBig16(p + 2);
  walk.out.Hex("gre.flags_and_version", flags, p, 2);
  walk.out.Hex("gre.proto", type, p + 2, 2);
  const uint8_t* at = p + 4;
  if (checksum) {
    walk.out.Hex("gre.checksum", LoadBig16(at), at, 2);
    at += 4;
  }
  if (key) {
    walk.out.Hex("gre.key", LoadBig32(at), at, 4);
    at += 4;
  }
  if (sequence) {
    walk.out.Number("gre.sequence_number", LoadBig32(at), at, 4);
  }
  if (walk.NextTunnel() == TunnelKind::kErspan) {
    return DissectErspan(walk, type, sequence);
  }
  if (walk.NextTunnel() != TunnelKind::kGre) return;
  if (type == 0x883e) {
    SkipWccp(walk);
    return Enter(walk, LayerStep::kIpv4);
  }
  walk.ether_type = type;
  Enter(walk, type == kTransparentEthernet ? LayerStep::kEthernet
                                           : LayerStep::kEtherType);
}

void DissectTunnel(LayerWalk& walk, TunnelKind kind) {
  switch (kind) {
    case TunnelKind::kVxlan:
      return DissectVxlan(walk);
    case TunnelKind::kGeneve:
      return DissectGeneve(walk);
    case TunnelKind::kGtpU:
      return DissectGtp(walk);
    case TunnelKind::kTeredo:
      return DissectTeredo(walk);
    case TunnelKind::kTzsp:
      return DissectTzsp(walk);
    default:
      return;
  }
}

}  // namespace tapline
