#include "sensord/flow/tcp_tracker.h"

#include <algorithm>

#include "sensord/flow/flow_math.h"

namespace tapline {
namespace {

// Largest window there can be: 64 KiB x 2^14 (RFC 7323 2.3).
constexpr int64_t kMaxWindow = int64_t{65535} << 14;

constexpr uint32_t Bit(FlowAnomaly a) { return 1u << static_cast<uint32_t>(a); }

enum class Place : uint8_t { kNew, kOld, kHole, kKeepAlive, kBeyond, kOverlap };

// One packet on one flow.
class Step {
 public:
  Step(FlowEntry& flow, const Packet& packet, bool from_originator)
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
  void OnAcknowledgment();
  void AdvanceState(Place place);
  void OnFin();

  // Takes the sender's sequence from a packet with SYN.
  void BeginSide();
  void Answer();
  void Establish();
  int64_t PeerWindow() const;
  bool IsBeyond(uint32_t end) const;
  Place Advance(uint32_t length);
  Place AdvanceOld(uint32_t end, int32_t gap);
  bool IsExactReset() const;
  bool IsResetInWindow() const;
  void SetHandshake(uint32_t packed) {
    if (!Knows(0, kRttKnown)) flow_.handshake = packed;
  }
  void StampHandshake() {
    SetHandshake(PackDuration(Elapsed(packet_.clock, flow_.start)) + 1);
  }
  void ForgetHandshake() { SetHandshake(0); }
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

TcpOutcome Step::Run() {
  const uint8_t flags = packet_.tcp_flags;
  const bool mixed = (Flag(kTcpSyn) && Flag(kTcpFin | kTcpRst)) ||
                     (Flag(kTcpFin) && Flag(kTcpRst));
  flow_.tcp_flags[side_] |= flags;
  if (mixed || IsStealthProbe(flags)) {
    Tell(FlowAnomaly::kBadFlags);
    return out_;
  }
  if (packet_.tcp_window == 0 && !Flag(kTcpRst) &&
      self_.zero_windows != 0xffff) {
    ++self_.zero_windows;
  }
  if (Flag(kTcpRst)) {
    OnReset();
  } else if (!Flag(kTcpSyn)) {
    OnSegment();
  } else if (Flag(kTcpAck)) {
    OnSynAck();
  } else {
    OnSyn();
  }
  return out_;
}

void Step::BeginSide() {
  self_.next = packet_.tcp_sequence + 1 + packet_.payload_bytes;
  self_.hole_begin = self_.hole_end = 0;
  self_.window = packet_.tcp_window;
  Learn(side_, kNextKnown);
  flow_.tcp_bits[side_].window_scale =
      packet_.tcp_window_scale == 0xff
          ? 0
          : std::min<uint8_t>(packet_.tcp_window_scale, 14) & 15;
}

void Step::Answer() {
  if (flow_.Has(kFlowAnswered)) return;
  flow_.Set(kFlowAnswered);
  out_.answered = true;
}

void Step::Establish() {
  flow_.phase = TcpPhase::kEstablished;
  if (flow_.Has(kFlowEstablished)) return;
  flow_.Set(kFlowEstablished);
  out_.established = true;
}

void Step::OnSyn() {
  out_.syn = FromOriginator();
  if (packet_.payload_bytes > 0) Tell(FlowAnomaly::kSynData);
  if (FromOriginator()) return OnSynOfOriginator();
  if (flow_.phase == TcpPhase::kSynSent) {
    Tell(FlowAnomaly::kSimultaneousOpen);
    BeginSide();
    ForgetHandshake();
    flow_.phase = TcpPhase::kSynReceived;
  } else if (packet_.tcp_sequence + 1 == self_.next) {
    CountRetransmission();
  } else {
    Tell(FlowAnomaly::kSynInConnection);
  }
}

void Step::OnSynOfOriginator() {
  const bool repeated = packet_.tcp_sequence == flow_.isn;
  switch (flow_.phase) {
    case TcpPhase::kNone:
      flow_.phase = TcpPhase::kSynSent;
      flow_.isn = packet_.tcp_sequence;
      BeginSide();
      StampHandshake();
      return;
    case TcpPhase::kSynSent:
      if (repeated) {
        CountRetransmission();
        ForgetHandshake();
        return;
      }
      Tell(FlowAnomaly::kSynChanged);
      flow_.isn = packet_.tcp_sequence;
      BeginSide();
      StampHandshake();
      return;
    case TcpPhase::kClosed:
      if (!repeated) break;
      // Tries again after a reset: the same attempt.
      CountRetransmission();
      ForgetHandshake();
      flow_.phase = TcpPhase::kSynSent;
      return;
    default:
      break;
  }
  if (Knows(0, kNextKnown) && repeated) {
    CountRetransmission();
    return;
  }
  if (flow_.phase == TcpPhase::kSynReceived) {
    Tell(FlowAnomaly::kSynChanged);
    return;
  }
  Tell(FlowAnomaly::kSynInConnection);
  flow_.isn = packet_.tcp_sequence;
  flow_.Set(kFlowSynPending);
}

void Step::OnSynAck() {
  if (!FromOriginator()) return OnSynAckOfResponder();
  if (flow_.phase == TcpPhase::kSynReceived &&
      packet_.tcp_sequence == flow_.isn) {
    // Second half of a simultaneous open.
    if (Knows(1, kNextKnown) && packet_.tcp_acknowledgment == peer_.next) {
      self_.ack = packet_.tcp_acknowledgment;
      Learn(0, kAckKnown);
      Establish();
      return;
    }
  }
  Tell(FlowAnomaly::kBadSynAck);
}

void Step::OnSynAckOfResponder() {
  const uint32_t ack = packet_.tcp_acknowledgment;
  if (flow_.phase == TcpPhase::kNone) {
    flow_.phase = TcpPhase::kSynReceived;
    peer_.next = ack;
    flow_.isn = ack - 1;
    Learn(0, kNextKnown);
  } else if (flow_.phase == TcpPhase::kSynSent) {
    if (SequenceDistance(ack, flow_.isn + 1) < 0 ||
        SequenceDistance(ack, peer_.next) > 0) {
      Tell(FlowAnomaly::kBadSynAck);
      return;
    }
    flow_.phase = TcpPhase::kSynReceived;
    flow_.responder_rtt = SinceHandshake();
  } else {
    if (packet_.tcp_sequence + 1 == self_.next) {
      // Simultaneous open: the first SYN-ACK after a SYN of this side.
      if (flow_.Has(kFlowAnswered)) CountRetransmission();
      ForgetHandshake();
      if (flow_.phase == TcpPhase::kSynReceived) Answer();
    } else if (flow_.phase == TcpPhase::kSynReceived ||
               SequenceDistance(packet_.tcp_sequence, self_.next) > 0) {
      Tell(FlowAnomaly::kSynAckChanged);
    } else {
      CountRetransmission();
    }
    return;
  }
  BeginSide();
  self_.ack = ack;
  Learn(1, kAckKnown);
  // Scaling holds only when both offered it; a SYN not seen leaves it open.
  if (flow_.tcp_bits[0].window_scale == kUnknownScale) {
    flow_.tcp_bits[1].window_scale = kUnknownScale;
  } else if (packet_.tcp_window_scale == 0xff) {
    flow_.tcp_bits[0].window_scale = 0;
  }
  StampHandshake();
  Answer();
}

int64_t Step::PeerWindow() const {
  const uint8_t scale = flow_.tcp_bits[1 - side_].window_scale;
  if (scale == kUnknownScale) return kMaxWindow;
  return static_cast<int64_t>(peer_.window) << scale;
}

bool Step::IsBeyond(uint32_t end) const {
  if (SequenceDistance(end, self_.next) > kMaxWindow) return true;
  if (!Knows(1 - side_, kAckKnown)) return false;
  // Twice the window: its last update may have been missed.
  return SequenceDistance(end, peer_.ack) > 2 * PeerWindow() + 65536;
}

Place Step::Advance(uint32_t length) {
  const uint32_t begin = packet_.tcp_sequence;
  const uint32_t end = begin + length;
  if (!Knows(side_, kNextKnown)) {
    self_.next = end;
    Learn(side_, kNextKnown);
    return Place::kNew;
  }
  const int32_t gap = SequenceDistance(begin, self_.next);
  if (gap == 0) {
    self_.next = end;
    return Place::kNew;
  }
  if (gap > 0) {
    if (IsBeyond(end)) return Place::kBeyond;
    self_.hole_begin = self_.next;
    self_.hole_end = begin;
    self_.next = end;
    return Place::kNew;
  }
  return length == 0 ? Place::kNew : AdvanceOld(end, gap);
}

Place Step::AdvanceOld(uint32_t end, int32_t gap) {
  const uint32_t begin = packet_.tcp_sequence;
  if (SequenceDistance(end, self_.next) > 0) {
    if (IsBeyond(end)) return Place::kBeyond;
    self_.next = end;
    return Place::kOverlap;
  }
  if (self_.hole_begin != self_.hole_end &&
      SequenceDistance(begin, self_.hole_begin) >= 0 &&
      SequenceDistance(end, self_.hole_end) <= 0) {
    if (end == self_.hole_end) {
      self_.hole_end = begin;
    } else {
      self_.hole_begin = end;
    }
    return Place::kHole;
  }
  if (gap == -1 && packet_.payload_bytes == 1 && !Flag(kTcpFin)) {
    return Place::kKeepAlive;
  }
  return Place::kOld;
}

void Step::OnSegment() {
  const Place place = Advance(packet_.payload_bytes + (Flag(kTcpFin) ? 1 : 0));
  switch (place) {
    case Place::kBeyond:
      Tell(FlowAnomaly::kOutOfWindow);
      return;
    case Place::kOverlap:
      Tell(FlowAnomaly::kOverlap);
      [[fallthrough]];
    case Place::kOld:
      out_.overlaps = packet_.payload_bytes > 0;
      CountRetransmission();
      break;
    case Place::kHole:
      if (self_.out_of_order != 0xffff) ++self_.out_of_order;
      break;
    case Place::kKeepAlive:
      out_.keep_alive = true;
      break;
    case Place::kNew:
      break;
  }
  if (Flag(kTcpAck)) OnAcknowledgment();
  flow_.Drop(kFlowResetPending);
  AdvanceState(place);
  if (Flag(kTcpFin)) OnFin();
  // Both ends have the other's FIN.
  if (flow_.phase == TcpPhase::kClosing && self_.ack == peer_.next &&
      peer_.ack == self_.next) {
    flow_.phase = TcpPhase::kTimeWait;
  }
}

void Step::OnAcknowledgment() {
  const uint32_t ack = packet_.tcp_acknowledgment;
  if (Knows(1 - side_, kNextKnown) && SequenceDistance(ack, peer_.next) > 0) {
    // The other direction was not all seen; follow it when it is plausible.
    Tell(FlowAnomaly::kAckUnseen);
    if (SequenceDistance(ack, peer_.next) > kMaxWindow) return;
  }
  if (!Knows(side_, kAckKnown) || SequenceDistance(ack, self_.ack) > 0) {
    self_.ack = ack;
    Learn(side_, kAckKnown);
  }
  self_.window = packet_.tcp_window;
}

void Step::AdvanceState(Place place) {
  switch (flow_.phase) {
    case TcpPhase::kNone:
      flow_.phase = TcpPhase::kMidstream;
      if (!FromOriginator()) Answer();
      return;
    case TcpPhase::kMidstream:
      if (!FromOriginator()) Answer();
      return;
    case TcpPhase::kSynSent:
      // The SYN-ACK was not seen: asymmetric routing or loss.
      if (!FromOriginator()) Answer();
      if (Flag(kTcpAck)) Establish();
      return;
    case TcpPhase::kSynReceived:
      if (!FromOriginator() || !Flag(kTcpAck) ||
          packet_.tcp_acknowledgment != peer_.next) {
        return;
      }
      SetHandshake(SinceHandshake());
      Learn(0, kRttKnown);
      Establish();
      return;
    case TcpPhase::kClosed:
      if (packet_.payload_bytes > 0 && place == Place::kNew) {
        Tell(FlowAnomaly::kDataAfterReset);
        flow_.phase = flow_.Has(kFlowEstablished) ? TcpPhase::kEstablished
                                                  : TcpPhase::kMidstream;
      }
      return;
    default:
      return;
  }
}

void Step::OnFin() {
  if (flow_.phase == TcpPhase::kClosed) return;
  flow_.Set(FromOriginator() ? kFlowFinOriginator : kFlowFinResponder);
  if (flow_.phase == TcpPhase::kTimeWait) return;
  const bool both =
      flow_.Has(kFlowFinOriginator) && flow_.Has(kFlowFinResponder);
  flow_.phase = both ? TcpPhase::kClosing : TcpPhase::kFinWait;
}

bool Step::IsExactReset() const {
  const uint32_t seq = packet_.tcp_sequence;
  const bool next_known = Knows(side_, kNextKnown);
  const bool ack_known = Knows(1 - side_, kAckKnown);
  if (next_known && seq == self_.next) return true;
  if (ack_known && seq == peer_.ack) return true;
  // Answers a segment without ACK (RFC 9293 3.10.7.1).
  return !next_known && !ack_known && Flag(kTcpAck) &&
         Knows(1 - side_, kNextKnown) &&
         packet_.tcp_acknowledgment == peer_.next;
}

bool Step::IsResetInWindow() const {
  uint32_t base = self_.next;
  if (Knows(1 - side_, kAckKnown)) {
    base = peer_.ack;
  } else if (!Knows(side_, kNextKnown)) {
    return true;
  }
  const int32_t distance = SequenceDistance(packet_.tcp_sequence, base);
  return distance >= 0 && distance < PeerWindow();
}

void Step::OnReset() {
  if ((packet_.marks & kMarkBadChecksum) != 0) {
    Tell(FlowAnomaly::kBadReset);
    return;
  }
  if (flow_.phase == TcpPhase::kClosed) return;
  bool exact = IsExactReset();
  if (flow_.phase == TcpPhase::kNone) {
    exact = true;
  } else if (flow_.phase == TcpPhase::kSynSent && !FromOriginator()) {
    const uint32_t ack = packet_.tcp_acknowledgment;
    exact = Flag(kTcpAck) && SequenceDistance(ack, flow_.isn) > 0 &&
            SequenceDistance(ack, peer_.next) <= 0;
    if (exact && !flow_.Has(kFlowRefused)) {
      flow_.Set(kFlowRefused);
      out_.refused = true;
    }
    if (!exact) {
      Tell(FlowAnomaly::kBadReset);
      return;
    }
  }
  if (!exact && !IsResetInWindow()) {
    Tell(FlowAnomaly::kBadReset);
    return;
  }
  if (!exact) {
    // Silence will prove it, or the peer's own reset.
    Tell(FlowAnomaly::kResetChallenge);
    flow_.Set(kFlowResetPending);
    return;
  }
  const bool finished =
      flow_.Has(kFlowFinOriginator) && flow_.Has(kFlowFinResponder);
  if (!finished) flow_.phase = TcpPhase::kClosed;
}

}  // namespace

const char* FlowAnomalyName(FlowAnomaly anomaly) {
  static constexpr const char* kNames[] = {
#define FLOW_ANOMALY(id, name) name,
#include "sensord/flow/flow_anomalies.def"
#undef FLOW_ANOMALY
  };
  return kNames[static_cast<size_t>(anomaly)];
}

bool BeginsNewConnection(const FlowEntry& flow, const Packet& packet,
                         bool from_originator) {
  if (IsBareSyn(packet.tcp_flags)) {
    const bool over = flow.phase == TcpPhase::kTimeWait ||
                      flow.phase == TcpPhase::kClosing ||
                      flow.phase == TcpPhase::kClosed;
    return over && (!from_originator || packet.tcp_sequence != flow.isn);
  }
  return IsSynAck(packet.tcp_flags) && !from_originator &&
         flow.Has(kFlowSynPending) && packet.tcp_acknowledgment == flow.isn + 1;
}

TcpOutcome TrackTcp(FlowEntry& flow, const Packet& packet,
                    bool from_originator) {
  return Step(flow, packet, from_originator).Run();
}

}  // namespace tapline
