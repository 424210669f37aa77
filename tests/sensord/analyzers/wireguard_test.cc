#include "sensord/analyzers/wireguard.h"

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

constexpr auto kUdp = Conversation::kUdp;

std::string Initiation(uint32_t sender) {
  return Little32(1) + Little32(sender) + std::string(140, '\x5a');
}
std::string Response(uint32_t sender, uint32_t receiver) {
  return Little32(2) + Little32(sender) + Little32(receiver) +
         std::string(80, '\x5a');
}
std::string Cookie(uint32_t receiver) {
  return Little32(3) + Little32(receiver) + std::string(56, '\x5a');
}
std::string Data(uint32_t receiver, uint64_t counter) {
  return Little32(4) + Little32(receiver) + Little(counter, 8) +
         std::string(32, '\x5a');
}

TEST(WireguardTest, AHandshakeIsToldWhenItIsAnswered) {
  Conversation c(kUdp, 51820);
  c.Client(Initiation(7));
  EXPECT_THAT(c.Events(), IsEmpty());
  c.Server(Response(9, 7)).Client(Data(9, 0)).Server(Data(7, 0)).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "wireguard { sender_index: 7 receiver_index: 9 answered: true "
            "rtt_ns: 1000000 }");
  EXPECT_EQ(c.told().protocol, Protocol::kWireguard);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(WireguardTest, EachNewKeyIsAnEvent) {
  Conversation c(kUdp, 51820);
  c.Client(Initiation(7)).Server(Response(9, 7));
  c.Server(Initiation(10)).Client(Response(8, 10));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[1].wireguard().receiver_index(), 8u);
}

TEST(WireguardTest, TriesAndTheCookieAreToldWithTheOutcome) {
  Conversation c(kUdp, 51820);
  c.Client(Initiation(7)).Server(Cookie(7)).Client(Initiation(8)).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "wireguard { sender_index: 8 cookie_reply: true retries: 1 }");
}

TEST(WireguardTest, AResponseToAnotherIsNone) {
  Conversation c(kUdp, 51820);
  c.Client(Initiation(7)).Server(Response(9, 6)).Client(Response(9, 7));
  EXPECT_THAT(c.Events(), IsEmpty());
}

TEST(WireguardTest, HandshakesAreKnownOnAnyPortAndDataOnItsOwn) {
  for (const std::string& message : {Initiation(1), Response(1, 2)}) {
    Conversation c(kUdp, 9999);
    c.Client(message);
    EXPECT_EQ(c.told().protocol, Protocol::kWireguard);
  }
  Conversation other(kUdp, 9999);
  other.Client(Data(1, 5));
  EXPECT_EQ(other.told().protocol, Protocol::kUnknown);
  Conversation own(kUdp, 51820);
  own.Client(Data(1, 5));
  EXPECT_EQ(own.told().protocol, Protocol::kWireguard);
  EXPECT_EQ(own.told().confidence, 60);
}

TEST(WireguardTest, NoOtherLengthIsBelieved) {
  const std::string whole = Initiation(1);
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kUdp, 51820);
    c.Client(whole.substr(0, size));
    EXPECT_EQ(c.told().basis, ProtocolBasis::kPortHint) << size;
  }
}

TEST(WireguardTest, EachBrokenRuleIsAnAnomaly) {
  const std::string broken[] = {
      Initiation(1) + "x",                      // length
      Data(1, 0) + "x",                         // not padded
      Hex("05000000") + std::string(60, 'x'),   // kind
      Hex("01010000") + std::string(144, 'x'),  // reserved
  };
  for (const std::string& message : broken) {
    Conversation c(kUdp, 51820);
    c.Client(Initiation(7)).Client(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("wireguard.malformed"));
  }
}

}  // namespace
}  // namespace tapline::testing
