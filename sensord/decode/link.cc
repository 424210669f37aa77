// Link layers: RFC 894 and 1042, IEEE 802.1Q and 802.1ad, RFC 3032 (MPLS), RFC
// 2516 (PPPoE), RFC 1661 (PPP), tcpdump.org/linktypes for the rest.

#include "sensord/decode/frame_walk.h"
#include "sensord/decode/link_protocols.h"

namespace tapline {
namespace {

// LINKTYPE_ values.
constexpr uint16_t kLinkNull = 0;
constexpr uint16_t kLinkEthernet = 1;
constexpr uint16_t kLinkPpp = 9;
constexpr uint16_t kLinkPppHdlc = 50;
constexpr uint16_t kLinkPppoe = 51;
constexpr uint16_t kLinkCiscoHdlc = 104;
constexpr uint16_t kLinkLoop = 108;
constexpr uint16_t kLinkCooked = 113;
constexpr uint16_t kLinkCooked2 = 276;

void SetEtherType(FrameWalk& walk, uint16_t type) {
  walk.ether_type = type;
  walk.step = Step::kEtherType;
}

// Length already limited.
void ReadLlc(FrameWalk& walk) {
  walk.step = Step::kDone;
  const uint8_t* p = walk.in.Take(3);
  if (p == nullptr) return DropCut(walk, 3, Anomaly::kLinkTruncated);
  if (p[0] == 0xaa && p[1] == 0xaa && p[2] == 3) {
    const uint8_t* snap = walk.in.Take(5);
    if (snap == nullptr) return DropCut(walk, 5, Anomaly::kLinkTruncated);
    const uint16_t type = LoadBig16(snap + 3);
    const uint32_t oui = LoadBig32(snap) >> 8;
    // RFC 1042, and the 802.1H bridge-tunnel encapsulation. A length here
    // would be a second LLC header: refused.
    if ((oui == 0 || oui == 0x0000f8) && type > 1535) {
      return SetEtherType(walk, type);
    }
    walk.known = true;  // vendor protocols: CDP, VTP, PVST...
    return;
  }
  if (p[0] == 0x06 && p[1] == 0x06 && p[2] == 3) {
    walk.step = Step::kIpv4;
  } else if (IsKnownLlc(p[0])) {
    walk.known = true;
  } else {
    Drop(walk, Anomaly::kLlcUnknown);
  }
}

// A PPP protocol number says what follows.
void SetPppProtocol(FrameWalk& walk, uint16_t protocol) {
  walk.step = Step::kDone;
  switch (protocol) {
    case 0x0021:
      walk.step = Step::kIpv4;
      return;
    case 0x0057:
      walk.step = Step::kIpv6;
      return;
    case 0x0281:
      walk.step = Step::kMpls;
      return;
    default:
      break;
  }
  // Link, authentication and network control protocols, and payloads that are
  // compressed, encrypted or multilink fragments.
  const bool control = protocol >= 0x8000;
  const bool opaque = protocol == 0x00fd || protocol == 0x00fb ||
                      protocol == 0x003d || protocol == 0x002d ||
                      protocol == 0x002f || protocol == 0x0053 ||
                      protocol == 0x0055 || protocol == 0x0031;
  if (control || opaque) {
    walk.known = true;
  } else {
    Drop(walk, Anomaly::kPppUnknown);
  }
}

// 4 bytes of address family, in the byte order of the capturing machine.
void ReadNull(FrameWalk& walk) {
  const uint8_t* p = walk.in.Take(4);
  if (p == nullptr) return DropCut(walk, 4, Anomaly::kLinkTruncated);
  uint32_t family = LoadBig32(p);
  if (family > 0xffff) family = __builtin_bswap32(family);
  switch (family) {
    case 2:
      walk.step = Step::kIpv4;
      return;
    case 10:  // Linux
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // Darwin
      walk.step = Step::kIpv6;
      return;
    default:
      Drop(walk, Anomaly::kLinkUnknownType);
  }
}

void ReadCooked(FrameWalk& walk, uint32_t header, uint32_t type_at,
                uint32_t hardware_at) {
  const uint8_t* p = walk.in.Take(header);
  if (p == nullptr) return DropCut(walk, header, Anomaly::kLinkTruncated);
  constexpr uint16_t kNetlink = 824;
  const uint16_t type = LoadBig16(p + type_at);
  if (LoadBig16(p + hardware_at) == kNetlink) {
    walk.known = true;
  } else if (type == 0x0004) {
    ReadLlc(walk);
  } else if (type < 1536) {
    walk.known = true;  // Linux's own packet kinds (CAN, raw 802.3...)
  } else {
    SetEtherType(walk, type);
  }
}

// PPP in HDLC-like framing, or Cisco's, told apart by the first byte.
void ReadPppHdlc(FrameWalk& walk) {
  const uint8_t* p = walk.in.Peek(4);
  if (p != nullptr && (p[0] == 0x0f || p[0] == 0x8f) && p[1] == 0) {
    const uint16_t type = LoadBig16(p + 2);
    walk.in.Skip(4);
    if (type == 0x8035) {  // SLARP
      walk.known = true;
      return;
    }
    return SetEtherType(walk, type);
  }
  walk.step = Step::kPpp;
}

}  // namespace

bool LooksLikeEthernet(const FrameWalk& walk, size_t skip) {
  const uint8_t* p = walk.in.Peek(skip + 14);
  if (p == nullptr) return false;
  const uint16_t type = LoadBig16(p + skip + 12);
  const size_t rest = walk.WireLeft() - skip - 14;
  if (type <= 1500) {
    const uint8_t* llc = walk.in.Peek(skip + 15);
    return type >= 3 && type <= rest && llc != nullptr &&
           (llc[skip + 14] == 0xaa || IsKnownLlc(llc[skip + 14]));
  }
  if (type == kEtherTypeIpv4 || type == kEtherTypeIpv6) {
    const uint8_t* ip = walk.in.Peek(skip + 15);
    const int version = type == kEtherTypeIpv4 ? 4 : 6;
    return ip != nullptr && ip[skip + 14] >> 4 == version;
  }
  return type == kEtherTypeArp || IsVlanTag(type) || type == 0x8847 ||
         type == 0x8848 || type == 0x8864 || IsKnownLinkProtocol(type);
}

bool LooksLikeIp(const FrameWalk& walk) {
  const uint8_t* p = walk.in.Peek(6);
  if (p == nullptr) return false;
  const uint32_t wire = walk.WireLeft();
  if (*p >> 4 == 4) {
    const uint32_t header = (*p & 15) * 4;
    const uint32_t total = LoadBig16(p + 2);
    return header >= 20 && total >= header && total <= wire;
  }
  return *p >> 4 == 6 && 40u + LoadBig16(p + 4) <= wire;
}

void StartLink(FrameWalk& walk) {
  switch (walk.frame.link_type) {
    case kLinkEthernet:
      walk.step = Step::kEthernet;
      return;
    case kLinkCooked:
      EnterLayer(walk);
      return ReadCooked(walk, 16, 14, 2);
    case kLinkCooked2:
      EnterLayer(walk);
      return ReadCooked(walk, 20, 0, 8);
    case 12:   // DLT_RAW of most systems
    case 14:   // DLT_RAW of OpenBSD
    case 101:  // LINKTYPE_RAW
      walk.step = Step::kIp;
      return;
    case 228:
      walk.step = Step::kIpv4;
      return;
    case 229:
      walk.step = Step::kIpv6;
      return;
    case kLinkNull:
    case kLinkLoop:
      EnterLayer(walk);
      return ReadNull(walk);
    case kLinkPpp:
    case kLinkPppHdlc:
    case kLinkCiscoHdlc:
      return ReadPppHdlc(walk);
    case kLinkPppoe:
      walk.step = Step::kPppoe;
      return;
    default:
      Drop(walk, Anomaly::kLinkUnsupported);
  }
}

void ReadEthernet(FrameWalk& walk) {
  if (!EnterLayer(walk)) return;
  const uint8_t* p = walk.in.Take(14);
  if (p == nullptr) return DropCut(walk, 14, Anomaly::kLinkTruncated);
  walk.tags = 0;
  SetEtherType(walk, LoadBig16(p + 12));
}

// After the tags.
static void ReadNetwork(FrameWalk& walk, uint16_t type) {
  walk.step = Step::kDone;
  switch (type) {
    case kEtherTypeIpv4:
      walk.step = Step::kIpv4;
      return;
    case kEtherTypeIpv6:
      walk.step = Step::kIpv6;
      return;
    case kEtherTypeArp:
      return ReadArp(walk);
    case 0x8847:
    case 0x8848:
      walk.step = Step::kMpls;
      return;
    case 0x8864:
      walk.step = Step::kPppoe;
      return;
    case 0x880b:
      walk.step = Step::kPpp;
      return;
    default:
      break;
  }
  if (type <= 1500) {
    // IEEE 802.3: a length. Padding follows in short frames.
    if (type > walk.WireLeft()) {
      Note(walk, Anomaly::kLlcBadLength);
    } else {
      walk.LimitWire(type);
    }
    return ReadLlc(walk);
  }
  if (IsKnownLinkProtocol(type)) {
    walk.known = true;
    return;
  }
  Drop(walk, Anomaly::kLinkUnknownType);
}

void ReadEtherType(FrameWalk& walk) {
  uint16_t type = walk.ether_type;
  while (IsVlanTag(type)) {
    if (walk.tags == kMaxVlanTags) return Drop(walk, Anomaly::kVlanTooMany);
    const uint8_t* p = walk.in.Take(4);
    if (p == nullptr) return DropCut(walk, 4, Anomaly::kLinkTruncated);
    ++walk.tags;
    const uint16_t id = LoadBig16(p) & 0xfff;
    type = LoadBig16(p + 2);
    // Id 0 is only a priority, not a network of its own.
    if (id == 0) continue;
    Context& context = walk.context;
    if (context.vlan_count == Context::kMaxVlans) {
      return Drop(walk, Anomaly::kVlanTooMany);
    }
    context.vlans[context.vlan_count++] = id;
    walk.context_changed = true;
  }
  ReadNetwork(walk, type);
}

void ReadMpls(FrameWalk& walk) {
  if (!EnterLayer(walk)) return;
  bool bottom = false;
  for (int i = 0; i < kMaxMplsLabels && !bottom; ++i) {
    const uint8_t* p = walk.in.Take(4);
    if (p == nullptr) return DropCut(walk, 4, Anomaly::kMplsNoBottom);
    bottom = (p[2] & 1) != 0;
  }
  if (!bottom) return Drop(walk, Anomaly::kMplsTooMany);
  // Nothing says what is below the labels: IP by its version, else a
  // pseudowire with (RFC 4385) or without a control word, if the type field of
  // an Ethernet header is where it should be.
  const uint8_t* p = walk.in.Peek(1);
  if (p == nullptr) return DropCut(walk, 1, Anomaly::kMplsNoBottom);
  const int nibble = *p >> 4;
  if (LooksLikeIp(walk)) {
    walk.step = Step::kIp;
  } else if (nibble == 0 && LooksLikeEthernet(walk, 4)) {
    walk.in.Skip(4);
    walk.step = Step::kEthernet;
  } else if (LooksLikeEthernet(walk, 0)) {
    walk.step = Step::kEthernet;
  } else if (nibble == 4 || nibble == 6) {
    walk.step = Step::kIp;  // says what is wrong with it
  } else {
    Drop(walk, Anomaly::kMplsAmbiguous);
  }
}

void ReadPppoe(FrameWalk& walk) {
  if (!EnterLayer(walk)) return;
  const uint8_t* p = walk.in.Take(6);
  if (p == nullptr) return DropCut(walk, 6, Anomaly::kLinkTruncated);
  // Version and type 1, code 0: session data.
  if (p[0] != 0x11 || p[1] != 0) return Drop(walk, Anomaly::kPppoeBadHeader);
  const uint16_t length = LoadBig16(p + 4);
  if (length > walk.WireLeft()) {
    Note(walk, Anomaly::kPppoeBadLength);
  } else {
    walk.LimitWire(length);
  }
  walk.step = Step::kPpp;
}

void ReadPpp(FrameWalk& walk) {
  if (!EnterLayer(walk)) return;
  const uint8_t* p = walk.in.Peek(1);
  if (p != nullptr && *p == 0xff) {
    // Address and control, unless compressed away; no protocol starts so.
    p = walk.in.Take(2);
    if (p == nullptr) return DropCut(walk, 2, Anomaly::kLinkTruncated);
    if (p[1] != 0x03) return Drop(walk, Anomaly::kPppUnknown);
  }
  p = walk.in.Take(1);
  if (p == nullptr) return DropCut(walk, 1, Anomaly::kLinkTruncated);
  // An odd first byte is a compressed protocol field (RFC 1661 6.5).
  if ((*p & 1) != 0) return SetPppProtocol(walk, *p);
  const uint8_t* q = walk.in.Take(1);
  if (q == nullptr) return DropCut(walk, 1, Anomaly::kLinkTruncated);
  SetPppProtocol(walk, static_cast<uint16_t>(*p << 8 | *q));
}

void ReadArp(FrameWalk& walk) {
  walk.step = Step::kDone;
  const uint8_t* p = walk.in.Take(8);
  if (p == nullptr) return DropCut(walk, 8, Anomaly::kArpTruncated);
  const bool over_ethernet = LoadBig16(p) == 1 && p[4] == 6;
  const bool of_ipv4 = LoadBig16(p + 2) == kEtherTypeIpv4 && p[5] == 4;
  if (!over_ethernet || !of_ipv4) return Drop(walk, Anomaly::kArpUnsupported);
  const uint8_t* a = walk.in.Take(20);
  if (a == nullptr) return DropCut(walk, 20, Anomaly::kArpTruncated);
  ArpMessage message;
  message.operation = LoadBig16(p + 6);
  std::memcpy(message.sender_mac.bytes, a, 6);
  message.sender = IpAddress::FromV4(a + 6);
  std::memcpy(message.target_mac.bytes, a + 10, 6);
  message.target = IpAddress::FromV4(a + 16);
  Packet& packet = BeginPacket(walk);
  packet.source = message.sender;
  packet.destination = message.target;
  packet.marks |= kMarkArp;
  packet.aux = static_cast<uint32_t>(walk.state.out->arps.size());
  walk.state.out->arps.push_back(message);
  FinishPacket(walk);
}

}  // namespace tapline
