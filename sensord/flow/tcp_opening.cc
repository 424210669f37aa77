// Handshakes (RFC 9293 3.5), also simultaneous, repeated and forged ones.

#include <algorithm>

#include "sensord/flow/tcp_step.h"

namespace tapline {

void TcpStep::BeginSide() {
  self_.next = packet_.tcp_sequence + 1 + packet_.payload_bytes;
  self_.hole_begin = self_.hole_end =
      (packet_.marks & kMarkTimestamps) != 0 ? packet_.aux : 0;
  self_.window = packet_.tcp_window;
  Learn(side_, kNextKnown);
  flow_.tcp_bits[side_].window_scale =
      packet_.tcp_window_scale == 0xff
          ? 0
          : std::min<uint8_t>(packet_.tcp_window_scale, 14) & 15;
}

void TcpStep::Answer() {
  if (flow_.Has(kFlowAnswered)) return;
  flow_.Set(kFlowAnswered);
  out_.answered = true;
}

void TcpStep::Establish() {
  flow_.phase = TcpPhase::kEstablished;
  if (flow_.Has(kFlowEstablished)) return;
  flow_.Set(kFlowEstablished);
  out_.established = true;
}

void TcpStep::OnSyn() {
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

void TcpStep::OnSynOfOriginator() {
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
      StartHandshakeAnew();
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

void TcpStep::OnSynAck() {
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

void TcpStep::OnSynAckOfResponder() {
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
      // An empty hole, in place of the timestamp: the client's ACK says which
      // one it took.
      if (flow_.phase == TcpPhase::kSynReceived) {
        self_.hole_begin = self_.hole_end = packet_.tcp_sequence + 1;
      }
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

}  // namespace tapline
