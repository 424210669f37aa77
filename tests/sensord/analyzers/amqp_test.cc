#include "sensord/analyzers/amqp.h"

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

std::string Short(const std::string& text) { return Big8(text.size()) + text; }
std::string Long(const std::string& text) { return Big32(text.size()) + text; }

const std::string kHeader = "AMQP" + Hex("00 00 09 01");

// AMQP 0-9-1 2.3.5, on channel 0.
std::string Method(uint16_t method, const std::string& arguments) {
  const std::string body = Big16(10) + Big16(method) + arguments;
  return Hex("01 0000") + Long(body) + Hex("ce");
}

std::string Properties(const std::string& product) {
  return Long(Short("capabilities") + "F" + Long(Short("x") + "t" + Hex("01")) +
              Short("product") + "S" + Long(product) + Short("version") + "S" +
              Long("3.12"));
}

const std::string kStart =
    Method(10, Hex("00 09") + Properties("RabbitMQ") + Long("PLAIN AMQPLAIN") +
                   Long("en_US"));
const std::string kStartOk =
    Method(11, Properties("pika") + Short("PLAIN") +
                   Long(std::string("\0guest\0secret", 13)) + Short("en_US"));

TEST(AmqpTest, AConnectionIsToldWhenItIsOpen) {
  for (const size_t piece : {0u, 1u, 9u}) {
    Conversation c(kTcp, 5672);
    c.InPiecesOf(piece);
    c.Client(kHeader).Server(kStart).Client(kStartOk);
    c.Server(Method(30, Hex("07ff 00020000 003c")));
    c.Client(Method(31, Hex("07ff 00020000 003c")));
    c.Client(Method(40, Short("/") + Short("") + Hex("00")));
    c.Server(Method(41, Short("")));
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_EQ(c.Events()[0].ShortDebugString(),
              "amqp { version: \"0-9-1\" server: \"RabbitMQ 3.12\" "
              "client: \"pika 3.12\" mechanism: \"PLAIN\" "
              "virtual_host: \"/\" login: LOGIN_OUTCOME_SUCCEEDED "
              "heartbeat_seconds: 60 cleartext_password: true }");
    EXPECT_EQ(c.told().protocol, Protocol::kAmqp);
    EXPECT_FALSE(c.wants());
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(AmqpTest, ARefusalIsToldWithItsCode) {
  Conversation c(kTcp, 5672);
  c.Client(kHeader).Server(kStart).Client(kStartOk);
  c.Server(Method(50, Big16(403) + Short("ACCESS_REFUSED") + Big32(0)));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].amqp().login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_EQ(c.Events()[0].amqp().error_code(), 403u);
}

// AMQP 1.0 2.3: a list of fields, described.
std::string Frame1(uint8_t type, uint8_t code, const std::string& fields,
                   uint8_t count) {
  const std::string body = Hex("00 53") + Big8(code) + Hex("c0") +
                           Big8(fields.size() + 1) + Big8(count) + fields;
  return Big32(8 + body.size()) + Hex("02") + Big8(type) + Hex("0000") + body;
}

TEST(AmqpTest, Version1HasALayerOfSecurityBeforeTheConnection) {
  for (const size_t piece : {0u, 1u}) {
    Conversation c(kTcp, 5672);
    c.InPiecesOf(piece);
    c.Client("AMQP" + Hex("03 01 00 00")).Server("AMQP" + Hex("03 01 00 00"));
    c.Server(Frame1(1, 0x40, Hex("e0 02 01 a3") + Short("PLAIN"), 1));
    c.Client(
        Frame1(1, 0x41, Hex("a3") + Short("PLAIN") + Hex("a0 03") + "a b", 2));
    c.Server(Frame1(1, 0x44, Hex("50 00"), 1));
    c.Client("AMQP" + Hex("00 01 00 00"));
    c.Client(Frame1(
        0, 0x10,
        Hex("a1") + Short("sender-1") + Hex("a1") + Short("broker.example"),
        2));
    c.Server("AMQP" + Hex("00 01 00 00"));
    c.Server(Frame1(0, 0x10, Hex("a1") + Short("broker"), 1));
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_EQ(c.Events()[0].ShortDebugString(),
              "amqp { version: \"1.0\" mechanism: \"PLAIN\" "
              "virtual_host: \"broker.example\" container: \"sender-1\" "
              "login: LOGIN_OUTCOME_SUCCEEDED cleartext_password: true }");
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(AmqpTest, ASecretInTheMechanismsPlaceIsNotTold) {
  Conversation c(kTcp, 5672);
  c.Client(kHeader).Server(kStart);
  c.Client(Method(11, Properties("pika") + Short("AGFubgBodW50ZXIy") +
                          Long("") + Short("en_US")));
  c.Server(Method(50, Big16(403) + Short("ACCESS_REFUSED") + Big32(0)));
  Conversation d(kTcp, 5672);
  d.Client("AMQP" + Hex("03 01 00 00")).Server("AMQP" + Hex("03 01 00 00"));
  d.Client(Frame1(1, 0x41, Hex("a3") + Short("AGFubgBodW50ZXIy"), 1));
  d.Server(Frame1(1, 0x44, Hex("50 01"), 1));
  for (const Conversation* told : {&c, &d}) {
    ASSERT_THAT(told->Events(), SizeIs(1));
    EXPECT_EQ(told->Events()[0].amqp().mechanism(), "OTHER");
  }
}

TEST(AmqpTest, WhatFollowsTheHeaderOfTlsIsSomethingElse) {
  Conversation c(kTcp, 5672);
  c.Client("AMQP" + Hex("02 01 00 00")).Server("AMQP" + Hex("02 01 00 00"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].amqp().tls());
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kAmqp));
  EXPECT_TRUE(c.wants());
}

TEST(AmqpTest, ItIsKnownByItsHeaderOnAnyPort) {
  Conversation c(kTcp, 9999);
  c.InPiecesOf(1).Client(kHeader);
  EXPECT_EQ(c.told().protocol, Protocol::kAmqp);
  Conversation d(kTcp, 9999);
  d.Client("AMQP" + Hex("07 07 07 07"));
  EXPECT_EQ(d.told().protocol, Protocol::kUnknown);
}

TEST(AmqpTest, EachBrokenRuleEndsTheReading) {
  std::string end = kStart;
  end.back() = 0;
  const std::string broken[] = {
      end,                          // mark of the end
      Hex("09 0000 00000000 ce"),   // type
      Hex("01 0000 7fffffff"),      // size
      "AMQP" + Hex("07 07 07 07"),  // version
  };
  for (const std::string& frame : broken) {
    Conversation c(kTcp, 5672);
    c.Client(kHeader).Server(frame);
    EXPECT_THAT(c.told().anomalies, ElementsAre("amqp.malformed"));
    EXPECT_THAT(c.Events(), SizeIs(1));
    EXPECT_FALSE(c.wants());
  }
  for (const char* frame : {"00000007 02 00 0000", "00000010 01 00 0000",
                            "00000010 05 00 0000", "00000010 02 07 0000"}) {
    Conversation c(kTcp, 5672);
    c.Client("AMQP" + Hex("00 01 00 00")).Server(Hex(frame));
    EXPECT_THAT(c.told().anomalies, ElementsAre("amqp.malformed")) << frame;
  }
}

TEST(AmqpTest, EveryTruncationTellsNoServer) {
  for (size_t size = 0; size < kStart.size(); ++size) {
    Conversation c(kTcp, 5672);
    c.Client(kHeader).Server(kStart.substr(0, size)).End();
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_EQ(c.Events()[0].amqp().server(), "") << size;
  }
}

}  // namespace
}  // namespace tapline::testing
