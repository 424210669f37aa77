#include "sensord/flow/stream_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace tapline::testing {
namespace {

absl::Span<const uint8_t> Span(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// A side that begins at `first`, and everything it gave out: bytes as they are,
// a hole of n as "<n>".
class Side {
 public:
  explicit Side(uint32_t first) : first_(first) { side.Begin(first); }

  StreamDifference Add(uint32_t offset, const std::string& bytes,
                       uint32_t cut = 0) {
    const StreamDifference difference =
        side.Add(first_ + offset, Span(bytes),
                 static_cast<uint32_t>(bytes.size()) + cut);
    Drain();
    return difference;
  }
  void Flush() {
    side.Flush();
    Drain();
  }
  void Drain() {
    for (StreamRun run = side.Next(); !run.empty(); run = side.Next()) {
      EXPECT_EQ(run.offset, offset_);
      offset_ += run.bytes.size() + run.missing;
      if (run.missing > 0) {
        absl::StrAppend(&given, "<", run.missing, ">");
      } else {
        given.append(run.bytes.begin(), run.bytes.end());
        side.Remember(run);
      }
    }
  }

  StreamSide side;
  std::string given;

 private:
  const uint32_t first_;
  uint64_t offset_ = 0;
};

TEST(StreamSideTest, BytesInOrderPassThrough) {
  Side s(1000);
  s.Add(0, "abc");
  s.Add(3, "def");
  EXPECT_EQ(s.given, "abcdef");
  EXPECT_FALSE(s.side.holds());
}

TEST(StreamSideTest, AHoleHoldsWhatIsBehindIt) {
  Side s(1000);
  s.Add(3, "def");
  s.Add(9, "jkl");
  EXPECT_EQ(s.given, "");
  s.Add(0, "abc");
  EXPECT_EQ(s.given, "abcdef");
  s.Add(6, "ghi");
  EXPECT_EQ(s.given, "abcdefghijkl");
  EXPECT_FALSE(s.side.holds());
}

TEST(StreamSideTest, SequenceNumbersWrap) {
  Side s(0xfffffffe);
  s.Add(3, "def");
  s.Add(0, "abc");
  EXPECT_EQ(s.given, "abcdef");
}

TEST(StreamSideTest, TheSameBytesAgainAreNoDifference) {
  Side s(7);
  s.Add(0, "abcdef");
  EXPECT_FALSE(s.Add(0, "abcdef").found);
  EXPECT_FALSE(s.Add(2, "cdefgh").found);
  EXPECT_EQ(s.given, "abcdefgh");
}

TEST(StreamSideTest, OtherBytesInPlaceOfGivenOnesAreToldAndTheFirstCount) {
  Side s(7);
  s.Add(0, "abcdef");
  const StreamDifference d = s.Add(2, "cXefgh");
  EXPECT_TRUE(d.found);
  EXPECT_NE(d.first_hash, d.other_hash);
  EXPECT_EQ(s.given, "abcdefgh");
}

TEST(StreamSideTest, OtherBytesInPlaceOfHeldOnesAreToldAndTheFirstCount) {
  Side s(7);
  s.Add(3, "def");
  EXPECT_TRUE(s.Add(1, "bcXYZgh").found);
  s.Add(0, "a");
  EXPECT_EQ(s.given, "abcdefgh");
}

TEST(StreamSideTest, ASegmentOverSeveralHolesFillsOnlyThem) {
  Side s(7);
  s.Add(2, "c");
  s.Add(4, "e");
  EXPECT_TRUE(s.Add(0, "ABCDEF").found);
  EXPECT_EQ(s.given, "ABcDeF");
}

TEST(StreamSideTest, WhatWasGivenOutLongAgoIsNotCompared) {
  Side s(0);
  const std::string old(3 * StreamSide::kRecentBytes, 'a');
  s.Add(0, old);
  EXPECT_FALSE(s.Add(0, "b").found);
  EXPECT_TRUE(s.Add(static_cast<uint32_t>(old.size() - 1), "b").found);
}

TEST(StreamSideTest, ManyBytesBehindAHoleGiveItUp) {
  Side s(0);
  const std::string kilobyte(1024, 'x');
  uint32_t at = 10;
  for (size_t i = 0; i * 1024 < StreamSide::kMaxHeldBytes; ++i) {
    s.Add(at, kilobyte);
    at += 1024;
    EXPECT_EQ(s.given, "");
  }
  s.Add(at, "y");
  EXPECT_EQ(s.given.substr(0, 5), "<10>x");
  EXPECT_EQ(s.given.back(), 'y');
  EXPECT_LT(s.side.MemoryBytes(), 3 * StreamSide::kMaxHeldBytes);
}

TEST(StreamSideTest, ManyHolesGiveTheFirstUp) {
  Side s(0);
  for (uint32_t i = 0; i < StreamSide::kMaxHeldRuns; ++i) s.Add(2 * i + 1, "x");
  EXPECT_EQ(s.given, "");
  s.Add(2 * StreamSide::kMaxHeldRuns + 1, "x");
  EXPECT_EQ(s.given.substr(0, 4), "<1>x");
  EXPECT_TRUE(s.side.holds());
}

TEST(StreamSideTest, AnAcknowledgedHoleIsLostWhenMoreComes) {
  Side s(0);
  s.Add(3, "d");
  s.side.Acknowledge(4);
  s.Drain();
  EXPECT_EQ(s.given, "");
  s.Add(4, "e");
  EXPECT_EQ(s.given, "<3>de");
  s.Add(6, "g");
  EXPECT_EQ(s.given, "<3>de");
  s.Add(5, "f");
  EXPECT_EQ(s.given, "<3>defg");
}

TEST(StreamSideTest, TheEndGivesHolesUp) {
  Side s(0);
  s.Add(1, "b");
  s.Add(3, "d");
  s.Flush();
  EXPECT_EQ(s.given, "<1>b<1>d");
}

TEST(StreamSideTest, WhatTheSnapLengthCutIsAHole) {
  Side s(0);
  s.Add(0, "ab", 2);
  s.Add(4, "ef");
  EXPECT_EQ(s.given, "ab<2>ef");
  s.Add(9, "jk", 1);
  s.Add(12, "m");
  s.Add(6, "ghi");
  EXPECT_EQ(s.given, "ab<2>efghijk<1>m");
}

TEST(StreamSideTest, ASkippedByteIsNotPartOfTheStream) {
  Side s(0);
  s.Add(0, "ab");
  s.side.LeaveOut('!');
  s.Add(3, "cd");
  EXPECT_EQ(s.given, "abcd");
}

// Any order, any overlaps: what comes out is what was sent.
TEST(StreamSideTest, AnyOrderGivesTheStream) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::string sent;
    for (int i = 0; i < 200; ++i)
      sent += static_cast<char>('a' + random() % 26);
    std::vector<std::pair<uint32_t, uint32_t>> pieces;
    for (uint32_t at = 0; at < sent.size();) {
      const uint32_t size = 1 + random() % 20;
      const uint32_t begin = at - std::min<uint32_t>(at, random() % 4);
      pieces.push_back({begin, at + size - begin});
      at += size;
    }
    std::shuffle(pieces.begin(), pieces.end(), random);
    Side s(static_cast<uint32_t>(random()));
    for (const auto& [begin, size] : pieces) {
      EXPECT_FALSE(s.Add(begin, sent.substr(begin, size)).found);
    }
    ASSERT_EQ(s.given, sent) << "round " << round;
    EXPECT_FALSE(s.side.holds());
  }
}

}  // namespace
}  // namespace tapline::testing
