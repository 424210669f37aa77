// Tunnels: IP in IP (RFC 2003, 2473, 4213), GRE (RFC 2784, 2890, 2637), ERSPAN
// (draft-foschiano-erspan), VXLAN (RFC 7348), GENEVE (RFC 8926), GTP-U (3GPP TS
// 29.281), Teredo (RFC 4380), TZSP.
//
// The carrying packet stands whatever is found here. A UDP port is only a hint:
// what it announces must also look like it (second proof), else it is payload.

#include "sensord/decode/frame_walk.h"

namespace tapline {
namespace {

constexpr uint16_t kTransparentEthernet = 0x6558;
constexpr uint16_t kWccp = 0x883e;

// What a tunnel header says.
struct TunnelHeader {
  TunnelKind kind = TunnelKind::kNone;
  uint32_t id = 0;
  uint32_t size = 0;  // of the header
  Step step = Step::kDone;
  uint16_t ether_type = 0;
};

// Enters what `header` announces, with `walk.in` at the header.
void Enter(FrameWalk& walk, const TunnelHeader& header) {
  if (!EnterTunnel(walk, header.kind, header.id)) return;
  walk.in.Skip(header.size);
  walk.step = header.step;
  walk.ether_type = header.ether_type;
  walk.tags = 0;
}

// The walk as if the header was read; for proofs.
FrameWalk Beyond(const FrameWalk& walk, uint32_t size) {
  FrameWalk inner = walk;
  inner.in.Skip(size);
  return inner;
}
bool IpFollows(const FrameWalk& walk, uint32_t size) {
  return walk.in.left() >= size && LooksLikeIp(Beyond(walk, size));
}

// GRE version 0, after the flags and type: bytes of the optional fields.
uint32_t GreOptional(uint16_t flags) {
  uint32_t size = 0;
  if ((flags & 0x8000) != 0) size += 4;  // checksum, reserved
  if ((flags & 0x2000) != 0) size += 4;  // key
  if ((flags & 0x1000) != 0) size += 4;  // sequence
  return size;
}

// Ends the walk for a header of which `size` bytes are not there.
void Cut(FrameWalk& walk, uint32_t size, Anomaly anomaly) {
  DropCut(walk, size, anomaly);
}

// PPTP: enhanced GRE (RFC 2637).
void ReadGre1(FrameWalk& walk, uint16_t flags, uint16_t type) {
  if (type != 0x880b || (flags & 0x2000) == 0) {
    return Drop(walk, Anomaly::kGreUnsupported);
  }
  TunnelHeader header;
  header.size = 8;
  if ((flags & 0x1000) != 0) header.size += 4;  // sequence
  if ((flags & 0x0080) != 0) header.size += 4;  // acknowledgment
  if (walk.in.left() < header.size) {
    return Cut(walk, header.size, Anomaly::kGreTruncated);
  }
  // Acknowledgments carry nothing. The call id differs by direction: no id.
  if ((flags & 0x1000) == 0 || walk.WireLeft() == header.size) return;
  header.kind = TunnelKind::kGre;
  header.step = Step::kPpp;
  Enter(walk, header);
}

// Size of the ERSPAN header behind GRE, by its version; 0: not understood.
uint32_t ErspanSize(const FrameWalk& walk, uint16_t type, uint32_t gre,
                    bool sequence) {
  if (type == 0x88be && !sequence) return gre;  // type I: none
  const uint8_t* p = walk.in.Peek(gre + (type == 0x88be ? 8 : 12));
  if (p == nullptr) return 0;
  const int version = p[gre] >> 4;
  if (type == 0x88be) return version == 1 ? gre + 8 : 0;
  if (version != 2) return 0;
  const bool subheader = (p[gre + 11] & 1) != 0;
  return gre + (subheader ? 20 : 12);
}

void ReadErspan(FrameWalk& walk, uint16_t type, uint32_t gre, bool sequence) {
  TunnelHeader header;
  header.kind = TunnelKind::kErspan;
  header.step = Step::kEthernet;
  header.size = ErspanSize(walk, type, gre, sequence);
  if (header.size == 0) {
    if (walk.in.left() >= gre + 12) return Drop(walk, Anomaly::kGreUnsupported);
    return Cut(walk, gre + 12, Anomaly::kGreTruncated);
  }
  if (walk.in.left() < header.size) {
    return Cut(walk, header.size, Anomaly::kGreTruncated);
  }
  Enter(walk, header);
}

bool ReadVxlan(const FrameWalk& walk, TunnelHeader* header) {
  const uint8_t* p = walk.in.Peek(8);
  if (p == nullptr) return false;
  // The I flag; 0x80 is the group policy extension, 0x04 says that the last
  // byte of the word names what follows (draft-ietf-nvo3-vxlan-gpe), here
  // Ethernet; the rest is reserved.
  constexpr uint8_t kNextIsEthernet = 3;
  const bool policy = (p[0] & 0x80) != 0;
  const bool named = (p[0] & 0x7f) == 0x0c && p[3] == kNextIsEthernet;
  if (((p[0] & 0x7f) != 0x08 && !named) || p[7] != 0) return false;
  if (!policy && (p[1] | p[2] | (named ? 0 : p[3])) != 0) return false;
  header->kind = TunnelKind::kVxlan;
  header->id = LoadBig32(p + 4) >> 8;
  header->size = 8;
  header->step = Step::kEthernet;
  return LooksLikeEthernet(walk, 8);
}

bool ReadGeneve(const FrameWalk& walk, TunnelHeader* header) {
  const uint8_t* p = walk.in.Peek(8);
  if (p == nullptr || p[0] >> 6 != 0 || (p[1] & 0x3f) != 0 || p[7] != 0) {
    return false;
  }
  header->kind = TunnelKind::kGeneve;
  header->id = LoadBig32(p + 4) >> 8;
  header->size = 8 + (p[0] & 0x3fu) * 4;
  switch (LoadBig16(p + 2)) {
    case kTransparentEthernet:
      header->step = Step::kEthernet;
      return LooksLikeEthernet(walk, header->size);
    case kEtherTypeIpv4:
      header->step = Step::kIpv4;
      break;
    case kEtherTypeIpv6:
      header->step = Step::kIpv6;
      break;
    default:
      return false;
  }
  return IpFollows(walk, header->size);
}

// Bytes of GTP-U extension headers from `at` on, the type of the first in
// front; 0: malformed.
uint32_t GtpExtensions(const FrameWalk& walk, uint32_t at) {
  constexpr int kMaxExtensions = 8;
  uint32_t size = at;
  for (int i = 0; i < kMaxExtensions; ++i) {
    const uint8_t* p = walk.in.Peek(size);
    if (p == nullptr) return 0;
    if (p[size - 1] == 0) return size;
    p = walk.in.Peek(size + 1);
    if (p == nullptr || p[size] == 0) return 0;
    size += p[size] * 4u;
  }
  return 0;
}

bool ReadGtpU(const FrameWalk& walk, TunnelHeader* header) {
  constexpr uint8_t kTpdu = 255;
  const uint8_t* p = walk.in.Peek(8);
  // Version 1, protocol type GTP.
  if (p == nullptr || p[0] >> 4 != 3 || p[1] != kTpdu) return false;
  if (LoadBig16(p + 2) + 8u > walk.WireLeft()) return false;
  header->size = 8;
  if ((p[0] & 0x07) != 0) {
    if (walk.in.Peek(12) == nullptr) return false;
    const bool extended = (p[0] & 0x04) != 0;
    header->size = extended ? GtpExtensions(walk, 12) : 12;
    if (header->size == 0) return false;
  }
  header->kind = TunnelKind::kGtpU;
  header->step = Step::kIp;
  return IpFollows(walk, header->size);
}

// Bytes in front of the IPv6 packet.
uint32_t TeredoHeaders(const FrameWalk& walk) {
  uint32_t size = 0;
  const uint8_t* p = walk.in.Peek(4);
  if (p != nullptr && LoadBig16(p) == 1) size = 13u + p[2] + p[3];
  p = walk.in.Peek(size + 8);
  if (p != nullptr && LoadBig16(p + size) == 0) size += 8;
  return size;
}

bool ReadTeredo(const FrameWalk& walk, TunnelHeader* header) {
  header->kind = TunnelKind::kTeredo;
  header->size = TeredoHeaders(walk);
  header->step = Step::kIpv6;
  const uint8_t* p = walk.in.Peek(header->size + 40);
  if (p == nullptr) return false;
  p += header->size;
  const uint32_t left = walk.WireLeft() - header->size;
  if (p[0] >> 4 != 6 || 40u + LoadBig16(p + 4) > left) return false;
  // One side has a Teredo address, or it is a solicitation or bubble.
  const auto teredo = [](const uint8_t* a) {
    return LoadBig32(a) == 0x20010000 ||
           (a[0] == 0xfe && (a[1] & 0xc0) == 0x80);
  };
  return teredo(p + 8) || teredo(p + 24);
}

bool ReadTzsp(const FrameWalk& walk, TunnelHeader* header) {
  constexpr int kMaxTags = 64;
  constexpr uint16_t kEthernet = 1;
  const uint8_t* p = walk.in.Peek(4);
  if (p == nullptr || p[0] != 1 || p[1] > 1) return false;
  if (LoadBig16(p + 2) != kEthernet) return false;
  uint32_t size = 4;
  for (int i = 0; i < kMaxTags; ++i) {
    p = walk.in.Peek(size + 1);
    if (p == nullptr) return false;
    const uint8_t tag = p[size++];
    if (tag == 1) {
      header->kind = TunnelKind::kTzsp;
      header->size = size;
      header->step = Step::kEthernet;
      return LooksLikeEthernet(walk, size);
    }
    if (tag == 0) continue;  // padding
    p = walk.in.Peek(size + 1);
    if (p == nullptr) return false;
    size += 1u + p[size];
  }
  return false;
}

bool ReadByPort(const FrameWalk& walk, uint16_t port, TunnelHeader* header) {
  switch (port) {
    case 2152:
      return ReadGtpU(walk, header);
    case 3544:
      return ReadTeredo(walk, header);
    case 4789:
      return ReadVxlan(walk, header);
    case 6081:
      return ReadGeneve(walk, header);
    case 37008:
      return ReadTzsp(walk, header);
    default:
      return false;
  }
}

}  // namespace

void ReadIpInIp(FrameWalk& walk, uint8_t protocol) {
  const bool six_in_four = protocol == 41 && walk.packet().ip_version == 4;
  TunnelHeader header;
  header.kind = six_in_four ? TunnelKind::kSixInFour : TunnelKind::kIpIp;
  header.step = protocol == 4 ? Step::kIpv4 : Step::kIpv6;
  Enter(walk, header);
}

void ReadGre(FrameWalk& walk) {
  walk.step = Step::kDone;
  const uint8_t* p = walk.in.Peek(4);
  if (p == nullptr) return Cut(walk, 4, Anomaly::kGreTruncated);
  const uint16_t flags = LoadBig16(p);
  const uint16_t type = LoadBig16(p + 2);
  if ((flags & 7) == 1) return ReadGre1(walk, flags, type);
  // Source routes were deprecated by RFC 2784.
  if ((flags & 7) != 0 || (flags & 0x4000) != 0) {
    return Drop(walk, Anomaly::kGreUnsupported);
  }
  TunnelHeader header;
  header.kind = TunnelKind::kGre;
  header.size = 4 + GreOptional(flags);
  p = walk.in.Peek(header.size);
  if (p == nullptr) return Cut(walk, header.size, Anomaly::kGreTruncated);
  const bool sequence = (flags & 0x1000) != 0;
  if (type == 0x88be || type == 0x22eb) {
    return ReadErspan(walk, type, header.size, sequence);
  }
  if ((flags & 0x2000) != 0) {
    header.id = LoadBig32(p + ((flags & 0x8000) != 0 ? 8 : 4));
  }
  // Keep-alives carry nothing.
  if (walk.WireLeft() == header.size) return;
  if (type == kTransparentEthernet) {
    header.step = Step::kEthernet;
  } else if (type == kWccp) {
    // Version 2 puts 4 bytes in front of the packet.
    if (const uint8_t* q = walk.in.Peek(header.size + 1)) {
      header.size += q[header.size] >> 4 == 4 ? 0 : 4;
    }
    header.step = Step::kIpv4;
  } else if (type < 1536) {
    return Drop(walk, Anomaly::kGreUnsupported);
  } else {
    header.step = Step::kEtherType;
    header.ether_type = type;
  }
  Enter(walk, header);
}

void ReadUdpTunnel(FrameWalk& walk, uint16_t source_port,
                   uint16_t destination_port) {
  walk.step = Step::kDone;
  TunnelHeader header;
  if (ReadByPort(walk, destination_port, &header)) return Enter(walk, header);
  const bool either = source_port == 2152 || source_port == 3544;
  if (!either || source_port == destination_port) return;
  header = TunnelHeader();
  if (ReadByPort(walk, source_port, &header)) Enter(walk, header);
}

}  // namespace tapline
