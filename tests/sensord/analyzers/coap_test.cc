#include "sensord/analyzers/coap.h"

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

// RFC 7252 appendix A, figure 16: GET /temperature.
const std::string kGet = Hex("41 01 7d36 20 bb") + "temperature";
const std::string kContent = Hex("61 45 7d36 20 ff") + "22.3 C";

TEST(CoapTest, TheExampleOfTheRfc) {
  Conversation c(kUdp, 9999);
  c.Client(kGet).Server(kContent);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "coap { method: \"GET\" path: \"/temperature\" answered: true "
            "code: \"2.05\" rtt_ns: 1000000 confirmable: true }");
  EXPECT_EQ(c.told().protocol, Protocol::kCoap);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(CoapTest, AnAnswerOfItsOwnIsMatchedByTheToken) {
  Conversation c(kUdp, 5683);
  c.Client(kGet).Server(Hex("60 00 7d36"));
  EXPECT_THAT(c.Events(), IsEmpty());
  c.Server(Hex("41 84 ad7b 20")).Client(Hex("60 00 ad7b"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].coap().code(), "4.04");
}

TEST(CoapTest, HostObservationAndProxyAreSeen) {
  Conversation c(kUdp, 5683);
  // Host, observe, path of two segments, query, proxy scheme.
  c.Client(Hex("50 02 0001 3b") + "dev.example" + Hex("30 51") + "a" +
           Hex("09") + "123456789" + Hex("43") + "k=v" + Hex("d4 0b") + "http")
      .End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "coap { method: \"POST\" host: \"dev.example\" "
            "path: \"/a/[redacted:opaque]\" observe: true proxied: true }");
  EXPECT_EQ(c.told().host, "dev.example");
}

TEST(CoapTest, WhatIsRepeatedIsToldOnce) {
  Conversation c(kUdp, 5683);
  for (int i = 0; i < 3; ++i) c.Client(kGet).Server(kContent);
  c.Client(kGet).Server(Hex("61 84 7d36 20"));
  ASSERT_THAT(c.Events(), SizeIs(2));
}

TEST(CoapTest, NobodyAnswered) {
  Conversation c(kUdp, 5683);
  c.Client(kGet).Client(kGet).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.Events()[0].coap().answered());
}

TEST(CoapTest, WithoutAPathThePortDecides) {
  for (const std::string& message : {Hex("40 01 7d36"), kContent}) {
    Conversation other(kUdp, 9999);
    other.Client(message);
    EXPECT_EQ(other.told().protocol, Protocol::kUnknown);
    Conversation own(kUdp, 5683);
    own.Client(message);
    EXPECT_EQ(own.told().protocol, Protocol::kCoap);
  }
}

TEST(CoapTest, EachBrokenRuleIsAnAnomaly) {
  const char* broken[] = {
      "49 01 7d36 000000000000000000",  // token of nine bytes
      "42 01 7d36 20",                  // token behind the message
      "40 01 7d36 f1 00",               // delta 15
      "40 01 7d36 1f 00",               // length 15
      "40 01 7d36 b5 00",               // option behind the message
      "40 01 7d36 ff",                  // no payload behind its mark
      "41 00 7d36 20",                  // empty with a token
  };
  for (const char* message : broken) {
    Conversation c(kUdp, 5683);
    c.Client(kGet).Client(Hex(message));
    EXPECT_THAT(c.told().anomalies, ElementsAre("coap.malformed")) << message;
  }
}

TEST(CoapTest, NoTruncationTellsThePath) {
  for (size_t size = 0; size < kGet.size(); ++size) {
    Conversation c(kUdp, 5683);
    c.Client(kGet.substr(0, size)).End();
    for (const v1::Event& event : c.Events()) {
      EXPECT_EQ(event.coap().path(), "") << size;
    }
  }
}

}  // namespace
}  // namespace tapline::testing
