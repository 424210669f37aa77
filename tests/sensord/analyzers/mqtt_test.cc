#include "sensord/analyzers/mqtt.h"

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

std::string Text(const std::string& text) { return Big16(text.size()) + text; }

// A control packet shorter than 128 bytes.
std::string Packet(uint8_t head, const std::string& body) {
  return Big8(head) + Big8(body.size()) + body;
}

// mqtt-v3.1.1 3.1: user name, password, clean session.
std::string Connect(const std::string& id = "pump-7") {
  return Packet(0x10, Text("MQTT") + Hex("04 c2 003c") + Text(id) +
                          Text("user") + Text("secret"));
}

const std::string kAccepted = Hex("20 02 00 00");

TEST(MqttTest, AConnectionIsToldWhenAnsweredAndWhenItEnds) {
  for (const size_t piece : {0u, 1u, 3u}) {
    Conversation c(kTcp, 1883);
    c.InPiecesOf(piece);
    c.Client(Connect()).Server(kAccepted);
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_EQ(c.Events()[0].ShortDebugString(),
              "mqtt { version: \"3.1.1\" client_id: \"pump-7\" "
              "keep_alive_seconds: 60 clean_start: true has_user_name: true "
              "has_password: true login: LOGIN_OUTCOME_SUCCEEDED "
              "cleartext_password: true }");
    c.Client(Packet(
        0x82, Hex("0001") + Text("a/+") + Hex("00") + Text("#") + Hex("01")));
    c.Server(Hex("90 04 0001 00 01"));
    c.Server(Packet(0x30, Text("a/b") + "21.5"));
    c.Client(Packet(0x30, Text("a/c") + "on") + Packet(0x30, Text("a/b")));
    c.Client(Hex("e0 00")).End();
    ASSERT_THAT(c.Events(), SizeIs(2));
    EXPECT_EQ(c.Events()[1].ShortDebugString(),
              "mqtt { version: \"3.1.1\" client_id: \"pump-7\" "
              "keep_alive_seconds: 60 clean_start: true has_user_name: true "
              "has_password: true login: LOGIN_OUTCOME_SUCCEEDED ended: true "
              "published_by_client: 2 published_by_server: 1 subscriptions: 2 "
              "topics: 2 subscribed_to_all: true cleartext_password: true }");
    EXPECT_EQ(c.told().protocol, Protocol::kMqtt);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(MqttTest, Version5HasPropertiesAndReasons) {
  Conversation c(kTcp, 1883);
  c.Client(Packet(0x10,
                  Text("MQTT") + Hex("05 00 000a 05 11 00000010") + Text("x")));
  c.Server(Hex("20 03 00 87 00"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "mqtt { version: \"5.0\" client_id: \"x\" keep_alive_seconds: 10 "
            "login: LOGIN_OUTCOME_FAILED return_code: 135 }");
  c.Client(Packet(0x82, Hex("0001 00") + Text("t") + Hex("00"))).End();
  EXPECT_EQ(c.Events()[1].mqtt().subscriptions(), 1u);
}

TEST(MqttTest, ClientIdsOfDevicesAreMasked) {
  Conversation c(kTcp, 1883);
  c.Client(Connect("3c22fb1020305060708090a0")).Server(kAccepted);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].mqtt().client_id(), "3***");
}

TEST(MqttTest, ItIsKnownByItsNameOnAnyPort) {
  for (const std::string name : {"MQTT", "MQIsdp"}) {
    const std::string connect =
        Packet(0x10, Text(name) + Hex("03 02 003c") + Text("id"));
    Conversation c(kTcp, 9999);
    c.InPiecesOf(1).Client(connect);
    EXPECT_EQ(c.told().protocol, Protocol::kMqtt);
  }
  Conversation c(kTcp, 9999);
  c.Client(Packet(0x10, Text("MQTX") + Hex("04 02 003c") + Text("id")));
  EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
}

TEST(MqttTest, LongMessagesArePassedOver) {
  Conversation c(kTcp, 1883);
  c.Client(Connect()).Server(kAccepted);
  // 65536 bytes, in three of length.
  const std::string head = Hex("30 80 80 04") + Text("big");
  c.Client(head + std::string(65536 - 5, 'x'));
  c.Client(head + std::string(4000, 'x')).Gap(true, 65536 - 4005);
  c.Client(Packet(0x30, Text("small"))).End();
  EXPECT_EQ(c.Events()[1].mqtt().published_by_client(), 3u);
  EXPECT_EQ(c.Events()[1].mqtt().topics(), 2u);
  EXPECT_LT(c.peak_memory(), 8192u);
}

TEST(MqttTest, AGapBetweenMessagesEndsTheReading) {
  Conversation c(kTcp, 1883);
  c.Client(Connect()).Server(kAccepted).Gap(true, 1);
  EXPECT_THAT(c.Events(), SizeIs(2));
  EXPECT_FALSE(c.wants());
}

TEST(MqttTest, EachBrokenRuleEndsTheReading) {
  const std::string broken[] = {
      Hex("30 80 80 80 80 01"),  // length of five bytes
      Hex("00 00"),              // type 0
  };
  for (const std::string& message : broken) {
    Conversation c(kTcp, 1883);
    c.Client(Connect()).Server(kAccepted).Client(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("mqtt.malformed"));
    EXPECT_FALSE(c.wants());
  }
  // A client identifier that ends behind the message.
  Conversation c(kTcp, 1883);
  c.Client(Packet(0x10, Text("MQTT") + Hex("04 02 003c 0009") + "short"));
  EXPECT_THAT(c.told().anomalies, ElementsAre("mqtt.malformed"));
  EXPECT_THAT(c.Events(), IsEmpty());
}

TEST(MqttTest, ASecondConnectIsAnAnomaly) {
  Conversation c(kTcp, 1883);
  c.Client(Connect()).Server(kAccepted).Client(Connect("other"));
  EXPECT_THAT(c.told().anomalies, ElementsAre("mqtt.second_connect"));
}

TEST(MqttTest, EveryTruncationTellsNoConnection) {
  const std::string whole = Connect();
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kTcp, 1883);
    c.Client(whole.substr(0, size)).End();
    EXPECT_THAT(c.Events(), IsEmpty()) << size;
    EXPECT_THAT(c.told().anomalies, IsEmpty()) << size;
  }
}

}  // namespace
}  // namespace tapline::testing
