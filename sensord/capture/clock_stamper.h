// Gives every frame of a source its ordinal and clock, before any dispatch.
//
// The clock is the running maximum of packet time, guarded against lies: a jump
// forward by more than kMaxJump counts only when the next frames confirm it
// (kConfirmFrames in a row beyond the limit), so that one frame from the year
// 2036 does not expire every flow; until then those frames get the old clock.
// A step back never moves the clock; steps over kMaxStepBack are counted.
// The result depends only on the sequence of times: the same frames give the
// same stamps, from a file or replayed at any speed.

#ifndef TAPLINE_SENSORD_CAPTURE_CLOCK_STAMPER_H_
#define TAPLINE_SENSORD_CAPTURE_CLOCK_STAMPER_H_

#include <cstdint>

#include "common/ledger/ledger.h"
#include "sensord/capture/frame.h"

namespace tapline {

class ClockStamper {
 public:
  static constexpr UnixNanos kMaxJump = 3600 * kSecondNanos;
  static constexpr UnixNanos kMaxStepBack = 60 * kSecondNanos;
  static constexpr int kConfirmFrames = 3;

  // Fills clock and ordinal of `frame` from its time.
  void Stamp(Frame& frame) {
    frame.ordinal = next_ordinal_++;
    frame.clock = Advance(frame.time);
  }

  // Moves the clock on an idle link; never back.
  void AdvanceIdle(UnixNanos now) {
    if (started_ && now > clock_ && now - clock_ <= kMaxJump) clock_ = now;
  }

  UnixNanos clock() const { return clock_; }
  // Frames whose time was before the clock by more than kMaxStepBack.
  uint64_t steps_back() const { return steps_back_.Get(); }
  // Frames whose time was beyond the clock by more than kMaxJump.
  uint64_t jumps_forward() const { return jumps_forward_.Get(); }

 private:
  UnixNanos Advance(UnixNanos time) {
    if (!started_) {
      started_ = true;
      return clock_ = time;
    }
    if (time <= clock_) {
      pending_ = 0;
      if (clock_ - time > kMaxStepBack) steps_back_.Add();
      return clock_;
    }
    if (time - clock_ > kMaxJump) {
      jumps_forward_.Add();
      if (++pending_ < kConfirmFrames) return clock_;
    }
    pending_ = 0;
    return clock_ = time;
  }

  bool started_ = false;
  int pending_ = 0;
  UnixNanos clock_ = 0;
  uint64_t next_ordinal_ = 0;
  Counter steps_back_;
  Counter jumps_forward_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_CLOCK_STAMPER_H_
