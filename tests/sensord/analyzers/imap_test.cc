#include "sensord/analyzers/imap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/imap_message.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
constexpr char kGreeting[] =
    "* OK [CAPABILITY IMAP4rev1 ID STARTTLS AUTH=PLAIN] Dovecot ready.\r\n";

// RFC 9051 6.2.1 and 6.2.3, and RFC 2971 3.2 between them.
TEST(ImapTest, ALoginAfterIdIsOneEventAndTheEnd) {
  for (const size_t piece : {0, 1, 7}) {
    Conversation c(kTcp, 143);
    c.InPiecesOf(piece);
    c.Server(kGreeting);
    c.Client("a023 ID (\"name\" \"sodr\" \"version\" \"19.34\")\r\n");
    c.Server("* ID (\"name\" \"Cyrus\" \"version\" \"1.5\" \"os\" NIL)\r\n");
    c.Server("a023 OK ID completed\r\n");
    c.Client("a001 LOGIN SMITH SESAME\r\n");
    c.Server("a001 OK LOGIN completed\r\n");
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Imap i = c.Events()[0].imap();
    EXPECT_EQ(i.server_software(), "Dovecot ready.");
    EXPECT_THAT(i.capabilities(),
                ElementsAre("IMAP4REV1", "ID", "STARTTLS", "AUTH=PLAIN"));
    EXPECT_EQ(i.client_id(), "sodr 19.34");
    EXPECT_EQ(i.server_id(), "Cyrus 1.5");
    EXPECT_EQ(i.auth_mechanism(), "LOGIN");
    EXPECT_EQ(i.account(), "S***");
    EXPECT_EQ(i.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_TRUE(i.cleartext_password());
    EXPECT_EQ(i.commands(), 2u);
    EXPECT_EQ(i.ShortDebugString().find("SESAME"), std::string::npos);
    EXPECT_FALSE(c.wants());
    EXPECT_EQ(c.told().protocol, Protocol::kImap);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(ImapTest, WhatAuthenticateCarriesIsNoCommand) {
  for (const size_t piece : {0, 1}) {
    Conversation c(kTcp, 143);
    c.InPiecesOf(piece);
    c.Server(kGreeting).Client("1 AUTHENTICATE plain\r\n").Server("+ \r\n");
    c.Client("AGFubgBodW50ZXIy\r\n").Server("1 NO failed\r\n");
    c.Client("2 AUTHENTICATE PLAIN AGFubgB4\r\n").Server("2 NO failed\r\n");
    ASSERT_THAT(c.Events(), SizeIs(2)) << piece;
    EXPECT_TRUE(c.Events()[0].imap().cleartext_password());
    EXPECT_TRUE(c.Events()[1].imap().cleartext_password());
    EXPECT_EQ(c.Events()[1].imap().auth_mechanism(), "PLAIN");
    EXPECT_EQ(c.Events()[1].imap().login(), v1::LOGIN_OUTCOME_FAILED);
    EXPECT_EQ(c.Events()[1].imap().failed_logins(), 2u);
    EXPECT_EQ(c.Events()[1].imap().commands(), 2u);
    EXPECT_TRUE(c.wants());
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(ImapTest, ASecretInTheMechanismsPlaceIsNotTold) {
  Conversation c(kTcp, 143);
  c.Server(kGreeting).Client("1 AUTHENTICATE AGFubgBodW50ZXIy\r\n");
  c.Server("1 NO failed\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].imap().auth_mechanism(), "OTHER");
}

TEST(ImapTest, OnlyWhatShowsThePasswordIsALoginInTheClear) {
  Conversation c(kTcp, 143);
  c.Server(kGreeting).Client("1 AUTHENTICATE CRAM-MD5\r\n");
  c.Server("+ PDE4OTY+\r\n").Client("YW5uIGI5MTNh\r\n");
  c.Server("1 NO failed\r\n");
  c.Client("2 AUTHENTICATE PLAIN\r\n").Server("+ \r\n").Client("*\r\n");
  c.Server("2 BAD given up\r\n");
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_FALSE(c.Events()[0].imap().cleartext_password());
  EXPECT_FALSE(c.Events()[1].imap().cleartext_password());
}

TEST(ImapTest, LiteralsArePassedOverByTheirLength) {
  for (const size_t piece : {0, 1, 5}) {
    Conversation c(kTcp, 143);
    c.InPiecesOf(piece);
    c.Server(kGreeting).Client("1 LOGIN {5}\r\n").Server("+ go\r\n");
    // What a literal holds is no command.
    c.Client("a\r\nb\n {9+}\r\n2 LOGIN x\r\n");
    c.Server("* LIST () \"/\" {4}\r\n1 OK {2}\r\nab\r\n");
    EXPECT_THAT(c.Events(), IsEmpty()) << piece;
    c.Server("1 NO no\r\n");
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    EXPECT_EQ(c.Events()[0].imap().account(), "");
    EXPECT_EQ(c.Events()[0].imap().commands(), 1u);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(ImapTest, AGapInsideALiteralIsPassedOver) {
  Conversation c(kTcp, 143);
  c.Server(kGreeting).Client("1 LOGIN {100}\r\n").Gap(true, 100);
  c.Client(" x\r\n").Server("1 OK done\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].imap().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
}

TEST(ImapTest, StartTlsHandsOverWhatFollows) {
  Conversation c(kTcp, 143);
  c.Server(kGreeting).Client("a STARTTLS\r\n").Server("a OK begin\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].imap().starttls());
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kImap));
  Conversation d(kTcp, 143);
  d.Server(kGreeting).Client("a STARTTLS\r\nb LOGIN x y\r\n");
  d.Server("a OK begin\r\n");
  EXPECT_THAT(d.told().anomalies, ElementsAre("imap.data_after_starttls"));
}

TEST(ImapTest, WorkShowsThatSomebodyIsLoggedIn) {
  Conversation c(kTcp, 143);
  c.Server("* PREAUTH IMAP4rev1 ready\r\n").Client("1 SELECT INBOX\r\n");
  c.Server("* 172 EXISTS\r\n1 OK [READ-WRITE] done\r\n");
  EXPECT_FALSE(c.wants());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].imap().server_software(), "IMAP4rev1 ready");
  EXPECT_EQ(c.Events()[0].imap().login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
}

TEST(ImapTest, EachBrokenRuleIsNamed) {
  struct Case {
    std::string client;
    std::string server;
    const char* anomaly;
  };
  const Case kCases[] = {
      {"* LOGIN a b\r\n", "", "imap.malformed_command"},
      {"", "{x} what\r\n", "imap.malformed_reply"},
      {absl::StrCat("1 LOGIN ", std::string(5000, 'x'), "\r\n"), "",
       "imap.long_line"},
      {"1 LOGIN {99999999999999999999}\r\n", "", "imap.bad_literal"},
  };
  for (const Case& test : kCases) {
    Conversation c(kTcp, 143);
    c.Server(kGreeting).Client(test.client).Server(test.server).End();
    EXPECT_THAT(c.told().anomalies, ElementsAre(test.anomaly));
    EXPECT_THAT(c.Events(), SizeIs(1));
  }
}

TEST(ImapTest, ManyLinesThatAreNoCommandsEndIt) {
  Conversation c(kTcp, 143);
  c.Server(kGreeting).Client("1 NOOP\r\n");
  for (int i = 0; i < 16; ++i) c.Client("\r\n");
  EXPECT_TRUE(c.wants());
  c.Client("\r\n");
  EXPECT_FALSE(c.wants());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].imap().commands(), 1);
}

TEST(ImapTest, ManyUnknownCommandsEndIt) {
  Conversation c(kTcp, 143);
  c.Server(kGreeting);
  for (int i = 0; i < 16; ++i) c.Client("1 XYZZY\r\n2 NOOP\r\n");
  EXPECT_TRUE(c.wants());
  c.Client("1 XYZZY\r\n");
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies, ElementsAre("imap.unknown_command"));
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(ImapTest, ManyRepliesToNothingEndIt) {
  Conversation c(kTcp, 143);
  c.Server(kGreeting);
  for (int i = 0; i < 16; ++i) c.Server("1 OK\r\n");
  EXPECT_TRUE(c.wants());
  c.Server("1 OK\r\n");
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(ImapTest, AnExchangeWithoutEndEndsIt) {
  Conversation c(kTcp, 143);
  c.Server(kGreeting);
  for (int login = 0; login < 8; ++login) {
    c.Client("1 AUTHENTICATE LOGIN\r\n").Server("+ VXNlcg==\r\n");
    c.Client("YQ==\r\n").Server("+ UGFzcw==\r\n").Client("Yg==\r\n");
    c.Server("1 NO\r\n");
  }
  EXPECT_THAT(c.Events(), SizeIs(8));
  c.Client("1 AUTHENTICATE LOGIN\r\n");
  for (int i = 0; i < 8; ++i) c.Server("+\r\n").Client("YQ==\r\n");
  EXPECT_TRUE(c.wants());
  c.Server("+\r\n");
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies, ElementsAre("imap.long_auth"));
}

TEST(ImapTest, EveryTruncationTellsOneSession) {
  const std::string server = absl::StrCat(kGreeting, "1 OK done\r\n");
  for (size_t size = 4; size < server.size(); ++size) {
    Conversation c(kTcp, 143);
    c.Server(server.substr(0, 4)).Client("1 NOOP\r\n2 LOGIN a b\r\n");
    c.Server(server.substr(4, size - 4)).End();
    EXPECT_THAT(c.Events(), SizeIs(1)) << size;
    EXPECT_EQ(c.Events()[0].imap().login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
  }
}

TEST(ImapTest, AClientThatSpeaksFirstIsKnownByTagAndCommand) {
  Conversation c(kTcp, 9999);
  c.Client("A001 CAPABILITY\r\n");
  EXPECT_EQ(c.told().protocol, Protocol::kImap);
  for (const char* first : {"NICK login\r\n", "get id\r\n", "a1 hello\r\n",
                            "GET / HTTP/1.1\r\n", "EHLO list\r\n"}) {
    Conversation d(kTcp, 9999);
    d.Client(first).End();
    EXPECT_NE(d.told().protocol, Protocol::kImap) << first;
  }
}

TEST(ImapMessageTest, LiteralsAreReadAtTheEndOfALineOnly) {
  uint64_t bytes = 0;
  EXPECT_EQ(imap::LiteralAtEnd("a {12}", &bytes), imap::Literal::kBytes);
  EXPECT_EQ(bytes, 12u);
  EXPECT_EQ(imap::LiteralAtEnd("a {7+}", &bytes), imap::Literal::kBytes);
  EXPECT_EQ(bytes, 7u);
  EXPECT_EQ(imap::LiteralAtEnd("a {12} ", &bytes), imap::Literal::kNone);
  EXPECT_EQ(imap::LiteralAtEnd("a {}", &bytes), imap::Literal::kNone);
  EXPECT_EQ(imap::LiteralAtEnd("a {x}", &bytes), imap::Literal::kNone);
  EXPECT_EQ(imap::LiteralAtEnd("}", &bytes), imap::Literal::kNone);
}

TEST(ImapMessageTest, StringsMayBeQuoted) {
  absl::string_view text = "\"a \\\"b\\\"\" c {5}";
  EXPECT_EQ(imap::TakeString(&text), "a \"b\"");
  EXPECT_EQ(imap::TakeString(&text), "c");
  EXPECT_EQ(imap::TakeString(&text), "");
  EXPECT_EQ(imap::ClientOfId("NIL"), "");
  EXPECT_EQ(imap::ClientOfId("(\"name\" \"x\")"), "x");
}

}  // namespace
}  // namespace tapline::testing
