#include "sensord/analyzers/tds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "gss_bytes.h"
#include "sensord/analyzers/tds_message.h"
#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

std::string Packet(uint8_t type, const std::string& payload) {
  return absl::StrCat(Big8(type), Big8(1), Big16(payload.size() + 8), Zeros(2),
                      Hex("0100"), payload);
}

// The first packet of [MS-TDS] 4.1: version 9.0, encryption on, and more.
std::string PublishedPrelogin() {
  return Hex(
      "1201002f00000100 00001a0006 0100200001 0200210001 0300220004 0400260001"
      "ff 090000000000 01 00 b80d0000 01");
}
std::string Prelogin(uint8_t type, uint8_t encryption) {
  return Packet(type, absl::StrCat(Hex("00000b0006 0100110001 ff"),
                                   Hex("0f0007d00000"), Big8(encryption)));
}

// Texts in their order (2.2.6.4); the password is one of them.
std::string Login(const std::string& user, const std::string& token = {}) {
  std::string heads;
  std::string texts;
  const auto place = [&](const std::string& text) {
    heads += Little16(94 + texts.size()) + Little16(text.size());
    texts += Utf16(text);
  };
  for (const std::string& text :
       {std::string("PC7"), user, std::string("secret"), std::string("sqlcmd"),
        std::string("db.example.com"), std::string(), std::string("ODBC"),
        std::string(), std::string("payroll")}) {
    place(text);
  }
  heads += Zeros(6) + Little16(94 + texts.size()) + Little16(token.size());
  texts += token;
  heads += Zeros(12);
  const std::string fixed =
      absl::StrCat(Little32(0x74000004), Little32(4096), Zeros(12), Zeros(1),
                   token.empty() ? Zeros(1) : Hex("80"), Zeros(10));
  return Packet(0x10, absl::StrCat(Little32(36 + heads.size() + texts.size()),
                                   fixed, heads, texts));
}
std::string Token(uint8_t token, const std::string& value) {
  return absl::StrCat(Big8(token), Little16(value.size()), value);
}
std::string Done() { return absl::StrCat(Hex("fd"), Zeros(12)); }
std::string LoginAck() {
  const std::string program = "Microsoft SQL Server";
  return Token(0xad, absl::StrCat(Hex("01 74000004"), Big8(program.size()),
                                  Utf16(program), Hex("0f0007d0")));
}
std::string Error(uint32_t number) {
  return Token(0xaa, absl::StrCat(Little32(number), Hex("010e"), Little16(3),
                                  Utf16("no!"), Zeros(6)));
}

TEST(TdsTest, ALoginInClearTextIsToldWithItsOutcome) {
  for (const size_t piece : {0u, 1u, 13u}) {
    Conversation c(kTcp, 1433);
    c.InPiecesOf(piece);
    c.Client(Prelogin(0x12, 2)).Server(Prelogin(0x04, 2));
    c.Client(Login("alice"));
    EXPECT_THAT(c.Events(), IsEmpty());
    c.Server(Packet(4, Token(0xe3, "x") + LoginAck() + Done()));
    EXPECT_EQ(c.told().protocol, Protocol::kTds);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
    EXPECT_FALSE(c.wants());
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Tds tds = c.Events()[0].tds();
    EXPECT_EQ(tds.client_version(), "15.0.2000");
    EXPECT_EQ(tds.server_version(), "15.0.2000");
    EXPECT_EQ(tds.server_program(), "Microsoft SQL Server");
    EXPECT_EQ(tds.tds_version(), "7.4");
    EXPECT_EQ(tds.client_encryption(), "not_supported");
    EXPECT_EQ(tds.server_encryption(), "not_supported");
    EXPECT_TRUE(tds.cleartext_login());
    EXPECT_TRUE(tds.cleartext_password());
    EXPECT_EQ(tds.account(), "a***");
    EXPECT_EQ(tds.workstation(), "PC7");
    EXPECT_EQ(tds.application(), "sqlcmd");
    EXPECT_EQ(tds.server_name(), "db.example.com");
    EXPECT_EQ(tds.database(), "payroll");
    EXPECT_EQ(tds.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_EQ(tds.DebugString().find("secret"), std::string::npos);
  }
}

TEST(TdsTest, ARefusedLoginTellsItsNumber) {
  Conversation c(kTcp, 1433);
  c.Client(Login("sa")).Server(Packet(4, Error(18456) + Done()));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].tds().login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_EQ(c.Events()[0].tds().error_number(), 18456u);
}

TEST(TdsTest, ThePublishedPreloginIsRead) {
  Conversation c(kTcp, 1433);
  c.Client(PublishedPrelogin()).End();
  EXPECT_EQ(c.told().protocol, Protocol::kTds);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].tds().client_version(), "9.0.0");
  EXPECT_EQ(c.Events()[0].tds().client_encryption(), "on");
  EXPECT_EQ(c.Events()[0].tds().login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
}

TEST(TdsTest, AnEncryptedLoginIsFollowedByAnOutcomeInClearText) {
  Conversation c(kTcp, 1433);
  c.Client(Prelogin(0x12, 0)).Server(Prelogin(0x04, 0));
  c.Client(Packet(0x12, Hex("1603010005") + "hello"));
  c.Server(Packet(0x12, Hex("1603010005") + "hello"));
  c.Client(Hex("1703010010") + std::string(16, 'e'));
  c.Server(Packet(4, LoginAck() + Done()));
  EXPECT_EQ(c.told().encrypted, 0);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].tds().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
  EXPECT_EQ(c.Events()[0].tds().account(), "");
  EXPECT_FALSE(c.Events()[0].tds().cleartext_login());
}

