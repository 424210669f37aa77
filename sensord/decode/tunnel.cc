// Tunnels.

#include "sensord/decode/frame_walk.h"

namespace tapline {

void ReadIpInIp(FrameWalk& walk, uint8_t protocol) {
  const bool six_in_four = protocol == 41 && walk.packet().ip_version == 4;
  const TunnelKind kind =
      six_in_four ? TunnelKind::kSixInFour : TunnelKind::kIpIp;
  if (!EnterTunnel(walk, kind, 0)) return;
  walk.step = protocol == 4 ? Step::kIpv4 : Step::kIpv6;
}

void ReadGre(FrameWalk& walk) { walk.step = Step::kDone; }

void ReadUdpTunnel(FrameWalk& walk, uint16_t, uint16_t) {
  walk.step = Step::kDone;
}

}  // namespace tapline
