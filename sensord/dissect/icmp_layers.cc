// ICMP (RFC 792, 1191), ICMPv6 (RFC 4443), neighbour discovery (RFC 4861). Of
// errors also the packet they quote, up to its ports.

#include "common/net/ip_address.h"
#include "sensord/dissect/layer_walk.h"

namespace tapline {
namespace {

absl::string_view IcmpTypeName(uint8_t type) {
  switch (type) {
    case 0:
      return "echo reply";
    case 3:
      return "destination unreachable";
    case 4:
      return "source quench";
    case 5:
      return "redirect";
    case 8:
      return "echo request";
    case 9:
      return "router advertisement";
    case 10:
      return "router solicitation";
    case 11:
      return "time exceeded";
    case 12:
      return "parameter problem";
    case 13:
      return "timestamp request";
    case 14:
      return "timestamp reply";
    default:
      return "";
  }
}

absl::string_view UnreachableCode(uint8_t code) {
  switch (code) {
    case 0:
      return "network";
    case 1:
      return "host";
    case 2:
      return "protocol";
    case 3:
      return "port";
    case 4:
      return "fragmentation needed";
    case 9:
    case 10:
    case 13:
      return "administratively prohibited";
    default:
      return "";
  }
}

absl::string_view Icmpv6TypeName(uint8_t type) {
  switch (type) {
    case 1:
      return "destination unreachable";
    case 2:
      return "packet too big";
    case 3:
      return "time exceeded";
    case 4:
      return "parameter problem";
    case 128:
      return "echo request";
    case 129:
      return "echo reply";
    case 130:
      return "multicast listener query";
    case 131:
      return "multicast listener report";
    case 132:
      return "multicast listener done";
    case 133:
      return "router solicitation";
    case 134:
      return "router advertisement";
    case 135:
      return "neighbour solicitation";
    case 136:
      return "neighbour advertisement";
    case 137:
      return "redirect";
    case 143:
      return "multicast listener report v2";
    default:
      return "";
  }
}

// What follows is the beginning of another packet.
void Quote(LayerWalk& walk, LayerStep step) {
  if (walk.quoted || walk.in.left() == 0) return;
  walk.quoted = true;
  walk.step = step;
}

absl::string_view NdOptionName(uint8_t type) {
  switch (type) {
    case 1:
      return "source link-layer address";
    case 2:
      return "target link-layer address";
    case 3:
      return "prefix information";
    case 4:
      return "redirected header";
    case 5:
      return "MTU";
    case 25:
      return "recursive DNS server";
    case 31:
      return "DNS search list";
    default:
      return "";
  }
}

// RFC 4861 4.6.2.
void WritePrefix(const uint8_t* p, LayerWriter& out) {
  out.Number("icmpv6.opt.prefix.length", p[2], p + 2, 1, "bits");
  out.Flag("icmpv6.opt.prefix.flag.l", (p[3] & 0x80) != 0, p + 3, 1);
  out.Flag("icmpv6.opt.prefix.flag.a", (p[3] & 0x40) != 0, p + 3, 1);
  out.Number("icmpv6.opt.prefix.valid_lifetime", LoadBig32(p + 4), p + 4, 4,
             "s");
  out.Number("icmpv6.opt.prefix.preferred_lifetime", LoadBig32(p + 8), p + 8, 4,
             "s");
  out.Text("icmpv6.opt.prefix", IpAddress::FromV6(p + 16).ToString(), p + 16,
           16);
}

// Of `size` bytes at p, all there.
void WriteNdOption(const uint8_t* p, size_t size, LayerWriter& out) {
  out.Named("icmpv6.opt.type", p[0], NdOptionName(p[0]), p, 1);
  out.Number("icmpv6.opt.length", size, p + 1, 1, "bytes");
  if ((p[0] == 1 || p[0] == 2) && size == 8) {
    out.Text("icmpv6.opt.linkaddr", MacText(p + 2), p + 2, 6);
  } else if (p[0] == 3 && size == 32) {
    WritePrefix(p, out);
  } else if (p[0] == 5 && size == 8) {
    out.Number("icmpv6.opt.mtu", LoadBig32(p + 4), p + 4, 4, "bytes");
  } else if (p[0] == 25 && size >= 24) {
    out.Number("icmpv6.opt.rdnss.lifetime", LoadBig32(p + 4), p + 4, 4, "s");
    for (size_t at = 8; at + 16 <= size; at += 16) {
      out.Text("icmpv6.opt.rdnss", IpAddress::FromV6(p + at).ToString(), p + at,
               16);
    }
  }
}

// To the end of the message; `begin` is where it began.
void WriteNdOptions(LayerWalk& walk, const uint8_t* begin) {
  constexpr int kMostOptions = 32;
  for (int i = 0; i < kMostOptions && walk.in.left() > 0; ++i) {
    const uint8_t* head = walk.in.Peek(2);
    const size_t size = head == nullptr ? 0 : size_t{head[1]} * 8;
    const uint8_t* p = size == 0 ? nullptr : walk.in.Peek(size);
    if (p == nullptr) {
      walk.out.RemarkLayer(kWarn, "an option without its end");
      break;
    }
    WriteNdOption(p, size, walk.out);
    walk.in.Skip(size);
  }
  walk.out.Resize(static_cast<size_t>(walk.in.position() - begin));
}

// RFC 4861 4.2, behind type, code and checksum.
void WriteRouter(LayerWalk& walk, const uint8_t* p) {
  walk.out.Number("icmpv6.nd.ra.cur_hop_limit", p[4], p + 4, 1);
  walk.out.Flag("icmpv6.nd.ra.flag.m", (p[5] & 0x80) != 0, p + 5, 1);
  walk.out.Flag("icmpv6.nd.ra.flag.o", (p[5] & 0x40) != 0, p + 5, 1);
  walk.out.Number("icmpv6.nd.ra.router_lifetime", LoadBig16(p + 6), p + 6, 2,
                  "s");
  const uint8_t* timers = walk.in.Take(8);
  if (timers == nullptr) return walk.out.RemarkLayer(kNote, "cut short");
  walk.out.Number("icmpv6.nd.ra.reachable_time", LoadBig32(timers), timers, 4,
                  "ms");
  walk.out.Number("icmpv6.nd.ra.retrans_timer", LoadBig32(timers + 4),
                  timers + 4, 4, "ms");
  WriteNdOptions(walk, p);
}

void WriteNeighbour(LayerWalk& walk, const uint8_t* p) {
  const uint8_t type = p[0];
  if (type == 136) {
    walk.out.Flag("icmpv6.nd.na.flag.r", (p[4] & 0x80) != 0, p + 4, 1);
    walk.out.Flag("icmpv6.nd.na.flag.s", (p[4] & 0x40) != 0, p + 4, 1);
    walk.out.Flag("icmpv6.nd.na.flag.o", (p[4] & 0x20) != 0, p + 4, 1);
  }
  const uint8_t* target = walk.in.Take(16);
  if (target == nullptr) return walk.out.RemarkLayer(kNote, "cut short");
  walk.out.Text("icmpv6.nd.target_address",
                IpAddress::FromV6(target).ToString(), target, 16);
  if (type == 137) {
    const uint8_t* to = walk.in.Take(16);
    if (to == nullptr) return walk.out.RemarkLayer(kNote, "cut short");
    walk.out.Text("icmpv6.rd.na.destination_address",
                  IpAddress::FromV6(to).ToString(), to, 16);
  }
  WriteNdOptions(walk, p);
}

void WriteEcho(LayerWalk& walk, const uint8_t* p) {
  walk.out.Number("icmp.ident", LoadBig16(p + 4), p + 4, 2);
  walk.out.Number("icmp.seq", LoadBig16(p + 6), p + 6, 2);
}

}  // namespace

void DissectIcmp(LayerWalk& walk) {
  const uint8_t* p =
      BeginHeader(walk, 8, "icmp", "Internet Control Message Protocol");
  if (p == nullptr) return;
  const uint8_t type = p[0];
  const bool error =
      type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
  walk.out.Named("icmp.type", type, IcmpTypeName(type), p, 1);
  if (error) walk.out.Remark(kNote, "tells of an error");
  if (type == 5) walk.out.Remark(kWarn, "asks to change the route");
  walk.out.Named("icmp.code", p[1], type == 3 ? UnreachableCode(p[1]) : "",
                 p + 1, 1);
  walk.out.Hex("icmp.checksum", LoadBig16(p + 2), p + 2, 2);
  if (type == 0 || type == 8 || type == 13 || type == 14) WriteEcho(walk, p);
  if (type == 5) {
    walk.out.Text("icmp.redir_gw", IpAddress::FromV4(p + 4).ToString(), p + 4,
                  4);
  }
  if (type == 3 && p[1] == 4) {
    walk.out.Number("icmp.mtu", LoadBig16(p + 6), p + 6, 2, "bytes");
  }
  if (error) Quote(walk, LayerStep::kIpv4);
}

void DissectIcmpv6(LayerWalk& walk) {
  const uint8_t* p =
      BeginHeader(walk, 8, "icmpv6", "Internet Control Message Protocol v6");
  if (p == nullptr) return;
  const uint8_t type = p[0];
  walk.out.Named("icmpv6.type", type, Icmpv6TypeName(type), p, 1);
  if (type >= 1 && type <= 4) walk.out.Remark(kNote, "tells of an error");
  if (type == 137) walk.out.Remark(kWarn, "asks to change the route");
  walk.out.Number("icmpv6.code", p[1], p + 1, 1);
  walk.out.Hex("icmpv6.checksum", LoadBig16(p + 2), p + 2, 2);
  if (type == 128 || type == 129) {
    walk.out.Number("icmpv6.echo.identifier", LoadBig16(p + 4), p + 4, 2);
    walk.out.Number("icmpv6.echo.sequence_number", LoadBig16(p + 6), p + 6, 2);
  } else if (type == 2) {
    walk.out.Number("icmpv6.mtu", LoadBig32(p + 4), p + 4, 4, "bytes");
  } else if (type == 133) {
    WriteNdOptions(walk, p);
  } else if (type == 134) {
    WriteRouter(walk, p);
  } else if (type >= 135 && type <= 137) {
    WriteNeighbour(walk, p);
  }
  if (type >= 1 && type <= 4) Quote(walk, LayerStep::kIpv6);
}

}  // namespace tapline
