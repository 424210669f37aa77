#include "sensord/analyzers/postgresql.h"

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

std::string Start(const std::string& parameters) {
  return Big32(9 + parameters.size()) + Hex("00030000") + parameters +
         std::string(1, '\0');
}

// Names and values as they stand between NULs.
std::string Pairs(const std::string& text) {
  std::string bytes = text;
  for (char& c : bytes) {
    if (c == '|') c = '\0';
  }
  return bytes;
}

std::string Message(char type, const std::string& body) {
  return type + Big32(4 + body.size()) + body;
}

const std::string kStart =
    Start(Pairs("user|alice|database|shop|application_name|psql|"));
const std::string kTlsRequest = Hex("00000008 04d2162f");
const std::string kReady =
    Message('R', Big32(0)) + Message('S', Pairs("server_version|15.6|")) +
    Message('K', Big32(77) + Big32(99)) + Message('Z', "I");

TEST(PostgresqlTest, ALoginIsToldWhenTheServerIsReady) {
  for (const size_t piece : {0u, 1u, 7u}) {
    Conversation c(kTcp, 5432);
    c.InPiecesOf(piece);
    c.Client(kStart);
    c.Server(Message('R', Big32(10) + Pairs("SCRAM-SHA-256||")));
    c.Client(Message('p', "anything"));
    c.Server(Message('R', Big32(11) + "challenge"));
    c.Server(Message('R', Big32(12) + "proof") + kReady);
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_EQ(c.Events()[0].ShortDebugString(),
              "postgresql { version: \"3.0\" user: \"a***\" "
              "database: \"shop\" application: \"psql\" "
              "authentication: \"scram-sha-256\" "
              "login: LOGIN_OUTCOME_SUCCEEDED server_version: \"15.6\" }");
    EXPECT_EQ(c.told().protocol, Protocol::kPostgresql);
    EXPECT_FALSE(c.wants());
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(PostgresqlTest, ARefusalIsToldWithItsCode) {
  Conversation c(kTcp, 5432);
  c.Client(kStart).Server(Message('R', Big32(5) + "salt"));
  c.Client(Message('p', "md5..."));
  c.Server(Message('E', Pairs("SFATAL|C28P01|Mpassword failed||")));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].postgresql().login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_EQ(c.Events()[0].postgresql().error_code(), "28P01");
  EXPECT_EQ(c.Events()[0].postgresql().authentication(), "md5");
  EXPECT_FALSE(c.Events()[0].postgresql().cleartext_password());
}

TEST(PostgresqlTest, APasswordInTheClearIsToldSo) {
  Conversation c(kTcp, 5432);
  c.Client(kStart).Server(Message('R', Big32(3)));
  c.Client(Message('p', "hunter2"));
  c.Server(Message('E', Pairs("SFATAL|C28P01|Mpassword failed||")));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].postgresql().cleartext_password());
  EXPECT_EQ(c.Events()[0].ShortDebugString().find("hunter2"),
            std::string::npos);
}

TEST(PostgresqlTest, WhatFollowsAnAgreementOnTlsIsSomethingElse) {
  Conversation c(kTcp, 5432);
  c.Client(kTlsRequest).Server("S");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "postgresql { encryption_requested: true encryption: \"tls\" }");
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kPostgresql));
  EXPECT_TRUE(c.wants());
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(PostgresqlTest, AClientThatIsRefusedTlsGoesOnInTheClear) {
  Conversation c(kTcp, 5432);
  c.Client(kTlsRequest).Server("N").Client(kStart).Server(kReady);
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Postgresql p = c.Events()[0].postgresql();
  EXPECT_TRUE(p.encryption_requested());
  EXPECT_EQ(p.encryption(), "");
  EXPECT_EQ(p.authentication(), "trust");
  EXPECT_EQ(p.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
}

TEST(PostgresqlTest, GssIsAsEncrypted) {
  Conversation c(kTcp, 5432);
  c.Client(Hex("00000008 04d21630")).Server("G");
  EXPECT_EQ(c.told().encrypted, 1);
  EXPECT_EQ(c.Events().at(0).postgresql().encryption(), "gss");
}

TEST(PostgresqlTest, ACancelRequestIsAll) {
  Conversation c(kTcp, 5432);
  c.Client(Hex("00000010 04d2162e 0000004d 00000063"));
  EXPECT_EQ(c.Events().at(0).ShortDebugString(), "postgresql { cancel: true }");
  EXPECT_FALSE(c.wants());
}

TEST(PostgresqlTest, DataAroundTheAgreementOnTlsIsAnAnomaly) {
  for (const bool server : {false, true}) {
    Conversation c(kTcp, 5432);
    c.Client(server ? kTlsRequest : kTlsRequest + kStart);
    c.Server(server ? "SR" : "S");
    EXPECT_THAT(c.told().anomalies, ElementsAre("postgresql.data_before_tls"));
  }
}

TEST(PostgresqlTest, EachBrokenRuleEndsTheReading) {
  const std::string broken[] = {
      "R" + Big32(3),           // shorter than its own length
      "R" + Big32(0x02000000),  // longer than any
      "\1" + Big32(8),          // no type
  };
  for (const std::string& message : broken) {
    Conversation c(kTcp, 5432);
    c.Client(kStart).Server(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("postgresql.malformed"));
    EXPECT_FALSE(c.wants());
    EXPECT_THAT(c.Events(), SizeIs(1));
  }
  Conversation c(kTcp, 5432);
  c.Client(kTlsRequest).Server("?");
  EXPECT_THAT(c.told().anomalies, ElementsAre("postgresql.malformed"));
}

TEST(PostgresqlTest, AStartWithoutParametersIsMalformed) {
  Conversation c(kTcp, 5432);
  c.Client(kTlsRequest).Server("N").Client(Hex("00000008 00030000"));
  EXPECT_THAT(c.told().anomalies, ElementsAre("postgresql.malformed"));
  EXPECT_FALSE(c.wants());
}

TEST(PostgresqlTest, ItIsKnownByItsStartOnAnyPort) {
  for (const std::string& start : {kStart, kTlsRequest}) {
    Conversation c(kTcp, 9999);
    c.InPiecesOf(1).Client(start);
    EXPECT_EQ(c.told().protocol, Protocol::kPostgresql);
  }
  for (const std::string& other :
       {Hex("00000009 04d2162f 00"), Hex("00000029 00040000") + "user",
        Hex("00000029 00030000 01")}) {
    Conversation c(kTcp, 9999);
    c.Client(other);
    EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
  }
}

TEST(PostgresqlTest, EveryTruncationOfTheAnswersTellsNoOutcome) {
  const std::string answers = Message('R', Big32(0)) + Message('Z', "I");
  for (size_t size = 0; size < answers.size(); ++size) {
    Conversation c(kTcp, 5432);
    c.Client(kStart).Server(answers.substr(0, size));
    EXPECT_THAT(c.Events(), IsEmpty()) << size;
    c.End();
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_EQ(c.Events()[0].postgresql().login() == v1::LOGIN_OUTCOME_SUCCEEDED,
              size >= 9)
        << size;
  }
}

}  // namespace
}  // namespace tapline::testing