TEST(TdsTest, AConnectionThatIsEncryptedHidesItsOutcome) {
  Conversation c(kTcp, 1433);
  c.Client(Prelogin(0x12, 1)).Server(Prelogin(0x04, 1));
  c.Client(Packet(0x12, Hex("1603010005") + "hello"));
  c.Server(Packet(0x12, Hex("1603010005") + "hello"));
  c.Client(Hex("1703010010") + std::string(16, 'e'));
  c.Server(Hex("1703010010") + std::string(16, 'e'));
  EXPECT_EQ(c.told().encrypted, 1);
  EXPECT_FALSE(c.wants());
  EXPECT_EQ(c.Events()[0].tds().server_encryption(), "on");
}

TEST(TdsTest, AnIntegratedLoginTellsWhoTheSystemVouchesFor) {
  Conversation c(kTcp, 1433);
  c.Client(Login("", SpnegoInit(NtlmNegotiateMessage())));
  c.Server(Packet(
      4, Token(0xed, SpnegoResponse(NtlmChallengeMessage("CORP"))) + Done()));
  c.Client(Packet(
      0x11, SpnegoResponse(NtlmAuthenticateMessage("CORP", "bob", "PC"))));
  c.Server(Packet(4, LoginAck() + Done()));
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Tds tds = c.Events()[0].tds();
  EXPECT_TRUE(tds.integrated());
  EXPECT_FALSE(tds.cleartext_password());
  EXPECT_EQ(tds.authentication().account(), "b***");
  EXPECT_EQ(tds.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
}

TEST(TdsTest, WhatIsKnownIsToldAtAGap) {
  Conversation c(kTcp, 1433);
  c.Client(Login("sa")).Gap(false, 100);
  EXPECT_FALSE(c.wants());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].tds().account(), "s***");
}

TEST(TdsTest, StatementsAreNotRead) {
  Conversation c(kTcp, 1433);
  c.Client(Login("a")).Client(Packet(1, Utf16("select 1")));
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(TdsTest, EveryTruncationIsRefused) {
  const std::string login = Login("alice").substr(8);
  for (size_t size = 0; size < login.size(); ++size) {
    TdsLogin read;
    EXPECT_FALSE(ReadTdsLogin(ByteVector(login.substr(0, size)), false, &read));
    TdsLogin cut;
    ReadTdsLogin(ByteVector(login.substr(0, size)), true, &cut);
  }
  const std::string prelogin = PublishedPrelogin().substr(8);
  for (size_t size = 0; size < prelogin.size(); ++size) {
    TdsPrelogin read;
    EXPECT_FALSE(
        ReadTdsPrelogin(ByteVector(prelogin.substr(0, size)), false, &read));
  }
  const std::string reply = Error(1) + LoginAck();
  for (size_t size = 1; size < reply.size(); ++size) {
    if (size == Error(1).size()) continue;
    TdsReply read;
    EXPECT_FALSE(ReadTdsReply(ByteVector(reply.substr(0, size)), false, &read));
    EXPECT_FALSE(read.accepted);
  }
}

TEST(TdsTest, EachBrokenRuleIsAnAnomaly) {
  std::string outside = Login("alice");
  outside[8 + 40 + 2] = '\x7f';
  for (const std::string& packet :
       {outside, Packet(0x12, Hex("00000b0006")),
        Packet(0x12, Hex("000100 0006 ff")), Packet(0x12, Hex("ff")),
        Packet(0x10, "short")}) {
    Conversation c(kTcp, 1433);
    c.Client(Prelogin(0x12, 2)).Client(packet);
    EXPECT_THAT(c.told().anomalies, ElementsAre("tds.malformed"));
    EXPECT_TRUE(c.wants());
  }
  for (const char* head : {"7701001000000100", "1001000700000100",
                           "1001001000000101", "10e1001000000100"}) {
    Conversation c(kTcp, 1433);
    c.Client(Prelogin(0x12, 2)).Client(Hex(head));
    EXPECT_THAT(c.told().anomalies, ElementsAre("tds.framing"));
    EXPECT_FALSE(c.wants());
    EXPECT_THAT(c.Events(), SizeIs(1));
  }
}

TEST(TdsTest, TdsIsKnownOnAnyPortByteByByte) {
  Conversation c(kTcp, 9999);
  c.InPiecesOf(1).Client(PublishedPrelogin());
  EXPECT_EQ(c.told().protocol, Protocol::kTds);
}

TEST(TdsTest, OtherProtocolsAreNotTds) {
  for (const std::string& bytes :
       {Hex("1201002f00000100") + Zeros(39),
        Hex("1001002000000100") + Zeros(24), Hex("16030100050100000100"),
        std::string(60, '\x12'), Zeros(60)}) {
    Conversation c(kTcp, 9999);
    c.Client(bytes);
    EXPECT_NE(c.told().protocol, Protocol::kTds);
  }
}

}  // namespace
}  // namespace tapline::testing
