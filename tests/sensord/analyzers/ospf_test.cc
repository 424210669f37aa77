#include "sensord/analyzers/ospf.h"

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

constexpr uint8_t kOspf = 89;

std::string Packet2(uint8_t type, const std::string& body,
                    uint16_t authentication = 0) {
  return Hex("02") + Big8(type) + Big16(24 + body.size()) +
         Hex("0a000001 00000000 0000") + Big16(authentication) +
         std::string(8, '\0') + body;
}
const std::string kHello2 =
    Hex("ffffff00 000a 12 01 00000028 c0a80001 c0a80002 0a000002 0a000003");

TEST(OspfTest, AHelloIsToldOnceAndWhenItChanges) {
  Conversation c(kOspf);
  for (int i = 0; i < 3; ++i) c.Client(Packet2(1, kHello2));
  c.Client(Packet2(1, kHello2.substr(0, 20)));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "ospf { version: 2 message_type: \"hello\" "
            "router_id: \"10.0.0.1\" area_id: \"0.0.0.0\" "
            "authentication: \"none\" hello_interval_seconds: 10 "
            "dead_interval_seconds: 40 priority: 1 "
            "designated_router: \"192.168.0.1\" "
            "backup_router: \"192.168.0.2\" neighbors: 2 }");
  EXPECT_EQ(c.told().protocol, Protocol::kOspf);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(OspfTest, OtherMessagesAreCounted) {
  Conversation c(kOspf);
  c.Client(Packet2(4, "update", 2)).Client(Packet2(4, "update", 2)).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "ospf { version: 2 message_type: \"link_state_update\" "
            "router_id: \"10.0.0.1\" area_id: \"0.0.0.0\" "
            "authentication: \"cryptographic\" messages: 2 }");
}

TEST(OspfTest, Version3) {
  Conversation c(kOspf);
  c.Client(
      Hex("03 01 0024 01010101 00000001 0000 00 00"
          "00000005 01 000013 000a 0028 00000000 00000000"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "ospf { version: 3 message_type: \"hello\" "
            "router_id: \"1.1.1.1\" area_id: \"0.0.0.1\" "
            "hello_interval_seconds: 10 dead_interval_seconds: 40 "
            "priority: 1 }");
}

TEST(OspfTest, APlainPasswordIsAnAnomaly) {
  Conversation c(kOspf);
  c.Client(Packet2(1, kHello2, 1));
  EXPECT_THAT(c.told().anomalies, ElementsAre("ospf.plain_password"));
}

TEST(OspfTest, EachBrokenRuleIsAnAnomaly) {
  std::string version = Packet2(1, kHello2);
  version[0] = 4;
  std::string type = Packet2(1, kHello2);
  type[1] = 6;
  std::string length = Packet2(1, kHello2);
  length[3] = 23;
  for (const std::string& packet : {version, type, length}) {
    Conversation c(kOspf);
    c.Client(packet);
    EXPECT_THAT(c.told().anomalies, ElementsAre("ospf.malformed"));
    EXPECT_THAT(c.Events(), IsEmpty());
  }
}

TEST(OspfTest, EveryTruncationIsAnAnomaly) {
  const std::string whole = Packet2(1, kHello2);
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kOspf);
    c.Client(whole.substr(0, size));
    EXPECT_THAT(c.told().anomalies, ElementsAre("ospf.malformed")) << size;
  }
}

}  // namespace
}  // namespace tapline::testing
