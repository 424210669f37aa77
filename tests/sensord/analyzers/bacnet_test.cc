#include "sensord/analyzers/bacnet.h"

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

std::string Bvlc(uint8_t function, const std::string& rest) {
  return Hex("81") + Big8(function) + Big16(4 + rest.size()) + rest;
}
// To all networks, with hops.
const std::string kWhoIs = Bvlc(0x0b, Hex("01 20 ffff 00 ff 10 08"));
// Device 1234 of maker 260.
const std::string kIAm =
    Bvlc(0x0b, Hex("01 20 ffff 00 ff 10 00 c4 020004d2 22 01e0 91 00 22 0104"));
const std::string kReadProperty =
    Bvlc(0x0a, Hex("01 04 00 05 01 0c 0c 020004d2 19 4d"));

TEST(BacnetTest, DevicesSayThatTheyAreThere) {
  Conversation c(kUdp, 47808, 47808);
  c.Client(kWhoIs).Client(kIAm);
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "bacnet { message_type: \"unconfirmed_request\" service: 8 "
            "name: \"who_is\" messages: 1 }");
  EXPECT_EQ(c.Events()[1].ShortDebugString(),
            "bacnet { message_type: \"unconfirmed_request\" name: \"i_am\" "
            "device: 1234 vendor: 260 messages: 1 }");
  EXPECT_EQ(c.told().protocol, Protocol::kBacnet);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(BacnetTest, ServicesAreSummedUpAtTheEnd) {
  Conversation c(kUdp, 47808, 47808);
  for (int i = 0; i < 3; ++i) c.Client(kReadProperty);
  c.Server(Bvlc(0x0a, Hex("01 00 30 01 0c 0c 020004d2")));
  c.Server(Bvlc(0x0a, Hex("01 00 50 01 0c 91 02 91 20"))).End();
  ASSERT_THAT(c.Events(), SizeIs(4));
  EXPECT_EQ(c.Events()[1].bacnet().message_type(), "complex_ack");
  EXPECT_EQ(c.Events()[2].ShortDebugString(),
            "bacnet { message_type: \"error\" service: 12 "
            "name: \"read_property\" messages: 1 }");
  EXPECT_EQ(c.Events()[3].ShortDebugString(),
            "bacnet { message_type: \"confirmed_request\" service: 12 "
            "name: \"read_property\" ended: true messages: 3 }");
}

TEST(BacnetTest, NetworkAndForwardedMessages) {
  Conversation c(kUdp, 47808, 47808);
  c.Client(Bvlc(0x0b, Hex("01 80 00")));
  c.Client(Bvlc(0x04, Hex("c0a80001 bac0 01 00 10 08")));
  c.Client(Bvlc(0x05, Hex("003c")));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].bacnet().message_type(), "network");
  EXPECT_EQ(c.Events()[1].bacnet().name(), "who_is");
}

TEST(BacnetTest, ItIsKnownByItsHeadsOnAnyPort) {
  Conversation c(kUdp, 9999);
  c.Client(kReadProperty);
  EXPECT_EQ(c.told().protocol, Protocol::kBacnet);
  for (const std::string& other :
       {Bvlc(0x0a, Hex("02 04 00 05 01 0c")), Bvlc(0x0a, Hex("01 00 90 00")),
        Bvlc(0x0d, Hex("01 00 10 08")), kReadProperty + "x",
        Bvlc(0x05, Hex("003c"))}) {
    Conversation d(kUdp, 9999);
    d.Client(other);
    EXPECT_EQ(d.told().protocol, Protocol::kUnknown);
  }
}

TEST(BacnetTest, EachBrokenRuleIsAnAnomaly) {
  for (const char* rest : {"02 00 10 08", "01 20 ffff 09 00 10 08",
                           "01 08 0001 09 00", "01 00 a0 00", "01 00 00 05"}) {
    Conversation c(kUdp, 47808, 47808);
    c.Client(kWhoIs).Client(Bvlc(0x0a, Hex(rest)));
    EXPECT_THAT(c.told().anomalies, ElementsAre("bacnet.malformed")) << rest;
  }
}

TEST(BacnetTest, EveryTruncationIsNoMessage) {
  for (size_t size = 0; size < kIAm.size(); ++size) {
    Conversation c(kUdp, 47808, 47808);
    c.Client(kWhoIs).Client(kIAm.substr(0, size));
    EXPECT_THAT(c.Events(), SizeIs(1)) << size;
  }
}

TEST(BacnetTest, MoreUsesThanThereIsRoomForAreSaid) {
  Conversation c(kUdp, 47808, 47808);
  const auto use = [&c](int service) {
    c.Client(Bvlc(0x0a, Hex("01 00 00 05 01") + Big8(service)));
  };
  for (int service = 0; service < 64; ++service) use(service);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  use(64);
  EXPECT_THAT(c.Events(), SizeIs(64));
  EXPECT_THAT(c.told().anomalies, ElementsAre("bacnet.too_many_uses"));
}

}  // namespace
}  // namespace tapline::testing
