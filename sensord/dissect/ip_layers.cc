// IPv4 (RFC 791, DSCP RFC 2474, ECN RFC 3168) and IPv6 (RFC 8200).

#include "absl/strings/str_cat.h"
#include "common/net/ip_address.h"
#include "sensord/dissect/layer_walk.h"

namespace tapline {
namespace {

constexpr uint8_t kMaxExtensionHeaders = 10;

void WriteIpv4Options(LayerWalk& walk, const uint8_t* p, size_t size) {
  walk.out.RemarkLayer(kNote, "has options");
  for (size_t i = 0; i < size && p[i] != 0;) {
    if (p[i] == 1) {
      ++i;
      continue;
    }
    if (i + 1 >= size || p[i + 1] < 2 || i + p[i + 1] > size) {
      return walk.out.RemarkLayer(kWarn, "an option does not fit");
    }
    const uint8_t kind = p[i] & 0x1f;
    walk.out.Named("ip.opt.type", p[i],
                   kind == 3    ? "loose source route"
                   : kind == 9  ? "strict source route"
                   : kind == 7  ? "record route"
                   : kind == 4  ? "time stamp"
                   : kind == 20 ? "router alert"
                                : "",
                   p + i, p[i + 1]);
    if (kind == 3 || kind == 9) {
      walk.out.Remark(kWarn, "the sender chooses the route");
    }
    i += p[i + 1];
  }
}

void WriteFragment(LayerWalk& walk, uint16_t word, const uint8_t* at) {
  const uint32_t offset = (word & 0x1fff) * 8u;
  walk.out.Flag("ip.flags.rb", (word & 0x8000) != 0, at, 2);
  walk.out.Flag("ip.flags.df", (word & 0x4000) != 0, at, 2);
  walk.out.Flag("ip.flags.mf", (word & 0x2000) != 0, at, 2);
  walk.out.Number("ip.frag_offset", offset, at, 2, "bytes");
  if (offset == 0 && (word & 0x2000) == 0) return;
  walk.fragment = true;
  walk.out.Remark(kNote, "a fragment");
}

// Common to IPv6's options headers and routing: next header, length.
void DissectExtension(LayerWalk& walk, uint8_t kind, size_t size) {
  const bool fragment = kind == 44;
  const absl::string_view name = kind == 0    ? "ipv6.hopopts"
                                 : kind == 43 ? "ipv6.routing"
                                 : fragment   ? "ipv6.fraghdr"
                                 : kind == 60 ? "ipv6.dstopts"
                                              : "ipv6.exthdr";
  const absl::string_view title = kind == 0    ? "IPv6 hop-by-hop options"
                                  : kind == 43 ? "IPv6 routing header"
                                  : fragment   ? "IPv6 fragment header"
                                  : kind == 60 ? "IPv6 destination options"
                                               : "IPv6 extension header";
  const uint8_t* p = BeginHeader(walk, size, name, title);
  if (p == nullptr) return;
  walk.out.Named(absl::StrCat(name, ".nxt"), p[0], IpProtocolName(p[0]), p, 1);
  walk.ip_protocol = p[0];
  walk.step = LayerStep::kTransport;
  if (!fragment) {
    walk.out.Number(absl::StrCat(name, ".len_oct"), size, p + 1, 1, "bytes");
    if (kind == 43) {
      walk.out.Number("ipv6.routing.type", p[2], p + 2, 1);
      if (p[2] == 0) walk.out.Remark(kWarn, "the sender chooses the route");
      walk.out.Number("ipv6.routing.segleft", p[3], p + 3, 1);
    }
    return;
  }
  const uint16_t word = LoadBig16(p + 2);
  walk.out.Number("ipv6.fraghdr.offset", word & 0xfff8, p + 2, 2, "bytes");
  walk.out.Flag("ipv6.fraghdr.more", (word & 1) != 0, p + 2, 2);
  walk.out.Hex("ipv6.fraghdr.ident", LoadBig32(p + 4), p + 4, 4);
  if ((word & 0xfff9) != 0) {
    walk.fragment = true;
    walk.out.RemarkLayer(kNote, "a fragment");
  }
  if ((word & 0xfff8) != 0) walk.step = LayerStep::kDone;
}

bool IsExtension(uint8_t next) {
  return next == 0 || next == 43 || next == 44 || next == 60 || next == 135 ||
         next == 139 || next == 140;
}

}  // namespace

absl::string_view IpProtocolName(uint8_t protocol) {
  switch (protocol) {
    case 0:
      return "HOPOPT";
    case 1:
      return "ICMP";
    case 2:
      return "IGMP";
    case 4:
      return "IPv4";
    case 6:
      return "TCP";
    case 17:
      return "UDP";
    case 33:
      return "DCCP";
    case 41:
      return "IPv6";
    case 43:
      return "IPv6-Route";
    case 44:
      return "IPv6-Frag";
    case 46:
      return "RSVP";
    case 47:
      return "GRE";
    case 50:
      return "ESP";
    case 51:
      return "AH";
    case 58:
      return "IPv6-ICMP";
    case 59:
      return "IPv6-NoNxt";
    case 60:
      return "IPv6-Opts";
    case 88:
      return "EIGRP";
    case 89:
      return "OSPF";
    case 103:
      return "PIM";
    case 112:
      return "VRRP";
    case 132:
      return "SCTP";
    case 136:
      return "UDPLite";
    default:
      return "";
  }
}

void DissectIpv4(LayerWalk& walk) {
  const uint8_t* p = BeginHeader(walk, 20, "ip", "Internet Protocol Version 4");
  if (p == nullptr) return;
  const size_t header = (p[0] & 15) * 4u;
  const size_t total = LoadBig16(p + 2);
  walk.out.Number("ip.version", p[0] >> 4, p, 1);
  if (p[0] >> 4 != 4) return walk.out.Remark(kError, "is not 4");
  walk.out.Number("ip.hdr_len", header, p, 1, "bytes");
  if (header < 20) return walk.out.Remark(kError, "less than 20");
  walk.out.Number("ip.dsfield.dscp", p[1] >> 2, p + 1, 1);
  walk.out.Number("ip.dsfield.ecn", p[1] & 3, p + 1, 1);
  walk.out.Number("ip.len", total, p + 2, 2, "bytes");
  walk.out.Hex("ip.id", LoadBig16(p + 4), p + 4, 2);
  WriteFragment(walk, LoadBig16(p + 6), p + 6);
  walk.out.Number("ip.ttl", p[8], p + 8, 1);
  walk.out.Named("ip.proto", p[9], IpProtocolName(p[9]), p + 9, 1);
  walk.out.Hex("ip.checksum", LoadBig16(p + 10), p + 10, 2);
  walk.out.Text("ip.src", IpAddress::FromV4(p + 12).ToString(), p + 12, 4);
  walk.out.Text("ip.dst", IpAddress::FromV4(p + 16).ToString(), p + 16, 4);
  if (header > 20) {
    const uint8_t* options = walk.in.Take(header - 20);
    if (options == nullptr) return walk.out.RemarkLayer(kNote, "cut short");
    walk.out.Resize(header);
    WriteIpv4Options(walk, options, header - 20);
  }
  if (total >= header && total - header <= walk.WireLeft()) {
    walk.LimitWire(total - header);
  }
  walk.ip_protocol = p[9];
  const bool first = (LoadBig16(p + 6) & 0x1fff) == 0;
  walk.step = first ? LayerStep::kTransport : LayerStep::kDone;
}

void DissectIpv6(LayerWalk& walk) {
  const uint8_t* p =
      BeginHeader(walk, 40, "ipv6", "Internet Protocol Version 6");
  if (p == nullptr) return;
  const uint32_t word = LoadBig32(p);
  walk.out.Number("ipv6.version", p[0] >> 4, p, 1);
  if (p[0] >> 4 != 6) return walk.out.Remark(kError, "is not 6");
  walk.out.Hex("ipv6.tclass", word >> 20 & 0xff, p, 2);
  walk.out.Hex("ipv6.flow", word & 0xfffff, p + 1, 3);
  walk.out.Number("ipv6.plen", LoadBig16(p + 4), p + 4, 2, "bytes");
  walk.out.Named("ipv6.nxt", p[6], IpProtocolName(p[6]), p + 6, 1);
  walk.out.Number("ipv6.hlim", p[7], p + 7, 1);
  walk.out.Text("ipv6.src", IpAddress::FromV6(p + 8).ToString(), p + 8, 16);
  walk.out.Text("ipv6.dst", IpAddress::FromV6(p + 24).ToString(), p + 24, 16);
  const size_t payload = LoadBig16(p + 4);
  if (payload > 0 && payload <= walk.WireLeft()) walk.LimitWire(payload);
  walk.ip_protocol = p[6];
  walk.step = LayerStep::kTransport;
  for (int i = 0; i < kMaxExtensionHeaders && IsExtension(walk.ip_protocol) &&
                  walk.step == LayerStep::kTransport;
       ++i) {
    const uint8_t* q = walk.in.Peek(8);
    const bool fragment = walk.ip_protocol == 44;
    DissectExtension(walk, walk.ip_protocol,
                     q == nullptr || fragment ? 8 : (q[1] + 1u) * 8);
  }
  if (IsExtension(walk.ip_protocol)) walk.step = LayerStep::kDone;
}

}  // namespace tapline
