#include "sensord/analyzers/dnp3.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
constexpr auto kUdp = Conversation::kUdp;

uint16_t Checksum(const std::string& bytes) {
  uint16_t crc = 0;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int i = 0; i < 8; ++i) {
      crc = static_cast<uint16_t>((crc & 1) != 0 ? (crc >> 1) ^ 0xa6bc
                                                 : crc >> 1);
    }
  }
  return static_cast<uint16_t>(~crc);
}

std::string Frame(uint16_t destination, uint16_t source,
                  const std::string& data) {
  std::string head = Hex("05 64") + Big8(5 + data.size()) + Hex("c4") +
                     Little16(destination) + Little16(source);
  head += Little16(Checksum(head));
  for (size_t at = 0; at < data.size(); at += 16) {
    const std::string block = data.substr(at, 16);
    head += block + Little16(Checksum(block));
  }
  return head;
}

// Transport, control, function, class 0 objects.
const std::string kRead = Frame(4, 3, Hex("c0 c1 01 3c 01 06"));
const std::string kAnswer =
    Frame(3, 4, Hex("c0 c1 81 0000") + std::string(30, '\0'));

TEST(Dnp3Test, TheHeaderOfThePrimerIsKnown) {
  Conversation c(kTcp, 9999);
  c.InPiecesOf(1).Client(Hex("0564 05c0 0100 0004 e921"));
  EXPECT_EQ(c.told().protocol, Protocol::kDnp3);
}

TEST(Dnp3Test, EachUseIsToldAtOnceAndSummedUpAtTheEnd) {
  for (const size_t piece : {0u, 1u, 7u}) {
    Conversation c(kTcp, 20000);
    c.InPiecesOf(piece);
    c.Client(kRead).Server(kAnswer).Client(kRead + kRead);
    c.Client(Frame(4, 3, Hex("c0 c2 05 0c 01")));
    c.Server(Frame(3, 4, Hex("c0 c2 81 00 04"))).End();
    ASSERT_THAT(c.Events(), SizeIs(6));
    EXPECT_EQ(c.Events()[0].ShortDebugString(),
              "dnp3 { source: 3 destination: 4 function: 1 name: \"read\" "
              "messages: 1 }");
    EXPECT_EQ(c.Events()[2].ShortDebugString(),
              "dnp3 { source: 3 destination: 4 function: 5 "
              "name: \"direct_operate\" control: true messages: 1 }");
    EXPECT_EQ(c.Events()[3].dnp3().messages(), 3u);
    EXPECT_EQ(c.Events()[4].ShortDebugString(),
              "dnp3 { source: 4 destination: 3 function: 129 "
              "name: \"response\" ended: true messages: 2 errors: 1 }");
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(Dnp3Test, DatagramsHoldWholeFrames) {
  Conversation c(kUdp, 20000);
  c.Client(kRead + kRead).Server(kAnswer).Client("junk that is no frame");
  EXPECT_THAT(c.Events(), SizeIs(2));
  EXPECT_THAT(c.told().anomalies, ElementsAre("dnp3.malformed"));
  EXPECT_TRUE(c.wants());
}

TEST(Dnp3Test, EachBrokenRuleIsAnAnomaly) {
  std::string sum = kRead;
  sum[8] ^= 1;
  Conversation c(kTcp, 20000);
  c.Client(kRead + sum);
  EXPECT_THAT(c.told().anomalies, ElementsAre("dnp3.checksum"));
  EXPECT_TRUE(c.wants());
  std::string length = kRead;
  length[2] = 4;
  std::string start = kRead;
  start[1] = 0x65;
  for (const std::string& frame : {length, start}) {
    Conversation d(kTcp, 20000);
    d.Client(kRead + frame);
    EXPECT_THAT(d.told().anomalies, ElementsAre("dnp3.malformed"));
    EXPECT_FALSE(d.wants());
  }
  Conversation d(kTcp, 9999);
  d.Client(sum);
  EXPECT_EQ(d.told().protocol, Protocol::kUnknown);
}

TEST(Dnp3Test, LinkFramesAndMiddlesOfMessagesAreNotTold) {
  Conversation c(kTcp, 20000);
  c.Client(Frame(4, 3, "")).Client(Frame(4, 3, Hex("01 c1 01 3c")));
  EXPECT_THAT(c.End().Events(), IsEmpty());
}

TEST(Dnp3Test, EveryTruncationTellsNothing) {
  for (size_t size = 0; size < kRead.size(); ++size) {
    Conversation c(kTcp, 20000);
    c.Client(kRead.substr(0, size)).End();
    EXPECT_THAT(c.Events(), IsEmpty()) << size;
  }
}

TEST(Dnp3Test, MoreUsesThanThereIsRoomForAreSaid) {
  Conversation c(kTcp, 20000);
  for (uint16_t station = 0; station < 64; ++station) {
    c.Client(Frame(station, 3, Hex("c0 c1 01 3c 01 06")));
  }
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  c.Client(Frame(64, 3, Hex("c0 c1 01 3c 01 06")));
  EXPECT_THAT(c.Events(), SizeIs(64));
  EXPECT_THAT(c.told().anomalies, ElementsAre("dnp3.too_many_uses"));
}

}  // namespace
}  // namespace tapline::testing
