#include "sensord/analyzers/openvpn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;
constexpr auto kTcp = Conversation::kTcp;

const std::string kSession = Hex("0102030405060708");
const std::string kReplay = Hex("00000001 65000000");
const std::string kEnd = Hex("00 00000000");

std::string Plain(uint8_t opcode) {
  return Big8(opcode << 3) + kSession + kEnd;
}
std::string Signed(size_t digest) {
  return Big8(7 << 3) + kSession + std::string(digest, '\x5a') + kReplay + kEnd;
}
std::string Encrypted(uint8_t opcode, size_t more) {
  return Big8(opcode << 3) + kSession + kReplay + std::string(37 + more, 'x');
}
const std::string kAnswer =
    Hex("40") + kSession + Hex("01 00000000") + kSession + Hex("00000000");

TEST(OpenvpnTest, EachProtectionIsKnownOnAnyPort) {
  const std::pair<std::string, std::string> cases[] = {
      {Plain(7), "none"},
      {Signed(16), "auth"},
      {Signed(20), "auth"},
      {Signed(32), "auth"},
      {Signed(64), "auth"},
      {Encrypted(7, 0), "crypt"},
      {Encrypted(10, 300), "crypt-v2"},
  };
  for (const auto& [reset, protection] : cases) {
    Conversation c(kUdp, 9999);
    c.Client(reset).Server(kAnswer);
    ASSERT_THAT(c.Events(), SizeIs(1)) << protection;
    EXPECT_EQ(c.Events()[0].openvpn().control_protection(), protection);
    EXPECT_TRUE(c.Events()[0].openvpn().answered());
    EXPECT_EQ(c.Events()[0].openvpn().rtt_ns(), 1000000u);
    EXPECT_EQ(c.told().protocol, Protocol::kOpenvpn);
    EXPECT_FALSE(c.wants());
  }
}

TEST(OpenvpnTest, OnTcpPacketsAreFramed) {
  for (const size_t piece : {0u, 1u, 5u}) {
    Conversation c(kTcp, 9999);
    c.InPiecesOf(piece);
    c.Client(Big16(42) + Signed(20)).Server(Big16(kAnswer.size()) + kAnswer);
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    EXPECT_EQ(c.Events()[0].openvpn().control_protection(), "auth");
  }
}

TEST(OpenvpnTest, NobodyAnswered) {
  Conversation c(kUdp, 1194);
  c.Client(Plain(7)).Client(Plain(7)).Client(Plain(7)).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "openvpn { control_protection: \"none\" retries: 2 }");
}

TEST(OpenvpnTest, DataIsBelievedOnItsPortOnlyAndNotReadForLong) {
  const std::string data = Hex("48") + std::string(100, 'x');
  Conversation other(kUdp, 9999);
  other.Client(data);
  EXPECT_EQ(other.told().protocol, Protocol::kUnknown);
  Conversation own(kUdp, 1194);
  for (int i = 0; i < 64; ++i) own.Client(data);
  EXPECT_EQ(own.told().protocol, Protocol::kOpenvpn);
  EXPECT_FALSE(own.wants());
}

TEST(OpenvpnTest, EachBrokenRuleIsNoReset) {
  std::string acknowledged = Plain(7);
  acknowledged[9] = 1;
  std::string second = Plain(7);
  second[13] = 1;
  std::string key = Plain(7);
  key[0] |= 1;
  std::string time = Signed(20);
  time[33] = 0;
  for (const std::string& packet :
       {acknowledged, second, key, time, Signed(21), Plain(7) + "x"}) {
    Conversation c(kUdp, 9999);
    c.Client(packet);
    EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
  }
}

TEST(OpenvpnTest, NoTruncationIsAReset) {
  const std::string whole = Signed(32);
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kUdp, 9999);
    c.Client(whole.substr(0, size)).End();
    EXPECT_THAT(c.Events(), IsEmpty()) << size;
  }
}

TEST(OpenvpnTest, AGapOnTcpEndsTheReading) {
  Conversation c(kTcp, 1194);
  c.Client(Big16(14) + Plain(7)).Gap(false, 10);
  EXPECT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.wants());
}

}  // namespace
}  // namespace tapline::testing
