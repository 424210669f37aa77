// TCP (RFC 9293; options RFC 7323, 2018), UDP (RFC 768), SCTP (RFC 9260), and
// what else stands directly on IP: ESP (RFC 4303), AH (RFC 4302), IGMP (RFC
// 2236, 3376).

#include "absl/strings/str_cat.h"
#include "common/net/ip_address.h"
#include "sensord/decode/packet.h"
#include "sensord/dissect/layer_walk.h"

namespace tapline {
namespace {

struct FlagName {
  uint16_t bit;
  const char* field;
  const char* word;
};
constexpr FlagName kTcpFlags[] = {
    {0x100, "tcp.flags.ae", "AE"},    {0x80, "tcp.flags.cwr", "CWR"},
    {0x40, "tcp.flags.ece", "ECE"},   {0x20, "tcp.flags.urg", "URG"},
    {0x10, "tcp.flags.ack", "ACK"},   {0x08, "tcp.flags.push", "PSH"},
    {0x04, "tcp.flags.reset", "RST"}, {0x02, "tcp.flags.syn", "SYN"},
    {0x01, "tcp.flags.fin", "FIN"},
};

void RemarkFlags(LayerWriter& out, uint8_t flags) {
  if ((flags & kTcpRst) != 0) out.Remark(kNote, "connection reset");
  if ((flags & (kTcpSyn | kTcpFin)) == (kTcpSyn | kTcpFin)) {
    out.Remark(kWarn, "SYN and FIN together");
  } else if ((flags & (kTcpSyn | kTcpRst)) == (kTcpSyn | kTcpRst)) {
    out.Remark(kWarn, "SYN and RST together");
  } else if ((flags & (kTcpSyn | kTcpAck | kTcpRst | kTcpFin)) == 0) {
    out.Remark(kWarn, "neither SYN, ACK, RST nor FIN");
  }
}

void WriteTcpFlags(LayerWriter& out, const uint8_t* p) {
  const uint16_t flags = LoadBig16(p) & 0x1ff;
  std::string words;
  for (const FlagName& flag : kTcpFlags) {
    if ((flags & flag.bit) == 0) continue;
    absl::StrAppend(&words, words.empty() ? "" : ",", flag.word);
  }
  out.Text("tcp.flags", words.empty() ? "none" : words, p, 2);
  RemarkFlags(out, static_cast<uint8_t>(flags));
  for (const FlagName& flag : kTcpFlags) {
    out.Flag(flag.field, (flags & flag.bit) != 0, p, 2);
  }
}

void WriteTcpOption(LayerWriter& out, const uint8_t* p, size_t size) {
  switch (p[0]) {
    case 2:
      if (size == 4) {
        out.Number("tcp.options.mss_val", LoadBig16(p + 2), p, 4, "bytes");
      }
      return;
    case 3:
      if (size != 3) return;
      out.Number("tcp.options.wscale.shift", p[2], p, 3);
      if (p[2] > 14) out.Remark(kWarn, "over 14 (RFC 7323)");
      return;
    case 4:
      return out.Flag("tcp.options.sack_perm", true, p, size);
    case 5:
      for (size_t i = 2; i + 8 <= size; i += 8) {
        out.Number("tcp.options.sack_le", LoadBig32(p + i), p + i, 4);
        out.Number("tcp.options.sack_re", LoadBig32(p + i + 4), p + i + 4, 4);
      }
      return;
    case 8:
      if (size != 10) return;
      out.Number("tcp.options.timestamp.tsval", LoadBig32(p + 2), p + 2, 4);
      out.Number("tcp.options.timestamp.tsecr", LoadBig32(p + 6), p + 6, 4);
      return;
    default:
      return out.Named("tcp.option_kind", p[0],
                       p[0] == 28   ? "user timeout"
                       : p[0] == 29 ? "authentication"
                       : p[0] == 30 ? "multipath"
                       : p[0] == 34 ? "fast open"
                       : p[0] == 19 ? "MD5 signature"
                                    : "",
                       p, size);
  }
}

void WriteTcpOptions(LayerWriter& out, const uint8_t* p, size_t size) {
  for (size_t i = 0; i < size && p[i] != 0;) {
    if (p[i] == 1) {
      ++i;
      continue;
    }
    if (i + 1 >= size || p[i + 1] < 2 || i + p[i + 1] > size) {
      return out.RemarkLayer(kWarn, "an option does not fit");
    }
    WriteTcpOption(out, p + i, p[i + 1]);
    i += p[i + 1];
  }
}

// RFC 792 asks an error for 8 bytes of what it quotes.
void DissectQuotedTcp(LayerWalk& walk) {
  const uint8_t* p =
      BeginHeader(walk, 8, "tcp", "Transmission Control Protocol");
  if (p == nullptr) return;
  walk.out.Number("tcp.srcport", LoadBig16(p), p, 2);
  walk.out.Number("tcp.dstport", LoadBig16(p + 2), p + 2, 2);
  walk.out.Number("tcp.seq_raw", LoadBig32(p + 4), p + 4, 4);
}

void DissectTcp(LayerWalk& walk) {
  if (walk.quoted && walk.in.left() < 20) return DissectQuotedTcp(walk);
  LayerWriter& out = walk.out;
  const uint8_t* p =
      BeginHeader(walk, 20, "tcp", "Transmission Control Protocol");
  if (p == nullptr) return;
  const size_t header = (p[12] >> 4) * 4u;
  out.Number("tcp.srcport", LoadBig16(p), p, 2);
  out.Number("tcp.dstport", LoadBig16(p + 2), p + 2, 2);
  out.Number("tcp.seq_raw", LoadBig32(p + 4), p + 4, 4);
  out.Number("tcp.ack_raw", LoadBig32(p + 8), p + 8, 4);
  out.Number("tcp.hdr_len", header, p + 12, 1, "bytes");
  if (header < 20 || header - 20 > walk.WireLeft()) {
    return out.Remark(kError, "does not fit the segment");
  }
  WriteTcpFlags(out, p + 12);
  const uint16_t window = LoadBig16(p + 14);
  out.Number("tcp.window_size_value", window, p + 14, 2);
  if (window == 0 && (p[13] & (kTcpRst | kTcpSyn | kTcpFin)) == 0) {
    out.Remark(kWarn, "zero window: the sender of this takes no more");
  }
  out.Hex("tcp.checksum", LoadBig16(p + 16), p + 16, 2);
  out.Number("tcp.urgent_pointer", LoadBig16(p + 18), p + 18, 2);
  if (header > 20) {
    const uint8_t* options = walk.in.Take(header - 20);
    if (options == nullptr) {
      return out.RemarkLayer(kNote, "not captured completely");
    }
    out.Resize(header);
    WriteTcpOptions(out, options, header - 20);
  }
  out.Number("tcp.len", walk.WireLeft(), nullptr, 0, "bytes");
}

void DissectUdp(LayerWalk& walk) {
  const uint8_t* p = BeginHeader(walk, 8, "udp", "User Datagram Protocol");
  if (p == nullptr) return;
  const size_t length = LoadBig16(p + 4);
  walk.out.Number("udp.srcport", LoadBig16(p), p, 2);
  walk.out.Number("udp.dstport", LoadBig16(p + 2), p + 2, 2);
  walk.out.Number("udp.length", length, p + 4, 2, "bytes");
  walk.out.Hex("udp.checksum", LoadBig16(p + 6), p + 6, 2);
  if (length >= 8 && length - 8 <= walk.WireLeft()) walk.LimitWire(length - 8);
  if (walk.NextTunnel() != TunnelKind::kNone && !walk.quoted) {
    DissectTunnel(walk, walk.NextTunnel());
  }
}

void DissectSctp(LayerWalk& walk) {
  const uint8_t* p =
      BeginHeader(walk, 12, "sctp", "Stream Control Transmission Protocol");
  if (p == nullptr) return;
  walk.out.Number("sctp.srcport", LoadBig16(p), p, 2);
  walk.out.Number("sctp.dstport", LoadBig16(p + 2), p + 2, 2);
  walk.out.Hex("sctp.verification_tag", LoadBig32(p + 4), p + 4, 4);
  walk.out.Hex("sctp.checksum", LoadBig32(p + 8), p + 8, 4);
  constexpr int kMaxChunks = 32;
  for (int i = 0; i < kMaxChunks && walk.in.left() >= 4; ++i) {
    const uint8_t* chunk = walk.in.Peek(4);
    const size_t length = LoadBig16(chunk + 2);
    walk.out.Number("sctp.chunk_type", chunk[0], chunk, 1);
    walk.out.Number("sctp.chunk_length", length, chunk + 2, 2, "bytes");
    if (length < 4) return walk.out.Remark(kWarn, "less than 4");
    if (!walk.in.Skip(std::min((length + 3) & ~size_t{3}, walk.in.left()))) {
      return;
    }
  }
}

void DissectEsp(LayerWalk& walk) {
  const uint8_t* p =
      BeginHeader(walk, 8, "esp", "Encapsulating Security Payload");
  if (p == nullptr) return;
  walk.out.Hex("esp.spi", LoadBig32(p), p, 4);
  walk.out.Number("esp.sequence", LoadBig32(p + 4), p + 4, 4);
}

void DissectAh(LayerWalk& walk) {
  const uint8_t* peek = walk.in.Peek(2);
  const size_t size = peek == nullptr ? 12 : (peek[1] + 2u) * 4;
  const uint8_t* p = BeginHeader(walk, std::max<size_t>(size, 12), "ah",
                                 "Authentication Header");
  if (p == nullptr) return;
  walk.out.Named("ah.next_header", p[0], IpProtocolName(p[0]), p, 1);
  walk.out.Number("ah.length", size, p + 1, 1, "bytes");
  walk.out.Hex("ah.spi", LoadBig32(p + 4), p + 4, 4);
  walk.out.Number("ah.sequence", LoadBig32(p + 8), p + 8, 4);
}

void DissectIgmp(LayerWalk& walk) {
  const uint8_t* p =
      BeginHeader(walk, 8, "igmp", "Internet Group Management Protocol");
  if (p == nullptr) return;
  walk.out.Named("igmp.type", p[0],
                 p[0] == 0x11   ? "membership query"
                 : p[0] == 0x12 ? "membership report v1"
                 : p[0] == 0x16 ? "membership report v2"
                 : p[0] == 0x17 ? "leave group"
                 : p[0] == 0x22 ? "membership report v3"
                                : "",
                 p, 1);
  walk.out.Hex("igmp.checksum", LoadBig16(p + 2), p + 2, 2);
  if (p[0] != 0x22) {
    walk.out.Text("igmp.maddr", IpAddress::FromV4(p + 4).ToString(), p + 4, 4);
  }
}

}  // namespace

void DissectTransport(LayerWalk& walk) {
  walk.step = LayerStep::kDone;
  switch (walk.ip_protocol) {
    case kIpProtoTcp:
      return DissectTcp(walk);
    case kIpProtoUdp:
      return DissectUdp(walk);
    case kIpProtoIcmp:
      return DissectIcmp(walk);
    case kIpProtoIcmpV6:
      return DissectIcmpv6(walk);
    case kIpProtoSctp:
      return DissectSctp(walk);
    case 2:
      return DissectIgmp(walk);
    case 47:
      return DissectGre(walk);
    case 50:
      return DissectEsp(walk);
    case 51:
      return DissectAh(walk);
    case 4:
    case 41:
      if (walk.NextTunnel() == TunnelKind::kNone) return;
      ++walk.entered;
      walk.step = walk.ip_protocol == 4 ? LayerStep::kIpv4 : LayerStep::kIpv6;
      return;
    default:
      return;
  }
}

}  // namespace tapline
