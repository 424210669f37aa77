#include "sensord/analyzers/range_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>

namespace tapline::testing {
namespace {

using Result = RangeBuffer::Result;

Bytes BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
Result Add(RangeBuffer& buffer, uint64_t offset, const std::string& text) {
  return buffer.Add(offset, BytesOf(text));
}

TEST(RangeBufferTest, PiecesInAnyOrderGiveTheWhole) {
  const std::string whole = "abcdefghij";
  size_t order[] = {0, 1, 2, 3, 4};
  do {
    RangeBuffer buffer(100);
    for (const size_t i : order) {
      // Each overlaps its neighbours by one.
      const size_t begin = i == 0 ? 0 : 2 * i - 1;
      EXPECT_EQ(Add(buffer, begin, whole.substr(begin, 3)), Result::kAdded);
    }
    EXPECT_EQ(TextOf(buffer.Ready()), "abcdefghij");
  } while (std::next_permutation(std::begin(order), std::end(order)));
}

TEST(RangeBufferTest, ReadyStopsAtTheFirstHole) {
  RangeBuffer buffer(100);
  Add(buffer, 2, "cd");
  EXPECT_TRUE(buffer.Ready().empty());
  Add(buffer, 0, "a");
  EXPECT_EQ(TextOf(buffer.Ready()), "a");
  Add(buffer, 1, "b");
  EXPECT_EQ(TextOf(buffer.Ready()), "abcd");
}

TEST(RangeBufferTest, WhereTwoDisagreeTheFirstStands) {
  RangeBuffer buffer(100);
  Add(buffer, 2, "CD");
  Add(buffer, 6, "GH");
  EXPECT_EQ(Add(buffer, 0, "abxdefxh"), Result::kDiffers);
  EXPECT_EQ(TextOf(buffer.Ready()), "abCDefGH");
  EXPECT_EQ(Add(buffer, 0, "abCDefGH"), Result::kAdded);
}

TEST(RangeBufferTest, TooFarAndTooManyAreRefused) {
  RangeBuffer buffer(200);
  EXPECT_EQ(Add(buffer, 199, "xy"), Result::kTooFar);
  EXPECT_EQ(Add(buffer, uint64_t{1} << 62, "x"), Result::kTooFar);
  EXPECT_EQ(Add(buffer, 201, "x"), Result::kTooFar);
  for (size_t i = 0; i < RangeBuffer::kMaxRanges; ++i) {
    EXPECT_EQ(Add(buffer, 2 * i + 1, "x"), Result::kAdded);
  }
  EXPECT_EQ(Add(buffer, 190, "x"), Result::kTooMany);
  // What closes a hole is welcome.
  EXPECT_EQ(Add(buffer, 2, "y"), Result::kAdded);
  EXPECT_EQ(Add(buffer, 190, "x"), Result::kAdded);
}

TEST(RangeBufferTest, TheBeginningIsTakenThoughManyWait) {
  RangeBuffer buffer(200);
  for (size_t i = 0; i < RangeBuffer::kMaxRanges; ++i) {
    EXPECT_EQ(Add(buffer, 2 * i + 10, "x"), Result::kAdded);
  }
  EXPECT_EQ(Add(buffer, 0, "hello"), Result::kAdded);
  EXPECT_EQ(TextOf(buffer.Ready()), "hello");
  EXPECT_EQ(Add(buffer, 190, "x"), Result::kTooMany);
}

TEST(RangeBufferTest, BackwardsItIsTheSame) {
  for (const size_t size : {1u, 3u, 7u}) {
    std::string whole;
    for (size_t i = 0; i < 700; ++i) whole += static_cast<char>('a' + i % 26);
    RangeBuffer buffer(1000);
    for (size_t at = whole.size() / size * size; at + size > size; at -= size) {
      EXPECT_EQ(Add(buffer, at - size, whole.substr(at - size, size)),
                Result::kAdded);
    }
    EXPECT_EQ(TextOf(buffer.Ready()), whole.substr(0, 700 / size * size));
    EXPECT_LE(buffer.MemoryBytes(), 4 * whole.size());
  }
}

TEST(RangeBufferTest, WhatIsHeldIsWhatCame) {
  RangeBuffer buffer(1 << 16);
  Add(buffer, 65000, "x");
  EXPECT_LE(buffer.MemoryBytes(), 100u);
  Add(buffer, 32000, std::string(100, 'y'));
  Add(buffer, 0, std::string(100, 'z'));
  EXPECT_GE(buffer.MemoryBytes(), 200u);
  EXPECT_LE(buffer.MemoryBytes(), 1000u);
  Add(buffer, 100, std::string(64900, 'z'));
  EXPECT_EQ(buffer.Ready().size(), 65001u);
  EXPECT_EQ(buffer.Ready().back(), 'x');
}

TEST(RangeBufferTest, ClearedItBeginsAnew) {
  RangeBuffer buffer(100);
  Add(buffer, 0, "abc");
  buffer.Clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.MemoryBytes(), 0u);
  Add(buffer, 0, "x");
  EXPECT_EQ(TextOf(buffer.Ready()), "x");
}

}  // namespace
}  // namespace tapline::testing
