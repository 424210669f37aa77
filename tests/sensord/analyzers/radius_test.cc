#include "sensord/analyzers/radius.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/radius_message.h"
#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;

// RFC 2865 7.1.
constexpr char kRequest[] =
    "01000038 0f403f9473978057bd83d5cb98f4227a 01066e656d6f"
    "02120dbe708d93d413ce3196e43f782a0aee 0406c0a80110 050600000003";
constexpr char kAccept[] =
    "02000026 86fe220e7624ba2a1005f6bf9b55e0b2 060600000001 0f0600000000"
    "0e06c0a80103";

std::string Attribute(uint8_t type, const std::string& value) {
  return absl::StrCat(Big8(type), Big8(value.size() + 2), value);
}
std::string Packet(uint8_t code, uint8_t id, const std::string& attributes) {
  return absl::StrCat(Big8(code), Big8(id), Big16(20 + attributes.size()),
                      std::string(16, 'a'), attributes);
}

TEST(RadiusTest, ThePublishedLoginIsToldWithItsOutcome) {
  Conversation c(kUdp, 1812);
  c.Client(Hex(kRequest)).Server(Hex(kAccept));
  EXPECT_EQ(c.told().protocol, Protocol::kRadius);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Radius radius = c.Events()[0].radius();
  EXPECT_EQ(radius.request(), "Access-Request");
  EXPECT_EQ(radius.response(), "Access-Accept");
  EXPECT_EQ(radius.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
  EXPECT_TRUE(radius.success());
  EXPECT_EQ(radius.user(), "n***");
  EXPECT_EQ(radius.method(), "pap");
  EXPECT_EQ(radius.nas_address(), "192.168.1.16");
  EXPECT_EQ(radius.nas_port(), 3u);
  EXPECT_EQ(radius.rtt_ns(), 1000000u);
}

TEST(RadiusTest, AWirelessLoginTellsItsStations) {
  Conversation c(kUdp, 1812);
  c.Client(Packet(
      1, 9,
      absl::StrCat(Attribute(1, "alice@example.org"),
                   Attribute(30, "00-11-22-33-44-55:office"),
                   Attribute(31, "66-77-88-99-AA-BB"), Attribute(32, "ap7"),
                   Attribute(61, Big32(19)), Attribute(6, Big32(2)),
                   Attribute(79, Hex("02010006 1920")))));
  c.Server(Packet(3, 9, Attribute(18, "go away")));
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Radius radius = c.Events()[0].radius();
  EXPECT_EQ(radius.user(), "a***");
  EXPECT_EQ(radius.called_station(), "00-11-22-33-44-55:office");
  EXPECT_EQ(radius.calling_station(), "66-77-88-99-AA-BB");
  EXPECT_EQ(radius.nas_identifier(), "ap7");
  EXPECT_EQ(radius.nas_port_type(), "Wireless-802.11");
  EXPECT_EQ(radius.service_type(), "Framed");
  EXPECT_EQ(radius.method(), "eap");
  EXPECT_EQ(radius.eap_type(), "peap");
  EXPECT_EQ(radius.response(), "Access-Reject");
  EXPECT_EQ(radius.login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_FALSE(radius.success());
}

TEST(RadiusTest, WhatIsNoAnswerToALoginIsNoOutcome) {
  Conversation c(kUdp, 1812);
  c.Client(Packet(12, 1, Attribute(32, "ap7"))).Server(Packet(2, 1, ""));
  c.Client(Packet(1, 2, Attribute(1, "alice"))).Server(Packet(11, 2, ""));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].radius().request(), "Status-Server");
  EXPECT_EQ(c.Events()[0].radius().login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
  EXPECT_EQ(c.Events()[1].radius().response(), "Access-Challenge");
  EXPECT_EQ(c.Events()[1].radius().login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
}

TEST(RadiusTest, AccountingTellsHowMuchWasUsed) {
  Conversation c(kUdp, 1813);
  c.Client(
      Packet(4, 1,
             absl::StrCat(Attribute(1, "bob"), Attribute(40, Big32(2)),
                          Attribute(42, Big32(10)), Attribute(52, Big32(1)),
                          Attribute(43, Big32(20)), Attribute(46, Big32(60)),
                          Attribute(8, "\x0a\x01\x02\x03"),
                          Attribute(95, Hex("20010db8") + Zeros(11) + "\1"))));
  c.Server(Packet(5, 1, ""));
  const v1::Radius radius = c.Events()[0].radius();
  EXPECT_EQ(radius.accounting_status(), "Stop");
  EXPECT_EQ(radius.session_bytes_in(), (uint64_t{1} << 32) + 10);
  EXPECT_EQ(radius.session_bytes_out(), 20u);
  EXPECT_EQ(radius.session_seconds(), 60u);
  EXPECT_EQ(radius.framed_address(), "10.1.2.3");
  EXPECT_EQ(radius.nas_address(), "2001:db8::1");
  EXPECT_TRUE(radius.success());
}

TEST(RadiusTest, MicrosoftsMethodsAreNamed) {
  for (const auto& [type, name] :
       {std::pair<uint8_t, const char*>{1, "mschap"}, {25, "mschap2"}}) {
    Conversation c(kUdp, 1812);
    c.Client(Packet(1, 1,
                    Attribute(26, absl::StrCat(Big32(311), Big8(type), Big8(52),
                                               std::string(50, 's')))))
        .End();
    EXPECT_EQ(c.Events()[0].radius().method(), name);
    EXPECT_FALSE(c.Events()[0].radius().answered());
  }
}

TEST(RadiusTest, ARequestSentAgainIsOne) {
  Conversation c(kUdp, 1812);
  c.Client(Hex(kRequest)).Client(Hex(kRequest)).Server(Hex(kAccept)).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].radius().rtt_ns(), 2000000u);
}

