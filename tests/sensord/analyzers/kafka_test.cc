#include "sensord/analyzers/kafka.h"

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

std::string Sized(const std::string& body) { return Big32(body.size()) + body; }

std::string Request(uint16_t api, uint16_t version, uint32_t number,
                    const std::string& body,
                    const std::string& client = "rdkafka") {
  return Sized(Big16(api) + Big16(version) + Big32(number) +
               Big16(client.size()) + client + body);
}
std::string Response(uint32_t number, const std::string& body) {
  return Sized(Big32(number) + body);
}

const std::string kVersions = Request(
    18, 3, 1, Hex("00 0b") + "librdkafka" + Hex("06") + "2.3.0" + Hex("00"));

TEST(KafkaTest, AConnectionIsToldWithItsRequests) {
  for (const size_t piece : {0u, 1u, 11u}) {
    Conversation c(kTcp, 9092);
    c.InPiecesOf(piece);
    c.Client(kVersions).Server(Response(1, Hex("0000 02")));
    c.Client(Request(3, 9, 2, "topics") + Request(3, 9, 3, "topics"));
    c.Server(Response(2, "brokers") + Response(3, "brokers"));
    c.Client(Request(0, 7, 4, std::string(100000, 'x'))).End();
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_EQ(c.Events()[0].ShortDebugString(),
              "kafka { client_id: \"rdkafka\" software: \"librdkafka 2.3.0\" "
              "apis: \"18:3\" apis: \"3:9\" apis: \"0:7\" requests: 4 "
              "responses: 3 }");
    EXPECT_EQ(c.told().protocol, Protocol::kKafka);
    EXPECT_LT(c.peak_memory(), 8192u);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(KafkaTest, ALoginIsToldWithItsOutcome) {
  for (const bool accepted : {true, false}) {
    Conversation c(kTcp, 9092);
    c.Client(Request(17, 1, 1, Big16(5) + "PLAIN"));
    c.Server(Response(1, Hex("0000 00000001 0005") + "PLAIN"));
    c.Client(Request(36, 2, 2, Hex("00 05") + "abcd" + Hex("00")));
    c.Server(Response(2, Hex(accepted ? "00 0000 00" : "00 003a 00"))).End();
    ASSERT_THAT(c.Events(), SizeIs(1));
    const v1::Kafka kafka = c.Events()[0].kafka();
    EXPECT_EQ(kafka.mechanism(), "PLAIN");
    EXPECT_EQ(kafka.login(), accepted ? v1::LOGIN_OUTCOME_SUCCEEDED
                                      : v1::LOGIN_OUTCOME_FAILED);
    EXPECT_EQ(kafka.error_code(), accepted ? 0u : 58u);
  }
}

TEST(KafkaTest, ASecretInTheMechanismsPlaceIsNotTold) {
  Conversation c(kTcp, 9092);
  c.Client(Request(17, 1, 1, Big16(16) + "AGFubgBodW50ZXIy")).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].kafka().mechanism(), "OTHER");
}

TEST(KafkaTest, NothingIsReadAfter32Answers) {
  Conversation c(kTcp, 9092);
  for (uint32_t i = 0; i < 32; ++i) {
    c.Client(Request(1, 11, i, "fetch")).Server(Response(i, "records"));
  }
  EXPECT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.wants());
}

TEST(KafkaTest, WithANameItIsKnownOnAnyPort) {
  Conversation c(kTcp, 9999);
  c.InPiecesOf(1).Client(kVersions);
  EXPECT_EQ(c.told().protocol, Protocol::kKafka);
  const std::string unnamed = Sized(Hex("0012 0000 00000001 ffff"));
  Conversation d(kTcp, 9999);
  d.Client(unnamed);
  EXPECT_EQ(d.told().protocol, Protocol::kUnknown);
  Conversation e(kTcp, 9092);
  e.Client(unnamed);
  EXPECT_EQ(e.told().protocol, Protocol::kKafka);
}

TEST(KafkaTest, EachBrokenRuleIsNoRequest) {
  const std::string broken[] = {
      Request(999, 0, 1, ""),                                      // API
      Request(3, 99, 1, ""),                                       // version
      Request(3, 1, 0x80000001, ""),                               // number
      Sized(Hex("0003 0001 00000001 0040") + "abc"),               // name
      Big32(0x7fffffff) + Hex("0003 0001 00000001 0003") + "abc",  // size
  };
  for (const std::string& request : broken) {
    Conversation first(kTcp, 9999);
    first.Client(request);
    EXPECT_EQ(first.told().protocol, Protocol::kUnknown);
    Conversation later(kTcp, 9092);
    later.Client(kVersions).Client(request);
    EXPECT_THAT(later.told().anomalies, ElementsAre("kafka.malformed"));
    EXPECT_FALSE(later.wants());
  }
}

TEST(KafkaTest, EveryTruncationTellsNothing) {
  for (size_t size = 0; size < kVersions.size(); ++size) {
    Conversation c(kTcp, 9092);
    c.Client(kVersions.substr(0, size)).End();
    EXPECT_THAT(c.Events(), IsEmpty()) << size;
  }
}

}  // namespace
}  // namespace tapline::testing
