#include "sensord/flow/tcp_tracker.h"

#include <algorithm>

#include "sensord/flow/tcp_step.h"

namespace tapline {

TcpOutcome TcpStep::Run() {
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

int64_t TcpStep::PeerWindow() const {
  const uint8_t scale = flow_.tcp_bits[1 - side_].window_scale;
  if (scale == kUnknownScale) return kMaxWindow;
  return static_cast<int64_t>(peer_.window) << scale;
}

bool TcpStep::IsBeyond(uint32_t end) const {
  if (SequenceDistance(end, self_.next) > kMaxWindow) return true;
  if (!Knows(1 - side_, kAckKnown)) return false;
  // Twice the window: its last update may have been missed.
  return SequenceDistance(end, peer_.ack) > 2 * PeerWindow() + 65536;
}

TcpPlace TcpStep::Advance(uint32_t length) {
  const uint32_t begin = packet_.tcp_sequence;
  const uint32_t end = begin + length;
  if (!Knows(side_, kNextKnown)) {
    self_.next = end;
    Learn(side_, kNextKnown);
    return TcpPlace::kNew;
  }
  const int32_t gap = SequenceDistance(begin, self_.next);
  if (gap == 0) {
    self_.next = end;
    return TcpPlace::kNew;
  }
  if (gap > 0) {
    if (IsBeyond(end)) return TcpPlace::kBeyond;
    self_.hole_begin = self_.next;
    self_.hole_end = begin;
    self_.next = end;
    return TcpPlace::kNew;
  }
  return length == 0 ? TcpPlace::kNew : AdvanceOld(end, gap);
}

TcpPlace TcpStep::AdvanceOld(uint32_t end, int32_t gap) {
  const uint32_t begin = packet_.tcp_sequence;
  if (SequenceDistance(end, self_.next) > 0) {
    if (IsBeyond(end)) return TcpPlace::kBeyond;
    self_.next = end;
    return TcpPlace::kOverlap;
  }
  if (self_.hole_begin != self_.hole_end &&
      SequenceDistance(begin, self_.hole_begin) >= 0 &&
      SequenceDistance(end, self_.hole_end) <= 0) {
    if (end == self_.hole_end) {
      self_.hole_end = begin;
    } else {
      self_.hole_begin = end;
    }
    return TcpPlace::kHole;
  }
  if (gap == -1 && packet_.payload_bytes == 1 && !Flag(kTcpFin)) {
    return TcpPlace::kKeepAlive;
  }
  return TcpPlace::kOld;
}

void TcpStep::OnSegment() {
  const TcpPlace place =
      Advance(packet_.payload_bytes + (Flag(kTcpFin) ? 1 : 0));
  switch (place) {
    case TcpPlace::kBeyond:
      Tell(FlowAnomaly::kOutOfWindow);
      return;
    case TcpPlace::kOverlap:
      Tell(FlowAnomaly::kOverlap);
      [[fallthrough]];
    case TcpPlace::kOld:
      out_.overlaps = packet_.payload_bytes > 0;
      CountRetransmission();
      break;
    case TcpPlace::kHole:
      if (self_.out_of_order != 0xffff) ++self_.out_of_order;
      break;
    case TcpPlace::kKeepAlive:
      out_.keep_alive = true;
      break;
    case TcpPlace::kNew:
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

// Of SYN-ACKs that differ the first stands until the client acknowledges the
// last one instead.
void TcpStep::ChooseSynAck() {
  if (flow_.phase != TcpPhase::kSynReceived || !FromOriginator()) return;
  const bool told = (flow_.anomalies &
                     1u << static_cast<int>(FlowAnomaly::kSynAckChanged)) != 0;
  if (!told || peer_.hole_begin != peer_.hole_end ||
      packet_.tcp_acknowledgment != peer_.hole_begin) {
    return;
  }
  peer_.next = peer_.hole_begin;
  peer_.hole_begin = peer_.hole_end = 0;
}

// RFC 5681 2: nothing new from the sender of the ACK, while the peer waits for
// an answer to something.
bool TcpStep::IsDuplicateAck() const {
  return packet_.payload_bytes == 0 && !Flag(kTcpFin) &&
         Knows(side_, kAckKnown) && Knows(1 - side_, kNextKnown) &&
         packet_.tcp_acknowledgment == self_.ack &&
         packet_.tcp_window == self_.window &&
         SequenceDistance(peer_.next, self_.ack) > 0;
}

void TcpStep::OnAcknowledgment() {
  ChooseSynAck();
  const uint32_t ack = packet_.tcp_acknowledgment;
  if (IsDuplicateAck() && self_.duplicate_acks != 0xffff) {
    ++self_.duplicate_acks;
  }
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

void TcpStep::AdvanceState(TcpPlace place) {
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
      if (packet_.payload_bytes > 0 && place == TcpPlace::kNew) {
        Tell(FlowAnomaly::kDataAfterReset);
        flow_.phase = flow_.Has(kFlowEstablished) ? TcpPhase::kEstablished
                                                  : TcpPhase::kMidstream;
      }
      return;
    default:
      return;
  }
}

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
    if (from_originator && packet.tcp_sequence == flow.isn) return false;
    if (flow.phase == TcpPhase::kClosed) return true;
    if (flow.phase != TcpPhase::kTimeWait && flow.phase != TcpPhase::kClosing) {
      return false;
    }
    // An old duplicate begins before the end of what was sent (RFC 9293 3.6.1).
    // If the server takes it all the same, its SYN-ACK will tell.
    return !from_originator ||
           SequenceDistance(packet.tcp_sequence, flow.tcp[0].next) >= 0;
  }
  return IsSynAck(packet.tcp_flags) && !from_originator &&
         flow.Has(kFlowSynPending) && packet.tcp_acknowledgment == flow.isn + 1;
}

TcpOutcome TrackTcp(FlowEntry& flow, const Packet& packet,
                    bool from_originator) {
  return TcpStep(flow, packet, from_originator).Run();
}

}  // namespace tapline
