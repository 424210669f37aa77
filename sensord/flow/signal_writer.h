// Appends signals to a batch with their place in the total order.

#ifndef TAPLINE_SENSORD_FLOW_SIGNAL_WRITER_H_
#define TAPLINE_SENSORD_FLOW_SIGNAL_WRITER_H_

#include <cstdint>

#include "sensord/decode/packet.h"
#include "sensord/event/signal.h"
#include "sensord/flow/flow_entry.h"

namespace tapline {

inline constexpr uint8_t kPhaseTimer = 0;
inline constexpr uint8_t kPhaseFrame = 1;
// After the last frame: Finish.
inline constexpr uint8_t kPhaseEnd = 2;
// Signals of one layer of one frame have indexes from layer * this.
inline constexpr uint32_t kIndexesPerLayer = 1 << 16;

// Thread safety: single-threaded.
class SignalWriter {
 public:
  explicit SignalWriter(SignalBatch* batch) : batch_(batch) {}

  void AtPacket(const Packet& packet, UnixNanos clock) {
    clock_ = clock;
    phase_ = kPhaseFrame;
    tie_ = packet.ordinal;
    index_ = packet.layer * kIndexesPerLayer;
    layer_ = packet.layer;
  }
  void At(UnixNanos clock, uint8_t phase, uint64_t tie, uint32_t index) {
    clock_ = clock;
    phase_ = phase;
    tie_ = tie;
    index_ = index;
    layer_ = 0;
  }

  Signal& Add(SignalKind kind) {
    Signal& signal = batch_->signals.emplace_back();
    signal.clock = clock_;
    signal.phase = phase_;
    signal.tie = tie_;
    signal.index = index_++;
    signal.layer = layer_;
    signal.kind = kind;
    return signal;
  }

  Signal& Add(SignalKind kind, const FlowEntry& flow) {
    Signal& signal = Add(kind);
    signal.flow_id = flow.id;
    signal.ip_protocol = flow.ip_protocol;
    signal.originator = flow.originator;
    signal.responder = flow.responder;
    signal.originator_port = flow.originator_port;
    signal.responder_port = flow.responder_port;
    return signal;
  }

  SignalBatch& batch() { return *batch_; }
  UnixNanos clock() const { return clock_; }

 private:
  SignalBatch* batch_;
  UnixNanos clock_ = 0;
  uint64_t tie_ = 0;
  uint32_t index_ = 0;
  uint8_t phase_ = kPhaseFrame;
  uint8_t layer_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_SIGNAL_WRITER_H_
