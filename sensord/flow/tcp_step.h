// One packet on one TCP flow: shared by the files that follow connections.

#ifndef TAPLINE_SENSORD_FLOW_TCP_STEP_H_
#define TAPLINE_SENSORD_FLOW_TCP_STEP_H_

#include <algorithm>
#include <cstdint>

#include "sensord/flow/flow_math.h"
#include "sensord/flow/tcp_tracker.h"

namespace tapline {

// Largest window there can be: 64 KiB x 2^14 (RFC 7323 2.3).
inline constexpr int64_t kMaxWindow = int64_t{65535} << 14;

inline constexpr uint32_t Bit(FlowAnomaly a) {
  return 1u << static_cast<uint32_t>(a);
}

enum class TcpPlace : uint8_t {
  kNew,
  kOld,
  kHole,
  kKeepAlive,
  kBeyond,
  kOverlap
};

// tcp_opening.cc has handshakes, tcp_ending.cc FINs and resets, tcp_tracker.cc
// the rest. Thread safety: made for one call.
class TcpStep {
 public:
  TcpStep(FlowEntry& flow, const Packet& packet, bool from_originator)
      : flow_(flow),
        packet_(packet),
        side_(from_originator ? 0 : 1),
        self_(flow.tcp[side_]),
        peer_(flow.tcp[1 - side_]) {}

  TcpOutcome Run();

 private:
  bool FromOriginator() const { return side_ == 0; }
  bool Knows(int side, uint8_t what) const {
    return (flow_.tcp_bits[side].known & what) != 0;
  }
  void Learn(int side, uint8_t what) {
    TcpSideBits& bits = flow_.tcp_bits[side];
    bits.known = static_cast<uint8_t>((bits.known | what) & 15);
  }
  bool Flag(uint8_t flag) const { return (packet_.tcp_flags & flag) != 0; }
  void Tell(FlowAnomaly a) { out_.anomalies |= Bit(a); }
  void CountRetransmission() {
    if (self_.retransmissions != 0xffff) ++self_.retransmissions;
  }

  void OnSyn();
  void OnSynOfOriginator();
  void OnSynAck();
  void OnSynAckOfResponder();
  void OnReset();
  void OnSegment();
  void ChooseSynAck();
  bool IsDuplicateAck() const;
  void OnAcknowledgment();
  void AdvanceState(TcpPlace place);
  void OnFin();

  // Takes the sender's sequence from a packet with SYN.
  void BeginSide();
  void Answer();
  void Establish();
  int64_t PeerWindow() const;
  bool IsBeyond(uint32_t end) const;
  TcpPlace Advance(uint32_t length);
  TcpPlace AdvanceOld(uint32_t end, int32_t gap);
  bool IsExactReset() const;
  bool IsResetInWindow() const;
  void SetHandshake(uint32_t packed) {
    if (!Knows(0, kRttKnown)) flow_.handshake = packed;
  }
  void StampHandshake() {
    SetHandshake(PackDuration(Elapsed(packet_.clock, flow_.start)) + 1);
  }
  void ForgetHandshake() { SetHandshake(0); }
  // The same connection is tried once more.
  void StartHandshakeAnew() {
    TcpSideBits& bits = flow_.tcp_bits[0];
    bits.known = static_cast<uint8_t>(bits.known & ~kRttKnown & 15);
    flow_.handshake = flow_.responder_rtt = 0;
  }
  // Time since the stamp as a packed round trip, at least 1 ns; 0 without one.
  uint32_t SinceHandshake() const {
    if (Knows(0, kRttKnown) || flow_.handshake == 0) return 0;
    const uint64_t now = Elapsed(packet_.clock, flow_.start);
    const uint64_t then = UnpackDuration(flow_.handshake - 1);
    return PackDuration(std::max<uint64_t>(now > then ? now - then : 0, 1));
  }

  FlowEntry& flow_;
  const Packet& packet_;
  const int side_;
  TcpSide& self_;
  TcpSide& peer_;
  TcpOutcome out_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_TCP_STEP_H_
