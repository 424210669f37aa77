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
  } else if (type == 135 || type == 136) {
    const uint8_t* target = walk.in.Take(16);
    if (target == nullptr) return walk.out.RemarkLayer(kNote, "cut short");
    walk.out.Resize(24);
    walk.out.Text("icmpv6.nd.target_address",
                  IpAddress::FromV6(target).ToString(), target, 16);
  }
  if (type >= 1 && type <= 4) Quote(walk, LayerStep::kIpv6);
}

}  // namespace tapline
