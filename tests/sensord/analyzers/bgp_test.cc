#include "sensord/analyzers/bgp.h"

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

std::string Message(uint8_t type, const std::string& body) {
  return std::string(16, '\xff') + Big16(19 + body.size()) + Big8(type) + body;
}

// RFC 4271 4.2, with the capabilities of RFC 5492: several protocols, route
// refresh, systems of four bytes (65536).
const std::string kOpen =
    Message(1, Hex("04 5ba0 00b4 0a000001 10 02 0e 01 04 00010001 02 00"
                   "41 04 00010000"));
const std::string kKeepalive = Message(4, "");
// One prefix withdrawn, one attribute, two announced.
const std::string kUpdate =
    Message(2, Hex("0004 18 0a0001 0004 40 01 01 00 10 c0a8 20 c0000201"));

TEST(BgpTest, ASessionIsToldFromOpenToNotification) {
  for (const size_t piece : {0u, 1u, 20u}) {
    Conversation c(kTcp, 179);
    c.InPiecesOf(piece);
    c.Client(kOpen).Server(kOpen + kKeepalive).Client(kKeepalive + kUpdate);
    c.Client(kUpdate).Server(Message(3, Hex("06 02"))).End();
    ASSERT_THAT(c.Events(), SizeIs(5));
    EXPECT_EQ(c.Events()[0].ShortDebugString(),
              "bgp { message_type: \"open\" from_originator: true "
              "autonomous_system: 65536 router_id: \"10.0.0.1\" "
              "hold_time_seconds: 180 capabilities: \"1,2,65\" }");
    EXPECT_FALSE(c.Events()[1].bgp().from_originator());
    EXPECT_EQ(c.Events()[2].ShortDebugString(),
              "bgp { message_type: \"notification\" error_code: 6 "
              "error_subcode: 2 }");
    EXPECT_EQ(c.Events()[3].ShortDebugString(),
              "bgp { message_type: \"summary\" from_originator: true "
              "updates: 2 announced_prefixes: 4 withdrawn_prefixes: 2 "
              "keepalives: 1 }");
    EXPECT_EQ(c.Events()[4].bgp().keepalives(), 1u);
    EXPECT_EQ(c.told().protocol, Protocol::kBgp);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(BgpTest, ItIsKnownByItsMarkerOnAnyPort) {
  Conversation c(kTcp, 9999);
  c.InPiecesOf(1).Client(kOpen);
  EXPECT_EQ(c.told().protocol, Protocol::kBgp);
  Conversation d(kTcp, 9999);
  d.Client(std::string(16, '\xff') + Big16(18) + Hex("01"));
  EXPECT_EQ(d.told().protocol, Protocol::kUnknown);
}

TEST(BgpTest, AMessageLongerThanIsOfInterestIsPassedOver) {
  Conversation c(kTcp, 179);
  c.Client(kOpen);
  c.Client(Message(2, Hex("0000 fff0") + std::string(60000, 'x')) + kUpdate);
  c.End();
  EXPECT_EQ(c.Events()[1].bgp().updates(), 2u);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  EXPECT_LT(c.peak_memory(), 8192u);
}

TEST(BgpTest, EachBrokenRuleIsAnAnomaly) {
  std::string marker = kKeepalive;
  marker[3] = 0;
  const std::string ends[] = {
      marker,
      Message(6, ""),
      Message(0, ""),
      std::string(16, '\xff') + Big16(18) + Hex("04"),
  };
  for (const std::string& message : ends) {
    Conversation c(kTcp, 179);
    c.Client(kOpen + message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("bgp.malformed"));
    EXPECT_FALSE(c.wants());
  }
  const std::string goes_on[] = {
      Message(1, Hex("04 5ba0 00b4 0a0000")),  // open too short
      Message(1, Hex("04 5ba0 00b4 0a000001 04 02 09 01 04")),  // capability
      Message(1, Hex("04 5ba0 00b4 0a000001 01")),              // no parameters
      Message(2, Hex("0009 18")),                               // withdrawn
      Message(2, Hex("0000 0009 40")),                          // attributes
  };
  for (const std::string& message : goes_on) {
    Conversation c(kTcp, 179);
    c.Client(kKeepalive + message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("bgp.malformed"));
    EXPECT_TRUE(c.wants());
  }
}

TEST(BgpTest, EveryTruncationOfAnOpenTellsNothing) {
  for (size_t size = 0; size < kOpen.size(); ++size) {
    Conversation c(kTcp, 179);
    c.Client(kOpen.substr(0, size)).End();
    EXPECT_THAT(c.Events(), IsEmpty()) << size;
  }
}

TEST(BgpTest, AGapEndsTheReadingWithWhatWasCounted) {
  Conversation c(kTcp, 179);
  c.Client(kOpen + kUpdate).Gap(true, 10);
  EXPECT_THAT(c.Events(), SizeIs(2));
  EXPECT_FALSE(c.wants());
}

}  // namespace
}  // namespace tapline::testing
