// Link layers: Ethernet, VLAN tags, Linux cooked captures, MPLS, PPPoE, PPP,
// LLC, ARP. Sources as in sensord/decode/link.cc; ARP: RFC 826.

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/net/ip_address.h"
#include "common/net/mac_address.h"
#include "sensord/decode/link_protocols.h"
#include "sensord/dissect/layer_walk.h"

namespace tapline {
namespace {

constexpr uint16_t kIpv4Type = 0x0800;
constexpr uint16_t kArpType = 0x0806;
constexpr uint16_t kIpv6Type = 0x86dd;

void SetEtherType(LayerWalk& walk, uint16_t type) {
  walk.ether_type = type;
  walk.step = LayerStep::kEtherType;
}

void EtherTypeField(LayerWalk& walk, absl::string_view name,
                    const uint8_t* at) {
  const uint16_t type = LoadBig16(at);
  const absl::string_view meaning = EtherTypeName(type);
  walk.out.Text(name,
                meaning.empty() ? absl::StrFormat("0x%04x", type)
                                : absl::StrFormat("0x%04x (%s)", type, meaning),
                at, 2);
}

void DissectLlc(LayerWalk& walk) {
  const uint8_t* p = BeginHeader(walk, 3, "llc", "Logical-Link Control");
  if (p == nullptr) return;
  walk.out.Hex("llc.dsap", p[0], p, 1);
  walk.out.Hex("llc.ssap", p[1], p + 1, 1);
  walk.out.Hex("llc.control", p[2], p + 2, 1);
  if (p[0] == 0x06 && p[1] == 0x06) walk.step = LayerStep::kIpv4;
  if (p[0] != 0xaa || p[1] != 0xaa || p[2] != 3) return;
  const uint8_t* snap = walk.in.Take(5);
  if (snap == nullptr) return walk.out.RemarkLayer(kNote, "cut short");
  walk.out.Resize(8);
  walk.out.Hex("llc.oui", LoadBig32(snap) >> 8, snap, 3);
  EtherTypeField(walk, "llc.type", snap + 3);
  const uint32_t oui = LoadBig32(snap) >> 8;
  const uint16_t type = LoadBig16(snap + 3);
  if ((oui == 0 || oui == 0x0000f8) && type > 1535) SetEtherType(walk, type);
}

// "LINKTYPE_LINUX_SLL", "..._SLL2" (tcpdump.org/linktypes).
void DissectCooked(LayerWalk& walk) {
  const uint8_t* p = BeginHeader(walk, 16, "sll", "Linux cooked capture v1");
  if (p == nullptr) return;
  walk.out.Number("sll.pkttype", LoadBig16(p), p, 2);
  walk.out.Number("sll.hatype", LoadBig16(p + 2), p + 2, 2);
  walk.out.Number("sll.halen", LoadBig16(p + 4), p + 4, 2);
  if (LoadBig16(p + 4) == 6) {
    walk.out.Text("sll.src.eth", MacText(p + 6), p + 6, 6);
  }
  EtherTypeField(walk, "sll.etype", p + 14);
  const uint16_t type = LoadBig16(p + 14);
  if (type == 4) return DissectLlc(walk);
  if (type >= 1536) SetEtherType(walk, type);
}

void DissectCooked2(LayerWalk& walk) {
  const uint8_t* p = BeginHeader(walk, 20, "sll", "Linux cooked capture v2");
  if (p == nullptr) return;
  EtherTypeField(walk, "sll.etype", p);
  walk.out.Number("sll.ifindex", LoadBig32(p + 4), p + 4, 4);
  walk.out.Number("sll.hatype", LoadBig16(p + 8), p + 8, 2);
  walk.out.Number("sll.pkttype", p[10], p + 10, 1);
  walk.out.Number("sll.halen", p[11], p + 11, 1);
  if (p[11] == 6) walk.out.Text("sll.src.eth", MacText(p + 12), p + 12, 6);
  const uint16_t type = LoadBig16(p);
  if (type == 4) return DissectLlc(walk);
  if (type >= 1536) SetEtherType(walk, type);
}

// 4 bytes of address family in the byte order of the capturing machine.
void DissectNull(LayerWalk& walk) {
  const uint8_t* p = BeginHeader(walk, 4, "null", "Null/Loopback");
  if (p == nullptr) return;
  uint32_t family = LoadBig32(p);
  if (family > 0xffff) family = __builtin_bswap32(family);
  walk.out.Number("null.family", family, p, 4);
  walk.step = LayerStep::kIp;
}

void DissectHdlc(LayerWalk& walk) {
  const uint8_t* peek = walk.in.Peek(4);
  const bool cisco =
      peek != nullptr && (peek[0] == 0x0f || peek[0] == 0x8f) && peek[1] == 0;
  if (!cisco) {
    walk.step = LayerStep::kPpp;
    return;
  }
  const uint8_t* p = BeginHeader(walk, 4, "chdlc", "Cisco HDLC");
  walk.out.Hex("chdlc.address", p[0], p, 1);
  EtherTypeField(walk, "chdlc.protocol", p + 2);
  SetEtherType(walk, LoadBig16(p + 2));
}

void DissectArp(LayerWalk& walk) {
  const uint8_t* p = BeginHeader(walk, 8, "arp", "Address Resolution Protocol");
  if (p == nullptr) return;
  const uint16_t operation = LoadBig16(p + 6);
  walk.out.Number("arp.hw.type", LoadBig16(p), p, 2);
  EtherTypeField(walk, "arp.proto.type", p + 2);
  walk.out.Number("arp.hw.size", p[4], p + 4, 1);
  walk.out.Number("arp.proto.size", p[5], p + 5, 1);
  walk.out.Named("arp.opcode", operation,
                 operation == 1   ? "request"
                 : operation == 2 ? "reply"
                                  : "",
                 p + 6, 2);
  if (p[4] != 6 || p[5] != 4) return;
  const uint8_t* a = walk.in.Take(20);
  if (a == nullptr) return walk.out.RemarkLayer(kWarn, "cut short");
  walk.out.Resize(28);
  walk.out.Text("arp.src.hw_mac", MacText(a), a, 6);
  walk.out.Text("arp.src.proto_ipv4", IpAddress::FromV4(a + 6).ToString(),
                a + 6, 4);
  walk.out.Text("arp.dst.hw_mac", MacText(a + 10), a + 10, 6);
  walk.out.Text("arp.dst.proto_ipv4", IpAddress::FromV4(a + 16).ToString(),
                a + 16, 4);
  if (std::memcmp(a + 6, a + 16, 4) == 0) {
    walk.out.Remark(kNote, "gratuitous: sender and target are the same");
  }
}

void DissectVlan(LayerWalk& walk) {
  const uint8_t* p = BeginHeader(walk, 4, "vlan", "802.1Q Virtual LAN");
  if (p == nullptr) return;
  const uint16_t tag = LoadBig16(p);
  walk.out.Number("vlan.priority", tag >> 13, p, 2);
  walk.out.Flag("vlan.dei", (tag & 0x1000) != 0, p, 2);
  walk.out.Number("vlan.id", tag & 0xfff, p, 2);
  EtherTypeField(walk, "vlan.etype", p + 2);
  SetEtherType(walk, LoadBig16(p + 2));
}

void SetPppProtocol(LayerWalk& walk, uint16_t protocol) {
  switch (protocol) {
    case 0x0021:
      walk.step = LayerStep::kIpv4;
      return;
    case 0x0057:
      walk.step = LayerStep::kIpv6;
      return;
    case 0x0281:
      walk.step = LayerStep::kMpls;
      return;
    default:
      return;
  }
}

}  // namespace

std::string MacText(const uint8_t* p) {
  MacAddress mac;
  std::memcpy(mac.bytes, p, 6);
  return mac.ToString();
}

absl::string_view EtherTypeName(uint16_t type) {
  switch (type) {
    case kIpv4Type:
      return "IPv4";
    case kArpType:
      return "ARP";
    case kIpv6Type:
      return "IPv6";
    case 0x8100:
      return "802.1Q";
    case 0x88a8:
      return "802.1ad";
    case 0x8847:
    case 0x8848:
      return "MPLS";
    case 0x8863:
      return "PPPoE discovery";
    case 0x8864:
      return "PPPoE";
    case 0x880b:
      return "PPP";
    case 0x88cc:
      return "LLDP";
    case 0x888e:
      return "802.1X";
    case 0x8809:
      return "slow protocols";
    case 0x88e5:
      return "MACsec";
    case 0x6558:
      return "transparent Ethernet";
    default:
      return "";
  }
}

const uint8_t* BeginHeader(LayerWalk& walk, size_t size, absl::string_view name,
                           absl::string_view title) {
  walk.step = LayerStep::kDone;
  walk.out.Begin(name, title, walk.in.position(), size);
  ++walk.headers;
  const uint8_t* p = walk.in.Take(size);
  if (p == nullptr) {
    const bool on_wire = walk.WireLeft() >= size;
    walk.out.RemarkLayer(on_wire ? kNote : kWarn,
                         on_wire ? "not captured completely" : "cut short");
  }
  return p;
}

void StartLink(LayerWalk& walk) {
  switch (walk.out.frame().link_type) {
    case 1:
      walk.step = LayerStep::kEthernet;
      return;
    case 113:
      return DissectCooked(walk);
    case 276:
      return DissectCooked2(walk);
    case 12:
    case 14:
    case 101:
      walk.step = LayerStep::kIp;
      return;
    case 228:
      walk.step = LayerStep::kIpv4;
      return;
    case 229:
      walk.step = LayerStep::kIpv6;
      return;
    case 0:
    case 108:
      return DissectNull(walk);
    case 9:
    case 50:
    case 104:
      return DissectHdlc(walk);
    case 51:
      walk.step = LayerStep::kPppoe;
      return;
    default:
      return;
  }
}

void DissectEthernet(LayerWalk& walk) {
  const uint8_t* p = BeginHeader(walk, 14, "eth", "Ethernet II");
  if (p == nullptr) return;
  walk.out.Text("eth.dst", MacText(p), p, 6);
  walk.out.Text("eth.src", MacText(p + 6), p + 6, 6);
  if ((p[6] & 1) != 0) walk.out.Remark(kWarn, "a group address as the source");
  const uint16_t type = LoadBig16(p + 12);
  if (type > 1500) {
    EtherTypeField(walk, "eth.type", p + 12);
    return SetEtherType(walk, type);
  }
  walk.out.Number("eth.len", type, p + 12, 2, "bytes");
  if (type > walk.WireLeft()) {
    walk.out.Remark(kWarn, "more than the frame has");
  } else {
    walk.LimitWire(type);
  }
  DissectLlc(walk);
}

void DissectEtherType(LayerWalk& walk) {
  const uint16_t type = walk.ether_type;
  walk.step = LayerStep::kDone;
  if (IsVlanTag(type)) return DissectVlan(walk);
  switch (type) {
    case kIpv4Type:
      walk.step = LayerStep::kIpv4;
      return;
    case kIpv6Type:
      walk.step = LayerStep::kIpv6;
      return;
    case kArpType:
      return DissectArp(walk);
    case 0x8847:
    case 0x8848:
      walk.step = LayerStep::kMpls;
      return;
    case 0x8864:
      walk.step = LayerStep::kPppoe;
      return;
    case 0x880b:
      walk.step = LayerStep::kPpp;
      return;
    default:
      // IEEE 802.3 behind a tag: a length.
      if (type <= 1500 && type > 0) {
        if (type <= walk.WireLeft()) walk.LimitWire(type);
        DissectLlc(walk);
      }
      return;
  }
}

void DissectMpls(LayerWalk& walk) {
  const uint8_t* p =
      BeginHeader(walk, 4, "mpls", "Multiprotocol Label Switching");
  if (p == nullptr) return;
  const uint32_t word = LoadBig32(p);
  const bool bottom = (word & 0x100) != 0;
  walk.out.Number("mpls.label", word >> 12, p, 3);
  walk.out.Number("mpls.exp", word >> 9 & 7, p + 2, 1);
  walk.out.Flag("mpls.bottom", bottom, p + 2, 1);
  walk.out.Number("mpls.ttl", p[3], p + 3, 1);
  if (!bottom) {
    walk.step = LayerStep::kMpls;
    return;
  }
  // Nothing says what is below the labels (sensord/decode/link.cc).
  const uint8_t* next = walk.in.Peek(1);
  if (next == nullptr) return;
  const int version = *next >> 4;
  if (version == 4 || version == 6) {
    walk.step = LayerStep::kIp;
    return;
  }
  if (version == 0 && walk.in.left() >= 4 + 14) {
    const uint8_t* word_at =
        BeginHeader(walk, 4, "pwethcw", "Pseudowire control word");
    walk.out.Number("pwethcw.sequence", LoadBig16(word_at + 2), word_at + 2, 2);
  }
  walk.step = LayerStep::kEthernet;
}

void DissectPppoe(LayerWalk& walk) {
  const uint8_t* p =
      BeginHeader(walk, 6, "pppoes", "PPP-over-Ethernet session");
  if (p == nullptr) return;
  walk.out.Hex("pppoe.version_type", p[0], p, 1);
  walk.out.Hex("pppoe.code", p[1], p + 1, 1);
  walk.out.Hex("pppoe.session_id", LoadBig16(p + 2), p + 2, 2);
  const uint16_t length = LoadBig16(p + 4);
  walk.out.Number("pppoe.payload_length", length, p + 4, 2, "bytes");
  if (length <= walk.WireLeft()) walk.LimitWire(length);
  if (p[0] == 0x11 && p[1] == 0) walk.step = LayerStep::kPpp;
}

void DissectPpp(LayerWalk& walk) {
  const uint8_t* start = walk.in.Peek(1);
  const size_t framing = start != nullptr && *start == 0xff ? 2 : 0;
  const uint8_t* first = walk.in.Peek(framing + 1);
  const bool compressed = first != nullptr && (first[framing] & 1) != 0;
  const uint8_t* p = BeginHeader(walk, framing + (compressed ? 1 : 2), "ppp",
                                 "Point-to-Point Protocol");
  if (p == nullptr) return;
  if (framing > 0) {
    walk.out.Hex("ppp.address", p[0], p, 1);
    walk.out.Hex("ppp.control", p[1], p + 1, 1);
  }
  p += framing;
  const uint16_t protocol = compressed ? p[0] : LoadBig16(p);
  walk.out.Hex("ppp.protocol", protocol, p, compressed ? 1 : 2);
  SetPppProtocol(walk, protocol);
}

}  // namespace tapline
