// Gives every frame of a source its ordinal and clock, before any dispatch.
//
// The clock is the running maximum of packet time, guarded against lies:
// - A jump forward by more than kMaxJump counts only when the next frames
//   confirm it (kConfirmFrames in a row beyond the limit), so that one frame
//   from the year 2036 does not expire every flow; until then those frames get
//   the old clock.
// - A step back never moves the clock; steps over kMaxStepBack are counted.
// - kConfirmFrames in a row that far back are a clock that was set back, or an
//   older file read after a newer one. The clock must not stand still until
//   they have caught up, so from there on it is packet time plus the distance:
//   it goes on from where it was, and what is dated by it is shifted by that
//   much. The shift ends when packet time itself reaches the clock again; until
//   then a confirmed jump forward changes the shift, not the clock, so that
//   times that swing back and forth do not drive the clock away.
// The result depends only on the sequence of times: the same frames give the
// same stamps, from a file or replayed at any speed.
//
// Thread safety: Stamp, AdvanceIdle and clock() from one thread; counts from
// any.

#ifndef TAPLINE_SENSORD_CAPTURE_CLOCK_STAMPER_H_
#define TAPLINE_SENSORD_CAPTURE_CLOCK_STAMPER_H_

#include <cstdint>
#include <limits>

#include "common/ledger/ledger.h"
#include "sensord/capture/frame.h"

namespace tapline {

class ClockStamper {
 public:
  static constexpr UnixNanos kMaxJump = 3600 * kSecondNanos;
  static constexpr UnixNanos kMaxStepBack = 60 * kSecondNanos;
  static constexpr int kConfirmFrames = 3;
  // Times outside 0..kMaxTime (1970 to 2116) are taken as the nearer end, so
  // that no difference of two clocks overflows.
  static constexpr UnixNanos kMaxTime =
      std::numeric_limits<UnixNanos>::max() / 2;
  // The clock of shifted times stops here (2189).
  static constexpr UnixNanos kMaxClock = kMaxTime / 2 * 3;

  // Fills clock and ordinal of `frame` from its time.
  void Stamp(Frame& frame) {
    frame.ordinal = next_ordinal_++;
    frame.clock = Advance(frame.time, true);
  }

  // Moves the clock on an idle link, by the same rules; never back. No effect
  // before the first frame.
  void AdvanceIdle(UnixNanos now) {
    if (started_) Advance(now, false);
  }

  UnixNanos clock() const { return clock_; }
  // Frames whose time was before the clock by more than kMaxStepBack.
  uint64_t steps_back() const { return steps_back_.Get(); }
  // Frames whose time was beyond the clock by more than kMaxJump.
  uint64_t jumps_forward() const { return jumps_forward_.Get(); }

 private:
  UnixNanos Advance(UnixNanos time, bool count) {
    if (time < 0) time = 0;
    if (time > kMaxTime) time = kMaxTime;
    if (!started_) {
      started_ = true;
      return clock_ = time;
    }
    if (shift_ != 0) {
      if (time >= clock_ - kMaxStepBack) {
        shift_ = 0;
      } else {
        time = time > kMaxClock - shift_ ? kMaxClock : time + shift_;
      }
    }
    if (time <= clock_) return StayAt(clock_ - time, count);
    behind_ = 0;
    if (time - clock_ > kMaxJump) {
      if (count) jumps_forward_.Add();
      if (++ahead_ < kConfirmFrames) return clock_;
      ahead_ = 0;
      if (shift_ != 0) {
        shift_ -= time - clock_;
        return clock_;
      }
    }
    ahead_ = 0;
    return clock_ = time;
  }

  UnixNanos StayAt(UnixNanos step_back, bool count) {
    ahead_ = 0;
    if (step_back <= kMaxStepBack) {
      behind_ = 0;
      return clock_;
    }
    if (count) steps_back_.Add();
    if (++behind_ == kConfirmFrames) {
      behind_ = 0;
      shift_ += step_back;
    }
    return clock_;
  }

  bool started_ = false;
  // Frames in a row beyond kMaxJump, and before kMaxStepBack.
  int ahead_ = 0;
  int behind_ = 0;
  UnixNanos clock_ = 0;
  // Added to packet time; at most clock_.
  UnixNanos shift_ = 0;
  uint64_t next_ordinal_ = 0;
  Counter steps_back_;
  Counter jumps_forward_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_CLOCK_STAMPER_H_
