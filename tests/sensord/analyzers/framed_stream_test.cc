#include "sensord/analyzers/framed_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// Messages of which the first byte is the size.
uint64_t Measure(Bytes begin) {
  return begin[0] == 0 ? FramedStream::kBroken : begin[0];
}

class Reader {
 public:
  explicit Reader(size_t max_head) : stream_(max_head) {}

  FramedStream::Result Add(const std::string& bytes) {
    return stream_.Add(ByteVector(bytes), Measure,
                       [this](Bytes head, uint64_t size) {
                         messages_.emplace_back(TextOf(head), size);
                         return head.size() < 2 || head[1] != '!';
                       });
  }
  FramedStream& stream() { return stream_; }
  const std::vector<std::pair<std::string, uint64_t>>& messages() const {
    return messages_;
  }

 private:
  FramedStream stream_;
  std::vector<std::pair<std::string, uint64_t>> messages_;
};

TEST(FramedStreamTest, MessagesComeWholeHoweverTheBytesAreCut) {
  const std::string bytes = "\4abc\2x\3yz";
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    Reader reader(16);
    for (size_t at = 0; at < bytes.size(); at += piece) {
      EXPECT_EQ(reader.Add(bytes.substr(at, piece)),
                FramedStream::Result::kTaken);
    }
    EXPECT_THAT(reader.messages(),
                ElementsAre(Pair("\4abc", 4), Pair("\2x", 2), Pair("\3yz", 3)));
    EXPECT_TRUE(reader.stream().idle());
  }
}

TEST(FramedStreamTest, OfALongMessageTheBeginningIsGivenAndTheRestSkipped) {
  const std::string bytes = std::string("\x40") + std::string(63, 'a') + "\2x";
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    Reader reader(4);
    for (size_t at = 0; at < bytes.size(); at += piece) {
      reader.Add(bytes.substr(at, piece));
      EXPECT_LE(reader.stream().MemoryBytes(), 64u);
    }
    EXPECT_THAT(reader.messages(), ElementsAre(Pair("\x40"
                                                    "aaa",
                                                    64),
                                               Pair("\2x", 2)));
  }
}

TEST(FramedStreamTest, AGapInWhatIsSkippedDoesNoHarm) {
  Reader reader(4);
  reader.Add(std::string("\x40") + std::string(9, 'a'));
  EXPECT_TRUE(reader.stream().Gap(50));
  reader.Add("aaaa\2x");
  EXPECT_THAT(reader.messages(), ElementsAre(Pair("\x40"
                                                  "aaa",
                                                  64),
                                             Pair("\2x", 2)));
}

TEST(FramedStreamTest, AGapBeyondItIsRefused) {
  Reader reader(4);
  EXPECT_FALSE(reader.stream().Gap(1));
  reader.Add(std::string("\x40") + std::string(9, 'a'));
  EXPECT_FALSE(reader.stream().Gap(55));
  Reader waits(8);
  waits.Add("\4a");
  EXPECT_FALSE(waits.stream().Gap(1));
}

TEST(FramedStreamTest, WhatHasNoSizeIsBroken) {
  Reader reader(4);
  EXPECT_EQ(reader.Add(std::string("\2x\0y", 4)),
            FramedStream::Result::kBroken);
  EXPECT_THAT(reader.messages(), ElementsAre(Pair("\2x", 2)));
}

TEST(FramedStreamTest, ThoseWhoStopAreToldHowMuchIsLeft) {
  Reader reader(4);
  EXPECT_EQ(reader.Add("\2x\2!abc"), FramedStream::Result::kStopped);
  EXPECT_EQ(reader.stream().rest(), 3u);
}

}  // namespace
}  // namespace tapline::testing
