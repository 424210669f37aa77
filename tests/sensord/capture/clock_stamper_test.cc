#include "sensord/capture/clock_stamper.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

namespace tapline {
namespace {

constexpr UnixNanos kStart = 1'700'000'000 * kSecondNanos;
constexpr UnixNanos kHour = 3600 * kSecondNanos;

class ClockStamperTest : public ::testing::Test {
 protected:
  UnixNanos Stamp(UnixNanos time) {
    Frame frame;
    frame.time = time;
    stamper_.Stamp(frame);
    last_ordinal_ = frame.ordinal;
    return frame.clock;
  }
  ClockStamper stamper_;
  uint64_t last_ordinal_ = 0;
};

TEST_F(ClockStamperTest, OrdinalsCountFramesFromZero) {
  Stamp(kStart);
  EXPECT_EQ(last_ordinal_, 0u);
  Stamp(kStart - kHour);
  EXPECT_EQ(last_ordinal_, 1u);
}

TEST_F(ClockStamperTest, ClockIsTheRunningMaximumOfTime) {
  EXPECT_EQ(Stamp(kStart), kStart);
  EXPECT_EQ(Stamp(kStart + 5), kStart + 5);
  EXPECT_EQ(Stamp(kStart + 3), kStart + 5);
  EXPECT_EQ(Stamp(kStart + 9), kStart + 9);
  EXPECT_EQ(stamper_.steps_back(), 0u);
}

TEST_F(ClockStamperTest, OneFrameFromTheFutureIsCountedAndMovesNothing) {
  Stamp(kStart);
  EXPECT_EQ(Stamp(kStart + 87600 * kHour), kStart);
  EXPECT_EQ(Stamp(kStart + 1), kStart + 1);
  EXPECT_EQ(Stamp(kStart + 87600 * kHour), kStart + 1);
  EXPECT_EQ(stamper_.jumps_forward(), 2u);
}

TEST_F(ClockStamperTest, ThirdFrameInARowConfirmsAJumpForward) {
  Stamp(kStart);
  EXPECT_EQ(Stamp(kStart + 2 * kHour), kStart);
  EXPECT_EQ(Stamp(kStart + 2 * kHour + 1), kStart);
  EXPECT_EQ(Stamp(kStart + 2 * kHour + 2), kStart + 2 * kHour + 2);
}

TEST_F(ClockStamperTest, JumpOfExactlyTheLimitNeedsNoConfirmation) {
  Stamp(kStart);
  EXPECT_EQ(Stamp(kStart + kHour), kStart + kHour);
  EXPECT_EQ(stamper_.jumps_forward(), 0u);
}

TEST_F(ClockStamperTest, StepsBackOverAMinuteAreCounted) {
  Stamp(kStart);
  EXPECT_EQ(Stamp(kStart - 60 * kSecondNanos), kStart);
  EXPECT_EQ(stamper_.steps_back(), 0u);
  EXPECT_EQ(Stamp(kStart - 60 * kSecondNanos - 1), kStart);
  EXPECT_EQ(stamper_.steps_back(), 1u);
}

TEST_F(ClockStamperTest, ClockGoesOnAfterTimeWasSetBackAnHour) {
  Stamp(kStart);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Stamp(kStart - kHour + i), kStart);
  EXPECT_EQ(Stamp(kStart - kHour + 7 * kSecondNanos),
            kStart + 7 * kSecondNanos - 2);
  EXPECT_EQ(stamper_.steps_back(), 3u);
}

TEST_F(ClockStamperTest, ShiftEndsWhenTimeIsRightAgain) {
  Stamp(kStart);
  for (int i = 0; i < 4; ++i) Stamp(kStart - kHour);
  EXPECT_EQ(Stamp(kStart + 5), kStart + 5);
  EXPECT_EQ(Stamp(kStart + 6), kStart + 6);
  EXPECT_EQ(stamper_.jumps_forward(), 0u);
}

TEST_F(ClockStamperTest, AlternatingSourcesAnHourApartDoNotDriveTheClock) {
  Stamp(kStart);
  for (int block = 0; block < 100; ++block) {
    for (int i = 0; i < 10; ++i) Stamp(kStart - kHour + block * 10 + i);
    for (int i = 0; i < 10; ++i) Stamp(kStart + block * 10 + i);
  }
  EXPECT_LT(stamper_.clock(), kStart + kSecondNanos);
}

TEST_F(ClockStamperTest, ClockFollowsTheWallOnAnIdleLinkButNeverBack) {
  stamper_.AdvanceIdle(kStart);
  EXPECT_EQ(stamper_.clock(), 0) << "before the first frame";
  Stamp(kStart);
  stamper_.AdvanceIdle(kStart + 10);
  EXPECT_EQ(stamper_.clock(), kStart + 10);
  stamper_.AdvanceIdle(kStart + 5);
  EXPECT_EQ(stamper_.clock(), kStart + 10);
}

TEST_F(ClockStamperTest, IdleLinkWithTheWallClockSetBackKeepsTicking) {
  Stamp(kStart);
  for (int i = 0; i < 100; ++i) {
    stamper_.AdvanceIdle(kStart - kHour + i * kMillisecondNanos);
  }
  EXPECT_EQ(stamper_.clock(), kStart + 97 * kMillisecondNanos);
  EXPECT_EQ(stamper_.steps_back(), 0u) << "counts frames only";
}

TEST_F(ClockStamperTest, TimesThatSwingByYearsDoNotDriveTheClockAway) {
  Stamp(kStart);
  for (int swing = 0; swing < 1000; ++swing) {
    for (int i = 0; i < 5; ++i) Stamp(kHour);
    for (int i = 0; i < 5; ++i) Stamp(kStart / 2);
  }
  EXPECT_EQ(stamper_.clock(), kStart);
}

TEST_F(ClockStamperTest, ClockStopsBeforeItOverflows) {
  for (int i = 0; i < 3; ++i) Stamp(ClockStamper::kMaxTime);
  UnixNanos time = 0;
  for (int i = 0; i < 4; ++i) Stamp(time);
  while (time < ClockStamper::kMaxTime - 2 * kHour) Stamp(time += kHour);
  EXPECT_EQ(stamper_.clock(), ClockStamper::kMaxClock);
}

// Sequences of honest and absurd times.
std::vector<UnixNanos> AbsurdTimes(uint32_t seed) {
  constexpr UnixNanos kExtremes[] = {0,
                                     -1,
                                     std::numeric_limits<UnixNanos>::min(),
                                     std::numeric_limits<UnixNanos>::max(),
                                     kStart - kHour,
                                     kStart + 87600 * kHour,
                                     ClockStamper::kMaxTime};
  std::mt19937 random(seed);
  std::vector<UnixNanos> times;
  UnixNanos now = kStart;
  while (times.size() < 2000) {
    const UnixNanos extreme = kExtremes[random() % 7];
    const size_t run = random() % 3 == 0 ? random() % 6 : 0;
    for (size_t i = 0; i < run; ++i) times.push_back(extreme);
    now += random() % kSecondNanos;
    times.push_back(now - random() % kSecondNanos);
  }
  return times;
}

TEST_F(ClockStamperTest, ClockNeverGoesBackWhateverTheTimes) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    ClockStamper stamper;
    UnixNanos before = 0;
    for (UnixNanos time : AbsurdTimes(seed)) {
      Frame frame;
      frame.time = time;
      stamper.Stamp(frame);
      ASSERT_GE(frame.clock, before) << "seed " << seed;
      ASSERT_LE(frame.clock, ClockStamper::kMaxClock);
      before = frame.clock;
    }
  }
}

TEST_F(ClockStamperTest, ClockNeverStandsStillForMoreThanAMinuteOfFrames) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    ClockStamper stamper;
    Frame frame;
    for (UnixNanos time : AbsurdTimes(seed)) {
      frame.time = time;
      stamper.Stamp(frame);
    }
    const UnixNanos stuck = frame.clock;
    for (int i = 0; i < 200; ++i) {
      frame.time = kStart + i * kSecondNanos;
      stamper.Stamp(frame);
    }
    EXPECT_GT(frame.clock, stuck) << "seed " << seed;
  }
}

}  // namespace
}  // namespace tapline
