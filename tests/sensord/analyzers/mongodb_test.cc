#include "sensord/analyzers/mongodb.h"

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

std::string Z(const std::string& text) { return text + '\0'; }
std::string Doc(const std::string& elements) {
  return Little32(elements.size() + 5) + elements + '\0';
}
std::string Str(const std::string& name, const std::string& value) {
  return Hex("02") + Z(name) + Little32(value.size() + 1) + Z(value);
}
std::string Int(const std::string& name, uint32_t value) {
  return Hex("10") + Z(name) + Little32(value);
}
std::string Sub(const std::string& name, const std::string& elements) {
  return Hex("03") + Z(name) + Doc(elements);
}

std::string Packet(uint32_t operation, uint32_t id, uint32_t answered,
                   const std::string& body) {
  return Little32(16 + body.size()) + Little32(id) + Little32(answered) +
         Little32(operation) + body;
}
std::string Message(uint32_t id, uint32_t answered, const std::string& doc) {
  return Packet(2013, id, answered, Little32(0) + Hex("00") + Doc(doc));
}

const std::string kClient =
    Sub("client",
        Sub("application", Str("name", "shop")) +
            Sub("driver", Str("name", "PyMongo") + Str("version", "4.6")));
const std::string kHello =
    Packet(2004, 1, 0,
           Little32(0) + Z("admin.$cmd") + Little32(0) + Little32(1) +
               Doc(Int("isMaster", 1) + kClient));
const std::string kHelloAnswer = Packet(
    1, 9, 1,
    std::string(20, '\0') + Doc(Int("maxWireVersion", 21) + Int("ok", 1)));

TEST(MongodbTest, ALoginIsToldWithWhoConnects) {
  for (const size_t piece : {0u, 1u, 13u}) {
    Conversation c(kTcp, 27017);
    c.InPiecesOf(piece);
    c.Client(kHello).Server(kHelloAnswer);
    c.Client(Message(2, 0,
                     Int("saslStart", 1) + Str("mechanism", "SCRAM-SHA-256") +
                         Str("payload", "n,,n=alice,r=nonce") +
                         Str("$db", "admin")));
    c.Server(Message(10, 2, Int("done", 0) + Int("ok", 1)));
    c.Client(Message(3, 0, Int("saslContinue", 1) + Str("$db", "admin")));
    c.Server(Message(11, 3, Int("done", 1) + Int("ok", 1)));
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_EQ(c.Events()[0].ShortDebugString(),
              "mongodb { operation: \"query\" driver: \"PyMongo 4.6\" "
              "application: \"shop\" max_wire_version: 21 "
              "mechanism: \"SCRAM-SHA-256\" login_database: \"admin\" "
              "login: LOGIN_OUTCOME_SUCCEEDED commands: \"isMaster\" "
              "commands: \"saslStart\" commands: \"saslContinue\" }");
    EXPECT_EQ(c.told().protocol, Protocol::kMongodb);
    EXPECT_FALSE(c.wants());
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(MongodbTest, ARefusalIsToldWithItsCode) {
  Conversation c(kTcp, 27017);
  c.Client(Message(1, 0,
                   Int("saslStart", 1) + Str("mechanism", "PLAIN") +
                       Str("payload", "secret")));
  c.Server(Message(2, 1, Int("ok", 0) + Int("code", 18)));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].mongodb().login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_TRUE(c.Events()[0].mongodb().cleartext_password());
  EXPECT_EQ(c.Events()[0].mongodb().error_code(), 18u);
}

TEST(MongodbTest, ASecretInTheMechanismsPlaceIsNotTold) {
  Conversation c(kTcp, 27017);
  c.Client(Message(1, 0,
                   Int("saslStart", 1) + Str("mechanism", "AGFubgBodW50ZXIy")));
  c.Server(Message(2, 1, Int("ok", 0) + Int("code", 2)));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].mongodb().mechanism(), "OTHER");
}

TEST(MongodbTest, CommandsAreNamedOnceAndWhatTheyCarryIsPassedOver) {
  Conversation c(kTcp, 27017);
  const std::string big = Message(
      1, 0, Str("insert", "orders") + Str("x", std::string(100000, 'x')));
  c.Client(big + big + Message(2, 0, Str("find", "orders")));
  c.Client(Packet(2012, 3, 0, Little32(2013) + Little32(9) + "\2zip")).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_THAT(c.Events()[0].mongodb().commands(),
              ElementsAre("insert", "find"));
  EXPECT_EQ(c.Events()[0].mongodb().operation(), "message");
  EXPECT_LT(c.peak_memory(), 16384u);
}

TEST(MongodbTest, ItIsKnownByItsFirstMessageOnAnyPort) {
  for (const std::string& first : {kHello, Message(1, 0, Int("hello", 1))}) {
    Conversation c(kTcp, 9999);
    c.InPiecesOf(1).Client(first);
    EXPECT_EQ(c.told().protocol, Protocol::kMongodb);
  }
  const std::string others[] = {
      Packet(2005, 1, 0, "abcdefgh"),
      Packet(2013, 1, 7, Little32(0) + Hex("00") + Doc("")),
      Packet(2013, 1, 0, Little32(4) + Hex("00") + Doc("")),
      Packet(2004, 1, 0, Little32(0) + Z("nodot") + "12345678"),
  };
  for (const std::string& other : others) {
    Conversation c(kTcp, 9999);
    c.Client(other);
    EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
  }
}

TEST(MongodbTest, ALengthThatNoMessageHasIsAnAnomaly) {
  for (const uint32_t length : {15u, 0x7fffffffu}) {
    Conversation c(kTcp, 27017);
    c.Client(kHello + Little32(length) + std::string(12, '\0'));
    EXPECT_THAT(c.told().anomalies, ElementsAre("mongodb.malformed"));
    EXPECT_THAT(c.Events(), SizeIs(1));
    EXPECT_FALSE(c.wants());
  }
}

TEST(MongodbTest, EveryTruncationOfTheHelloTellsNoClient) {
  for (size_t size = 0; size < kHello.size(); ++size) {
    Conversation c(kTcp, 27017);
    c.Client(kHello.substr(0, size)).End();
    EXPECT_THAT(c.Events(), IsEmpty()) << size;
  }
}

}  // namespace
}  // namespace tapline::testing
