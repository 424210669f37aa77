// Which packets are a flow's.

#ifndef TAPLINE_SENSORD_INSPECT_FLOW_PACKETS_H_
#define TAPLINE_SENSORD_INSPECT_FLOW_PACKETS_H_

#include <cstdint>

#include "absl/types/optional.h"
#include "common/net/ip_address.h"
#include "sensord/decode/context.h"
#include "sensord/decode/packet.h"
#include "tapline/v1/flow.pb.h"

namespace tapline {

// The packets between a flow's addresses and ports, within its VLANs and
// tunnels, from its start to its end. Of several tunnels that a flow record
// cannot tell apart (same kind and VNI, other ends) those of the one that is
// seen first: never of two.
// Thread safety: single-threaded.
class FlowPackets {
 public:
  // Absent for a flow without IP addresses. `contexts` are those of the
  // packets' decoder and must outlive it.
  static absl::optional<FlowPackets> Of(const v1::Flow& flow,
                                        const ContextTable& contexts);

  bool Has(const Packet& packet);
  // Of a packet that it has.
  bool FromOriginator(const Packet& packet) const { return Sent(packet); }

 private:
  explicit FlowPackets(const ContextTable& contexts) : contexts_(&contexts) {}

  bool Sent(const Packet& packet) const;
  bool Received(const Packet& packet) const;
  bool IsWithin(const Context& context) const;

  const ContextTable* contexts_;
  IpAddress originator_;
  IpAddress responder_;
  uint16_t originator_port_ = 0;
  uint16_t responder_port_ = 0;
  uint8_t ip_protocol_ = 0;
  UnixNanos start_ = 0;
  UnixNanos end_ = 0;
  v1::Encapsulation encapsulation_;
  // Of the first packet that was the flow's.
  absl::optional<uint32_t> context_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_FLOW_PACKETS_H_
