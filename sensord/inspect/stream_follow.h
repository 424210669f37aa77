// Follow stream (D19): the packets of one flow as turns.

#ifndef TAPLINE_SENSORD_INSPECT_STREAM_FOLLOW_H_
#define TAPLINE_SENSORD_INSPECT_STREAM_FOLLOW_H_

#include <cstdint>
#include <vector>

#include "absl/types/optional.h"
#include "sensord/inspect/flow_packets.h"
#include "sensord/inspect/packet_view.h"
#include "sensord/inspect/turns.h"
#include "sensord/pipeline/packet_ring.h"
#include "tapline/v1/flow.pb.h"
#include "tapline/v1/turn.pb.h"

namespace tapline {

struct StreamTurns {
  std::vector<v1::Turn> turns;
  // Of the flow, among the frames.
  uint64_t packets = 0;
  bool truncated = false;
};

// Takes frames in order, those of other flows too (FlowPackets).
// Thread safety: single-threaded.
class StreamFollower {
 public:
  // `previews`: the payload may be shown, but for what may be a login
  // (PayloadGuard, by the flow's protocols, or else by its ports).
  StreamFollower(const v1::Flow& flow, bool previews);

  void Add(const KeptFrame& kept);
  StreamTurns Take();

 private:
  PacketView view_;
  absl::optional<FlowPackets> packets_;
  TurnBuilder turns_;
};

// The turns of a flow among the frames of `ring`.
StreamTurns TurnsOf(const v1::Flow& flow, const PacketRing& ring,
                    bool previews);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_STREAM_FOLLOW_H_
