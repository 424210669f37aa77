// The bytes of one packet for people (D18), by what its flow said before.

#ifndef TAPLINE_SENSORD_INSPECT_PACKET_HEX_H_
#define TAPLINE_SENSORD_INSPECT_PACKET_HEX_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "sensord/event/protocol.h"
#include "sensord/inspect/packet_view.h"
#include "sensord/inspect/turns.h"
#include "tapline/v1/layer.pb.h"

namespace tapline {

// Which bytes may be a login follows from the packets before, and from what
// protocol they are. What was not seen of the flow makes it withhold more.
// Thread safety: single-threaded.
class PacketHex {
 public:
  // `target` must outlive it.
  explicit PacketHex(const KeptFrame& target);
  ~PacketHex();

  // Frames before the target, in order; those of other flows too.
  void Before(const KeptFrame& kept);
  // The target's bytes; once, as the last call.
  void Write(google::protobuf::RepeatedPtrField<v1::HexLine>& out);

 private:
  // A packet with its payload.
  struct Early;
  // Packets with payload that are asked for their protocol.
  static constexpr size_t kMaxAsked = 8;

  bool IsOfFlow(const Packet& packet) const;
  void Orient(const Packet& packet);
  void Feed(const Packet& packet);
  void Open(Protocol protocol, const Packet& packet);
  void Add(const Packet& packet);

  const KeptFrame& target_;
  PacketView view_;
  absl::optional<Packet> packet_;
  bool oriented_ = false;
  // The sender of the flow's first packet.
  IpAddress originator_;
  uint16_t originator_port_ = 0;
  // Until the protocol is known.
  std::vector<Early> early_;
  size_t asked_ = 0;
  std::unique_ptr<TurnBuilder> turns_;
};

// Of a frame of `ring`.
void WriteHex(const KeptFrame& target, const PacketRing& ring,
              google::protobuf::RepeatedPtrField<v1::HexLine>& out);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_PACKET_HEX_H_