TEST(RadiusTest, AResponseOfAnotherKindDoesNotAnswer) {
  Conversation c(kUdp, 1812);
  c.Client(Hex(kRequest)).Server(Packet(5, 0, "")).End();
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_TRUE(c.Events()[0].radius().unmatched());
  EXPECT_FALSE(c.Events()[1].radius().answered());
}

TEST(RadiusTest, ManyRequestsAreBounded) {
  Conversation c(kUdp, 1812);
  for (int i = 0; i < 200; ++i) {
    c.Client(Packet(1, static_cast<uint8_t>(i), Attribute(1, "a")));
  }
  EXPECT_THAT(c.Events(), SizeIs(168));
}

TEST(RadiusTest, EveryTruncationIsRefused) {
  const std::string whole = Hex(kRequest);
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kUdp, 1812);
    c.Client(whole).Client(whole.substr(0, size));
    EXPECT_THAT(c.told().anomalies, ElementsAre("radius.malformed")) << size;
    RadiusMessage cut;
    EXPECT_EQ(cut.Read(ByteVector(whole.substr(0, size)), true), size >= 20);
  }
}

TEST(RadiusTest, EachBrokenRuleIsMalformed) {
  for (const std::string& packet :
       {Packet(99, 1, ""), Packet(1, 1, std::string("\1\1", 2)),
        Packet(1, 1,
               std::string("\1\x09"
                           "ab",
                           4)),
        Packet(1, 1, "\1"), absl::StrCat(Hex("01010013"), Zeros(15)),
        Packet(1, 1, std::string(4100, '\4'))}) {
    Conversation c(kUdp, 1812);
    c.Client(Hex(kRequest)).Client(packet);
    EXPECT_THAT(c.told().anomalies, ElementsAre("radius.malformed"));
    EXPECT_TRUE(c.wants());
  }
}

TEST(RadiusTest, ARequestIsKnownOnAnyPortAndAResponseOnItsOwn) {
  Conversation request(kUdp, 9999);
  request.Client(Hex(kRequest));
  EXPECT_EQ(request.told().protocol, Protocol::kRadius);
  Conversation response(kUdp, 9999);
  response.Server(Hex(kAccept));
  EXPECT_NE(response.told().protocol, Protocol::kRadius);
  Conversation usual(kUdp, 1812);
  usual.Server(Hex(kAccept));
  EXPECT_EQ(usual.told().protocol, Protocol::kRadius);
}

TEST(RadiusTest, OtherProtocolsAreNotRadius) {
  for (const std::string& bytes :
       {Hex("01010038") + Zeros(52), Zeros(56), std::string(56, '\1'),
        Hex("0001000021 12a442") + std::string(12, 't')}) {
    Conversation c(kUdp, 9999);
    c.Client(bytes);
    EXPECT_NE(c.told().protocol, Protocol::kRadius);
  }
}

}  // namespace
}  // namespace tapline::testing
