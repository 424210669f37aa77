#include "sensord/analyzers/message_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tapline::testing {
namespace {

// Messages "<size digit><bytes>" of which two bytes are of interest.
std::string ReadIn(size_t piece, const std::string& text) {
  MessageReader in(16);
  std::string got;
  for (size_t at = 0; at < text.size(); at += piece) {
    const std::string part = text.substr(at, piece);
    const std::vector<uint8_t> bytes(part.begin(), part.end());
    in.Add(bytes);
    absl::Span<const uint8_t> head;
    while (in.Peek(1, &head)) {
      const size_t size = head[0] - '0';
      absl::Span<const uint8_t> message;
      if (!in.Peek(std::min<size_t>(size, 2) + 1, &message)) break;
      got.append(message.begin() + 1, message.end());
      got += ' ';
      in.Pass(size + 1);
    }
  }
  return got;
}

TEST(MessageReaderTest, EverySplitGivesTheSame) {
  const std::string text = "3abc01x9abcdefghi2yz";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    EXPECT_EQ(ReadIn(piece, text), "ab  x ab yz ") << piece;
  }
}

TEST(MessageReaderTest, WhatIsPassedOverNeedNotCome) {
  MessageReader in(16);
  const std::vector<uint8_t> bytes = {'a', 'b'};
  in.Add(bytes);
  in.Pass(100);
  absl::Span<const uint8_t> head;
  EXPECT_FALSE(in.Peek(1, &head));
  EXPECT_TRUE(in.Gap(98));
  EXPECT_FALSE(in.Gap(1));
  in.Add(bytes);
  EXPECT_TRUE(in.Peek(1, &head));
  EXPECT_EQ(in.rest(), 2u);
  in.Pass(1);
  EXPECT_EQ(in.rest(), 1u);
}

TEST(MessageReaderTest, NothingIsKeptOfWhatIsPassedOver) {
  MessageReader in(16);
  in.Pass(1 << 20);
  const std::vector<uint8_t> bytes(1 << 16);
  in.Add(bytes);
  absl::Span<const uint8_t> head;
  EXPECT_FALSE(in.Peek(1, &head));
  EXPECT_LT(in.MemoryBytes(), 32u);
}

}  // namespace
}  // namespace tapline::testing
