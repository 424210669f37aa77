#include "sensord/analyzers/mysql.h"

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

std::string Packet(uint8_t number, const std::string& body) {
  return Little24(body.size()) + Big8(number) + body;
}

std::string Z(const std::string& text) { return text + '\0'; }

std::string Greeting() {
  return Packet(0, Hex("0a") + Z("8.0.36") + Little32(42) + "saltsalt" +
                       Hex("00 ffff ff 0200 ffdf 15") + std::string(10, '\0') +
                       "saltsaltsalt" + '\0' + Z("caching_sha2_password"));
}

// CLIENT_PROTOCOL_41, _SECURE_CONNECTION, _PLUGIN_AUTH, _CONNECT_WITH_DB.
std::string Login(uint32_t flags = 0x00088208) {
  return Packet(1, Little32(flags) + Little32(1 << 24) + Hex("ff") +
                       std::string(23, '\0') + Z("alice") + Hex("04") + "hash" +
                       Z("shop") + Z("mysql_native_password"));
}

const std::string kOk = Packet(2, Hex("00 00 00 0200 0000"));

TEST(MysqlTest, ALoginIsToldWithItsOutcome) {
  for (const size_t piece : {0u, 1u, 5u}) {
    Conversation c(kTcp, 3306);
    c.InPiecesOf(piece);
    c.Server(Greeting()).Client(Login()).Server(kOk);
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_EQ(c.Events()[0].ShortDebugString(),
              "mysql { server_version: \"8.0.36\" connection_id: 42 "
              "user: \"a***\" database: \"shop\" "
              "authentication: \"mysql_native_password\" "
              "login: LOGIN_OUTCOME_SUCCEEDED }");
    EXPECT_EQ(c.told().protocol, Protocol::kMysql);
    EXPECT_FALSE(c.wants());
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(MysqlTest, AMethodMayBeChangedBeforeTheRefusal) {
  Conversation c(kTcp, 3306);
  c.Server(Greeting()).Client(Login());
  c.Server(Packet(2, Hex("fe") + Z("sha256_password") + "salt"));
  c.Client(Packet(3, "x")).Server(Packet(4, Hex("01 04")));
  c.Client(Packet(5, "secret"));
  c.Server(Packet(6, Hex("ff 1504") + "#28000Access denied"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].mysql().authentication(), "sha256_password");
  EXPECT_EQ(c.Events()[0].mysql().login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_EQ(c.Events()[0].mysql().error_code(), 1045u);
  EXPECT_FALSE(c.Events()[0].mysql().cleartext_password());
}

TEST(MysqlTest, AMethodThatSendsThePasswordAsItIsIsToldSo) {
  Conversation c(kTcp, 3306);
  c.Server(Greeting()).Client(Login());
  c.Server(Packet(2, Hex("fe") + Z("mysql_clear_password")));
  c.Client(Packet(3, Z("hunter2"))).Server(Packet(4, Hex("00 00000200")));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].mysql().cleartext_password());
  EXPECT_EQ(c.Events()[0].ShortDebugString().find("hunter2"),
            std::string::npos);
}

TEST(MysqlTest, WhatFollowsARequestForTlsIsSomethingElse) {
  for (const size_t piece : {0u, 1u}) {
    Conversation c(kTcp, 3306);
    c.InPiecesOf(piece);
    c.Server(Greeting());
    c.Client(Packet(1, Little32(0x0a00) + Little32(1 << 24) + Hex("ff") +
                           std::string(23, '\0')));
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_TRUE(c.Events()[0].mysql().tls());
    EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kMysql));
    EXPECT_TRUE(c.wants());
  }
}

TEST(MysqlTest, AServerMayRefuseAtOnce) {
  Conversation c(kTcp, 9999);
  c.Server(Packet(0, Hex("ff 6904") + "Host '10.0.0.1' is not allowed"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "mysql { login: LOGIN_OUTCOME_FAILED error_code: 1129 }");
}

TEST(MysqlTest, OldClientsAndOldServers) {
  Conversation c(kTcp, 3306);
  c.Server(Packet(0, Hex("0a") + Z("4.0.30") + Little32(7) + "saltsalt" +
                         Hex("00 2c20 08 0200") + std::string(13, '\0')));
  c.Client(Packet(1, Hex("0020 000000") + Z("bob") + "hash"));
  c.Server(Packet(2, Hex("fe")));
  c.Client(Packet(3, "oldhash")).Server(kOk);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "mysql { server_version: \"4.0.30\" connection_id: 7 "
            "user: \"b***\" authentication: \"mysql_old_password\" "
            "login: LOGIN_OUTCOME_SUCCEEDED }");
}

TEST(MysqlTest, ItIsKnownByItsGreetingOnAnyPort) {
  Conversation c(kTcp, 9999);
  c.InPiecesOf(1).Server(Greeting());
  EXPECT_EQ(c.told().protocol, Protocol::kMysql);
  std::string letters = Greeting();
  letters[5] = 'x';
  std::string number = Greeting();
  number[3] = 1;
  for (const std::string& other : {letters, number}) {
    Conversation d(kTcp, 9999);
    d.Server(other);
    EXPECT_EQ(d.told().protocol, Protocol::kUnknown);
  }
}

TEST(MysqlTest, EachBrokenRuleEndsTheReading) {
  const std::string broken[] = {
      Packet(1, ""),                          // empty
      Little24(0x100000) + Hex("01"),         // too long for a login
      Packet(1, "abc"),                       // no flags
      Packet(1, Little32(0x8200) + "short"),  // no user
  };
  for (const std::string& packet : broken) {
    Conversation c(kTcp, 3306);
    c.Server(Greeting()).Client(packet);
    EXPECT_THAT(c.told().anomalies, ElementsAre("mysql.malformed"));
    EXPECT_FALSE(c.wants());
  }
  for (const std::string& packet : {kOk, Packet(2, Hex("77"))}) {
    Conversation c(kTcp, 3306);
    c.Server(Greeting());
    if (packet != kOk) c.Client(Login());
    c.Server(packet);
    EXPECT_THAT(c.told().anomalies, ElementsAre("mysql.malformed"));
  }
}

TEST(MysqlTest, EveryTruncationOfTheLoginTellsNoUser) {
  const std::string whole = Login();
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kTcp, 3306);
    c.Server(Greeting()).Client(whole.substr(0, size)).End();
    ASSERT_THAT(c.Events(), SizeIs(1)) << size;
    EXPECT_EQ(c.Events()[0].mysql().user(), "");
  }
}

}  // namespace
}  // namespace tapline::testing
