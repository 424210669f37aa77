// Frames that come twice.

#include <gtest/gtest.h>

#include "fragment_pieces.h"
#include "tests/support/decode_harness.h"

namespace tapline::testing {
namespace {

constexpr UnixNanos kWindow = kMillisecondNanos;

DecoderOptions WithWindow() {
  DecoderOptions options;
  options.duplicate_window = kWindow;
  return options;
}

// The same datagram as any other but for its number.
Bytes Numbered(uint16_t n) {
  return Ipv4(kA, kB, 17, Udp(1000, n, Pattern(8)));
}

uint64_t Duplicates(const DecodeHarness& h) {
  EXPECT_EQ(h.Dropped(Anomaly::kFrameDuplicate),
            h.Count(Anomaly::kFrameDuplicate));
  return h.Dropped(Anomaly::kFrameDuplicate);
}

TEST(DuplicateTest, OffByDefault) {
  DecodeHarness h;
  EXPECT_EQ(h.DecodeIp(Numbered(1)).size(), 1u);
  EXPECT_EQ(h.DecodeIp(Numbered(1)).size(), 1u);
  EXPECT_EQ(Duplicates(h), 0u);
}

TEST(DuplicateTest, TheSecondWithinTheWindowIsDroppedAndCounted) {
  DecodeHarness h(WithWindow());
  EXPECT_EQ(h.DecodeIp(Numbered(1), 0).size(), 1u);
  EXPECT_EQ(h.DecodeIp(Numbered(1), kWindow).size(), 0u);
  EXPECT_TRUE(h.out.anomalies.empty());
  EXPECT_EQ(h.DecodeIp(Numbered(2), kWindow).size(), 1u);
  EXPECT_EQ(Duplicates(h), 1u);
}

TEST(DuplicateTest, WhatIsRepeatedForLongerIsSeenOnceAWindow) {
  DecodeHarness h(WithWindow());
  size_t seen = 0;
  for (int i = 0; i <= 40; ++i) {
    seen += h.DecodeIp(Numbered(1), i * kWindow / 4).size();
  }
  // At 0, 5, 10, ... quarters.
  EXPECT_EQ(seen, 9u);
  EXPECT_EQ(Duplicates(h), 32u);
}

TEST(DuplicateTest, OnlyTheSameBytesOfTheSameLength) {
  DecodeHarness h(WithWindow());
  const Bytes whole = Numbered(1);
  Bytes cut = whole;
  cut.pop_back();
  EXPECT_EQ(h.Decode(whole, 0, 101).size(), 1u);
  EXPECT_EQ(h.Decode(cut, 0, 101).size(), 1u);
  // Cut by the snap length: another size on the wire.
  EXPECT_EQ(h.Decode(cut, 0, 101, 100).size(), 1u);
  EXPECT_EQ(h.Decode(cut, 0, 101, 100).size(), 0u);
  EXPECT_EQ(Duplicates(h), 1u);
}

TEST(DuplicateTest, ManyFramesAtOnceAllowMissesAndNoMistake) {
  DecodeHarness h(WithWindow());
  constexpr int kFrames = 60'000;
  for (int i = 0; i < kFrames; ++i) {
    ASSERT_EQ(h.DecodeIp(Numbered(static_cast<uint16_t>(i))).size(), 1u) << i;
  }
  EXPECT_EQ(Duplicates(h), 0u);
  // The last ones are remembered, the first ones not.
  for (int i = kFrames - 100; i < kFrames; ++i) {
    h.DecodeIp(Numbered(static_cast<uint16_t>(i)));
  }
  EXPECT_GE(Duplicates(h), 90u);
}

TEST(DuplicateTest, AFragmentThatComesTwiceIsNoOverlap) {
  DecodeHarness h(WithWindow());
  const Bytes datagram = Udp(1000, 53, Pattern(8));
  h.DecodeIp(Piece(0, true, Part(datagram, 0, 8)));
  h.DecodeIp(Piece(0, true, Part(datagram, 0, 8)));
  h.DecodeIp(Piece(8, false, Part(datagram, 8, 16)));
  EXPECT_EQ(Duplicates(h), 1u);
  EXPECT_EQ(h.Count(Anomaly::kFragDuplicate), 0u);
}

}  // namespace
}  // namespace tapline::testing
