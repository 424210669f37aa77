#include "sensord/analyzers/stun.h"

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
constexpr auto kTcp = Conversation::kTcp;

std::string Attribute(uint16_t type, const std::string& value) {
  return Big16(type) + Big16(value.size()) + value +
         std::string((4 - value.size() % 4) % 4, '\0');
}

std::string Message(uint16_t type, const std::string& attributes,
                    const std::string& id = "transaction1",
                    const std::string& cookie = Hex("2112a442")) {
  return Big16(type) + Big16(attributes.size()) + cookie + id + attributes;
}

// 192.0.2.1:32853 under the cookie (RFC 5769 2.2).
const std::string kMapped = Attribute(0x0020, Hex("0001 a147 e112a643"));

TEST(StunTest, TheExampleOfTheRfcIsRead) {
  // RFC 5769 2.1 and 2.2.
  Conversation c(kUdp, 9999);
  c.Client(
      Hex("00010058 2112a442 b7e7a701 bc34d686 fa87dfae"
          "80220010 5354554e 20746573 7420636c 69656e74"
          "00240004 6e0001ff 80290008 932ff9b1 51263b36"
          "00060009 6576746a 3a683676 59202020"
          "00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2"
          "80280004 e57a3bcf"));
  c.Server(
      Hex("0101003c 2112a442 b7e7a701 bc34d686 fa87dfae"
          "8022000b 74657374 20766563 746f7220"
          "00200008 0001a147 e112a643"
          "00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7"
          "80280004 c07d4c96"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "stun { method: \"binding\" answered: true rtt_ns: 1000000 "
            "mapped_address: \"192.0.2.1\" mapped_port: 32853 "
            "software: \"test vector\" has_user_name: true "
            "ice_controlled: true }");
  EXPECT_EQ(c.told().protocol, Protocol::kStun);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(StunTest, AnAddressOfVersion6IsUnderTheTransactionToo) {
  // RFC 5769 2.3.
  Conversation c(kUdp, 3478);
  c.Server(
      Hex("01010018 2112a442 b7e7a701 bc34d686 fa87dfae"
          "00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].stun().mapped_address(),
            "2001:db8:1234:5678:11:2233:4455:6677");
}

TEST(StunTest, ARelayIsToldWithItsRefusalAndItsAddress) {
  Conversation c(kUdp, 3478);
  c.Client(Message(0x0003, "", "transaction1"));
  c.Server(Message(0x0113,
                   Attribute(0x0009, Hex("0000 0401") + "Unauthorized") +
                       Attribute(0x0014, "example.org"),
                   "transaction1"));
  c.Client(Message(0x0003, Attribute(0x0006, "alice"), "transaction2"));
  c.Server(Message(0x0103,
                   kMapped + Attribute(0x0016, Hex("0001 e01a e112a64b")),
                   "transaction2"));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "stun { method: \"allocate\" answered: true error_code: 401 "
            "rtt_ns: 1000000 realm: \"example.org\" }");
  EXPECT_EQ(c.Events()[1].stun().relayed_address(), "192.0.2.9");
  EXPECT_TRUE(c.Events()[1].stun().has_user_name());
}

TEST(StunTest, WhatIsRepeatedIsToldOnce) {
  Conversation c(kUdp, 3478);
  for (const char* id : {"transaction1", "transaction2", "transaction3"}) {
    c.Client(Message(1, "", id)).Server(Message(0x0101, kMapped, id));
    c.Client(Message(0x0011, "", id));
  }
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_TRUE(c.Events()[1].stun().indication());
}

TEST(StunTest, NobodyAnswered) {
  Conversation c(kUdp, 3478);
  c.Client(Message(1, "")).Client(Message(1, "")).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(), "stun { method: \"binding\" }");
}

TEST(StunTest, WithoutTheCookieThePortDecides) {
  const std::string classic = Message(1, "", "transaction1", "oldx");
  Conversation c(kUdp, 3478);
  c.Client(classic).End();
  EXPECT_EQ(c.told().protocol, Protocol::kStun);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].stun().classic());
  Conversation d(kUdp, 9999);
  d.Client(classic);
  EXPECT_EQ(d.told().protocol, Protocol::kUnknown);
}

TEST(StunTest, MediaOnTheSameFlowIsPassedOver) {
  Conversation c(kUdp, 3478);
  c.Client(Message(1, "")).Server(Message(0x0101, kMapped));
  for (int i = 0; i < 63; ++i) c.Client(Hex("8060") + std::string(50, 'x'));
  EXPECT_TRUE(c.wants());
  c.Client(Hex("8060") + std::string(50, 'x'));
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(StunTest, WhereDtlsBeginsTheFlowIsDtls) {
  // A ClientHello (RFC 6347 4.2.2) of DTLS 1.2 that offers one cipher.
  const std::string body =
      Hex("fefd") + std::string(32, 'r') + Hex("0000") + Hex("0002 c02b 0100");
  const std::string message = Hex("01 00") + Big16(body.size()) + Hex("0000") +
                              Hex("000000 00") + Big16(body.size()) + body;
  const std::string hello =
      Hex("16 feff 0000 000000000000") + Big16(message.size()) + message;
  Conversation c(kUdp, 9999);
  c.Client(Message(0x0001, "")).Server(Message(0x0101, kMapped));
  c.Client(hello);
  c.End();
  EXPECT_EQ(c.told().protocol, Protocol::kDtls);
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kStun));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[1].tls().ciphers_offered(), 1u);
}

TEST(StunTest, OnTcpMessagesAndRelayedDataAreFramed) {
  for (const size_t piece : {0u, 1u, 7u}) {
    Conversation c(kTcp, 9999);
    c.InPiecesOf(piece);
    c.Client(Message(3, "") + Hex("4000 0005") + "relayXYZ" +
             Message(4, "", "transaction2"));
    c.Server(Message(0x0103, kMapped) + Message(0x0104, "", "transaction2"));
    EXPECT_THAT(c.Events(), SizeIs(2)) << piece;
    EXPECT_EQ(c.told().protocol, Protocol::kStun);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(StunTest, EachBrokenRuleIsAnAnomaly) {
  const std::string broken[] = {
      Message(1, Attribute(0x0006, "user")).substr(0, 26),
      Message(1, Big16(0x0006) + Big16(9) + "user"),
      Message(1, "") + "more",
  };
  for (const std::string& message : broken) {
    Conversation c(kUdp, 3478);
    c.Client(Message(1, "")).Client(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("stun.malformed"));
  }
  Conversation c(kTcp, 3478);
  c.Client(Message(3, "") + "POST / HTTP/1.1\r\n\r\n123456789");
  EXPECT_THAT(c.told().anomalies, ElementsAre("stun.malformed"));
  EXPECT_FALSE(c.wants());
}

TEST(StunTest, EveryTruncationTellsNoAddress) {
  const std::string whole = Message(0x0101, kMapped);
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kUdp, 3478);
    c.Client(Message(1, "")).Server(whole.substr(0, size)).End();
    for (const v1::Event& event : c.Events()) {
      EXPECT_EQ(event.stun().mapped_address(), "") << size;
    }
  }
}

}  // namespace
}  // namespace tapline::testing
