// State of the walk through one frame, header by header. Internal to dissect.
//
// The walk is a loop over steps, like the decoder's (sensord/decode/
// frame_walk.h), but writes down every field. What needs a judgement (is this
// port really a tunnel?) is taken from the decoder's answer, not judged again.

#ifndef TAPLINE_SENSORD_DISSECT_LAYER_WALK_H_
#define TAPLINE_SENSORD_DISSECT_LAYER_WALK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sensord/decode/byte_cursor.h"
#include "sensord/decode/context.h"
#include "sensord/dissect/layer_writer.h"

namespace tapline {

inline constexpr v1::FindingSeverity kNote = v1::FINDING_SEVERITY_NOTE;
inline constexpr v1::FindingSeverity kWarn = v1::FINDING_SEVERITY_WARN;
inline constexpr v1::FindingSeverity kError = v1::FINDING_SEVERITY_ERROR;

enum class LayerStep : uint8_t {
  kDone,
  kEthernet,
  kEtherType,  // LayerWalk::ether_type names what follows
  kMpls,
  kPppoe,
  kPpp,
  kIp,  // version by the first nibble
  kIpv4,
  kIpv6,
  kTransport,  // LayerWalk::ip_protocol names it
};

struct LayerWalk {
  LayerWalk(const Frame& frame, LayerWriter& writer)
      : out(writer),
        in(frame.data, frame.captured_bytes),
        missing(frame.wire_bytes - frame.captured_bytes) {}

  LayerWriter& out;
  // What is captured of the current layer, and how many bytes of it beyond
  // that were on the wire.
  ByteCursor in;
  size_t missing;
  LayerStep step = LayerStep::kDone;
  uint16_t ether_type = 0;
  uint8_t ip_protocol = 0;
  // Tunnels the decoder proved, outermost first, and how many were entered.
  std::vector<TunnelKind> tunnels;
  size_t entered = 0;
  // Headers read so far.
  int headers = 0;
  // Inside what an ICMP error quotes: nothing follows its ports.
  bool quoted = false;
  // The payload is a piece of a datagram.
  bool fragment = false;

  size_t WireLeft() const { return in.left() + missing; }
  // Limits this layer to `wire` bytes, no more than WireLeft().
  void LimitWire(size_t wire) {
    if (wire <= in.left()) {
      in.Limit(wire);
      missing = 0;
    } else {
      missing = std::min(missing, wire - in.left());
    }
  }
  // The tunnel that begins here, or kNone.
  TunnelKind NextTunnel() const {
    return entered < tunnels.size() ? tunnels[entered] : TunnelKind::kNone;
  }
};

// The next `size` bytes as a header begun as a layer; null when they are not
// there, which ends the walk and is remarked.
const uint8_t* BeginHeader(LayerWalk& walk, size_t size, absl::string_view name,
                           absl::string_view title);

void StartLink(LayerWalk& walk);
void DissectEthernet(LayerWalk& walk);
void DissectEtherType(LayerWalk& walk);
void DissectMpls(LayerWalk& walk);
void DissectPppoe(LayerWalk& walk);
void DissectPpp(LayerWalk& walk);
void DissectIpv4(LayerWalk& walk);
void DissectIpv6(LayerWalk& walk);
// What walk.ip_protocol names, and the tunnel behind it.
void DissectTransport(LayerWalk& walk);
void DissectIcmp(LayerWalk& walk);
void DissectIcmpv6(LayerWalk& walk);
void DissectGre(LayerWalk& walk);
// The header of a tunnel over UDP.
void DissectTunnel(LayerWalk& walk, TunnelKind kind);

// Of the six bytes at p.
std::string MacText(const uint8_t* p);
// IANA's keywords: "TCP"; empty when not known here.
absl::string_view IpProtocolName(uint8_t protocol);
absl::string_view EtherTypeName(uint16_t type);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DISSECT_LAYER_WALK_H_
