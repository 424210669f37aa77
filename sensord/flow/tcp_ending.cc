// FINs, and resets that count only when they are exact (RFC 5961 3).

#include "sensord/flow/tcp_step.h"

namespace tapline {

void TcpStep::OnFin() {
  if (flow_.phase == TcpPhase::kClosed) return;
  flow_.Set(FromOriginator() ? kFlowFinOriginator : kFlowFinResponder);
  if (flow_.phase == TcpPhase::kTimeWait) return;
  const bool both =
      flow_.Has(kFlowFinOriginator) && flow_.Has(kFlowFinResponder);
  flow_.phase = both ? TcpPhase::kClosing : TcpPhase::kFinWait;
}

bool TcpStep::IsExactReset() const {
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

bool TcpStep::IsResetInWindow() const {
  uint32_t base = self_.next;
  if (Knows(1 - side_, kAckKnown)) {
    base = peer_.ack;
  } else if (!Knows(side_, kNextKnown)) {
    return true;
  }
  const int32_t distance = SequenceDistance(packet_.tcp_sequence, base);
  return distance >= 0 && distance < PeerWindow();
}

void TcpStep::OnReset() {
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

}  // namespace tapline
