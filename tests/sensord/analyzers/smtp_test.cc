#include "sensord/analyzers/smtp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/smtp_message.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
constexpr char kGreeting[] = "220 mx.example.org ESMTP Postfix (Debian)\r\n";

// Greeting and EHLO.
void Hello(Conversation& c) {
  c.Server(kGreeting).Client("EHLO client.example.com\r\n");
  c.Server(
      "250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n"
      "250-AUTH PLAIN LOGIN\r\n250 CHUNKING\r\n");
}

// The scenario of RFC 5321 D.1 with the names of its text.
void TypicalMail(Conversation& c) {
  c.Server("220 foo.com Simple Mail Transfer Service Ready\r\n");
  c.Client("EHLO bar.com\r\n");
  c.Server("250-foo.com greets bar.com\r\n250-8BITMIME\r\n250-SIZE\r\n");
  c.Server("250-DSN\r\n250 HELP\r\n");
  c.Client("MAIL FROM:<Smith@bar.com>\r\n").Server("250 OK\r\n");
  c.Client("RCPT TO:<Jones@foo.com>\r\n").Server("250 OK\r\n");
  c.Client("RCPT TO:<Green@foo.com>\r\n").Server("550 No such user here\r\n");
  c.Client("RCPT TO:<Brown@foo.com>\r\n").Server("250 OK\r\n");
  c.Client("DATA\r\n").Server("354 Start mail input; end with .\r\n");
  c.Client("Blah blah blah...\r\n...etc. etc. etc.\r\n.\r\n");
  c.Server("250 OK\r\n");
  c.Client("QUIT\r\n").Server("221 foo.com closing\r\n");
}

TEST(SmtpTest, TheTypicalTransactionOfTheRfcIsOneMail) {
  for (const size_t piece : {0, 1, 7}) {
    Conversation c(kTcp, 25);
    c.InPiecesOf(piece);
    TypicalMail(c);
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Smtp s = c.Events()[0].smtp();
    EXPECT_EQ(s.helo(), "bar.com");
    EXPECT_EQ(s.server_name(), "foo.com");
    EXPECT_EQ(s.server_software(), "Simple Mail Transfer Service Ready");
    EXPECT_THAT(s.extensions(), ElementsAre("8BITMIME", "SIZE", "DSN", "HELP"));
    EXPECT_EQ(s.mail_from(), "S***@bar.com");
    EXPECT_THAT(s.rcpt_to(),
                ElementsAre("J***@foo.com", "G***@foo.com", "B***@foo.com"));
    EXPECT_EQ(s.recipients(), 3u);
    EXPECT_EQ(s.recipients_accepted(), 2u);
    // The line of dots is sent with one of them doubled.
    EXPECT_EQ(s.message_bytes(), 19u + 19 - 1);
    EXPECT_EQ(s.status(), 250u);
    EXPECT_EQ(s.commands(), 6u);
    EXPECT_FALSE(c.wants());
    EXPECT_EQ(c.told().protocol, Protocol::kSmtp);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(SmtpTest, PipelinedMailsEachHaveTheirOwnReplies) {
  Conversation c(kTcp, 25);
  Hello(c);
  c.Client("MAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\nDATA\r\n");
  c.Server("250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go\r\n");
  c.Client("one\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<c@z.org>\r\nRSET\r\n");
  c.Server("250 2.0.0 queued\r\n250 2.1.0 Ok\r\n");
  c.Server("554 5.7.1 denied\r\n250 2.0.0 Ok\r\n");
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].smtp().mail_from(), "a***@x.org");
  EXPECT_EQ(c.Events()[0].smtp().message_bytes(), 5u);
  EXPECT_EQ(c.Events()[0].smtp().enhanced_status(), "2.0.0");
  EXPECT_EQ(c.Events()[1].smtp().mail_from(), "<>");
  EXPECT_EQ(c.Events()[1].smtp().recipients_accepted(), 0u);
  EXPECT_EQ(c.Events()[1].smtp().status(), 554u);
  EXPECT_EQ(c.Events()[1].smtp().enhanced_status(), "5.7.1");
  EXPECT_TRUE(c.wants());
}

TEST(SmtpTest, ChunksArePassedOverByTheirSizes) {
  for (const size_t piece : {0, 1, 9}) {
    Conversation c(kTcp, 25);
    Hello(c);
    c.InPiecesOf(piece);
    c.Client("MAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\n");
    c.Server("250 ok\r\n250 ok\r\n");
    // What a chunk holds is no command.
    c.Client("BDAT 10\r\nQUIT\r\n.\r\nx").Server("250 ok\r\n");
    c.Client("BDAT 5 LAST\r\nhello").Server("250 2.6.0 queued\r\n");
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    EXPECT_EQ(c.Events()[0].smtp().message_bytes(), 15u);
    EXPECT_EQ(c.Events()[0].smtp().enhanced_status(), "2.6.0");
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(SmtpTest, AGapInsideAChunkIsPassedOver) {
  Conversation c(kTcp, 25);
  Hello(c);
  c.Client("MAIL FROM:<a@x.org>\r\nBDAT 100 LAST\r\n0123456789");
  c.Gap(true, 90).Server("250 ok\r\n250 done\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].smtp().message_bytes(), 100u);
  c.Gap(true, 1);
  EXPECT_FALSE(c.wants());
}

TEST(SmtpTest, ALoginThatProvesItsPasswordDoesNotSendIt) {
  Conversation c(kTcp, 587);
  Hello(c);
  c.Client("AUTH CRAM-MD5\r\n").Server("334 PDE4OTY+\r\n");
  c.Client("YW5uIGI5MTNh\r\n").Server("235 2.7.0 yes\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].smtp().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
  EXPECT_FALSE(c.Events()[0].smtp().cleartext_password());
}

TEST(SmtpTest, LoginsAreToldWithTheirOutcomeAndNothingElse) {
  for (const size_t piece : {0, 1}) {
    Conversation c(kTcp, 587);
    Hello(c);
    c.InPiecesOf(piece);
    c.Client("AUTH PLAIN AGFubgBodW50ZXIy\r\n").Server("535 5.7.8 no\r\n");
    c.Client("auth login\r\n").Server("334 VXNlcm5hbWU6\r\n");
    c.Client("UVVJVA==\r\n").Server("334 UGFzc3dvcmQ6\r\n");
    c.Client("aHVudGVyMg==\r\n").Server("235 2.7.0 yes\r\n");
    ASSERT_THAT(c.Events(), SizeIs(2)) << piece;
    EXPECT_EQ(c.Events()[0].smtp().auth_mechanism(), "PLAIN");
    EXPECT_EQ(c.Events()[0].smtp().login(), v1::LOGIN_OUTCOME_FAILED);
    EXPECT_EQ(c.Events()[0].smtp().failed_logins(), 1u);
    EXPECT_TRUE(c.Events()[0].smtp().cleartext_password());
    EXPECT_TRUE(c.Events()[1].smtp().cleartext_password());
    EXPECT_EQ(c.Events()[1].smtp().auth_mechanism(), "LOGIN");
    EXPECT_EQ(c.Events()[1].smtp().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_EQ(c.Events()[1].smtp().commands(), 3u);
    for (const v1::Event& event : c.Events()) {
      const std::string text = event.ShortDebugString();
      EXPECT_EQ(text.find("aHVu"), std::string::npos);
      EXPECT_EQ(text.find("UVV"), std::string::npos);
      EXPECT_EQ(text.find("AGFu"), std::string::npos);
    }
  }
}

TEST(SmtpTest, ASecretInTheMechanismsPlaceIsNotTold) {
  Conversation c(kTcp, 587);
  Hello(c);
  c.Client("AUTH AGFubgBodW50ZXIy\r\n").Server("504 5.5.4 what\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].smtp().auth_mechanism(), "OTHER");
}

TEST(SmtpTest, StartTlsHandsOverWhatFollows) {
  Conversation c(kTcp, 25);
  Hello(c);
  c.Client("STARTTLS\r\n").Server("220 2.0.0 Ready\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].smtp().starttls());
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kSmtp));
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(SmtpTest, CommandsBehindStartTlsAreNamed) {
  Conversation c(kTcp, 25);
  Hello(c);
  c.Client("STARTTLS\r\nRSET\r\n").Server("220 2.0.0 Ready\r\n");
  EXPECT_THAT(c.told().anomalies, ElementsAre("smtp.data_after_starttls"));
}

TEST(SmtpTest, AnEndThatOnlySomeServersTakeForOneMarksTheFlow) {
  for (const char* end : {"\n.\n", "\n.\r\n", "\r\n.\n"}) {
    Conversation c(kTcp, 25);
    Hello(c);
    c.Client("MAIL FROM:<a@x.org>\r\n").Server("250 ok\r\n");
    c.Client("DATA\r\n").Server("354 go\r\n");
    c.Client(absl::StrCat("hidden", end, "MAIL FROM:<evil@x.org>\r\n"));
    EXPECT_TRUE(c.told().ambiguous);
    EXPECT_THAT(c.told().anomalies, ElementsAre("smtp.data_end_ambiguous"));
    // The server's reply shows how it took it.
    c.Server("250 ok\r\n");
    EXPECT_THAT(c.Events(), SizeIs(1));
  }
}

TEST(SmtpTest, EachBrokenRuleIsNamed) {
  struct Case {
    std::string client;
    std::string server;
    const char* anomaly;
  };
  const Case kCases[] = {
      {"XYZZY\r\n", "", "smtp.unknown_command"},
      {"", "hello\r\n", "smtp.malformed_reply"},
      {"", "25x no\r\n", "smtp.malformed_reply"},
      {absl::StrCat("NOOP ", std::string(3000, 'x'), "\r\n"), "",
       "smtp.long_line"},
      {"BDAT x LAST\r\n", "", "smtp.bad_chunk_size"},
      {"BDAT 99999999999999999999 LAST\r\n", "", "smtp.bad_chunk_size"},
  };
  for (const Case& test : kCases) {
    Conversation c(kTcp, 25);
    Hello(c);
    c.Client(test.client).Server(test.server).End();
    EXPECT_THAT(c.told().anomalies, ElementsAre(test.anomaly));
  }
}

TEST(SmtpTest, ManyLinesThatAreNoRepliesEndIt) {
  Conversation c(kTcp, 25);
  Hello(c);
  for (int i = 0; i < 16; ++i) {
    c.Server("what\r\n").Client("NOOP\r\n").Server("250 ok\r\n");
  }
  EXPECT_TRUE(c.wants());
  c.Server("what\r\n");
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(SmtpTest, AnExchangeWithoutEndEndsIt) {
  Conversation c(kTcp, 25);
  Hello(c);
  c.Client("AUTH LOGIN\r\n");
  for (int i = 0; i < 8; ++i) c.Server("334 eA==\r\n").Client("YQ==\r\n");
  EXPECT_TRUE(c.wants());
  c.Server("334 eA==\r\n");
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies, ElementsAre("smtp.long_auth"));
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(SmtpTest, ARefusedMailIsToldWithItsReason) {
  Conversation c(kTcp, 25);
  Hello(c);
  c.Client("MAIL FROM:<a@x.org>\r\n").Server("250 ok\r\n");
  c.Client("RCPT TO:<b@y.org>\r\n").Server("550 5.1.1 unknown\r\n");
  c.Client("DATA\r\n").Server("554 5.5.1 no valid recipients\r\n");
  c.Client("QUIT\r\n").Server("221 bye\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].smtp().status(), 554u);
  EXPECT_EQ(c.Events()[0].smtp().message_bytes(), 0u);
}

TEST(SmtpTest, OneSideAloneStillTellsItsMails) {
  Conversation c(kTcp, 25);
  c.Client("EHLO a.example\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\n");
  c.Client("DATA\r\nhello\r\n.\r\nQUIT\r\n").End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].smtp().message_bytes(), 7u);
  EXPECT_EQ(c.Events()[0].smtp().status(), 0u);
}

TEST(SmtpTest, WhatWaitsForAServerThatIsNotSeenIsBounded) {
  Conversation c(kTcp, 25);
  std::string noops;
  for (int i = 0; i < 1000; ++i) noops += "NOOP\r\n";
  // The end of the mail is what comes when 128 wait.
  c.Client(absl::StrCat("EHLO a.example\r\n", noops.substr(0, 6 * 126)));
  c.Client("DATA\r\nhello\r\n.\r\n");
  for (int i = 0; i < 100; ++i) c.Client(noops);
  EXPECT_LE(c.peak_memory(), 16u << 10);
  EXPECT_TRUE(c.wants());
}

TEST(SmtpTest, AGreetingThatNamesNothingWaitsForTheClient) {
  Conversation c(kTcp, 9999);
  c.Server("220 hello\r\n");
  EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
  c.Client("HELO me\r\n");
  EXPECT_EQ(c.told().protocol, Protocol::kSmtp);
  Conversation d(kTcp, 25);
  d.Server("220 hello\r\n").Client("USER ann\r\n");
  EXPECT_EQ(d.told().protocol, Protocol::kFtp);
}

TEST(SmtpTest, AMidstreamFlowMayComeFromTheServer) {
  Conversation c(kTcp, 40001, 25);
  c.Midstream();
  c.Client("250 ok\r\n").Server("MAIL FROM:<a@x.org>\r\n");
  c.Client("250 ok\r\n").Server("RCPT TO:<b@y.org>\r\n").End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].smtp().recipients(), 1u);
}

TEST(SmtpTest, EveryTruncationOfTheClientTellsAtMostOneMail) {
  const std::string client =
      "EHLO a\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\nDATA\r\n"
      "x\r\n.\r\n";
  for (size_t size = 0; size < client.size(); ++size) {
    Conversation c(kTcp, 25);
    c.Server(kGreeting).Client(client.substr(0, size)).End();
    EXPECT_THAT(c.told().anomalies, IsEmpty()) << size;
    ASSERT_THAT(c.Events(), SizeIs(1)) << size;
    EXPECT_EQ(c.Events()[0].smtp().status(), 0u);
  }
}

TEST(SmtpTest, WithoutRepliesNothingGrowsWithoutEnd) {
  Conversation c(kTcp, 25);
  c.Server(kGreeting);
  for (int i = 0; i < 2000; ++i) {
    c.Client("MAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\n");
  }
  EXPECT_LT(c.peak_memory(), 64u << 10);
  EXPECT_THAT(c.Events(), SizeIs(1992));
}

TEST(SmtpAddressTest, OnlyDomainsAndFirstCharactersAreKept) {
  using smtp::MaskedAddress;
  EXPECT_EQ(MaskedAddress("FROM:<ann@example.org> SIZE=1"), "a***@example.org");
  EXPECT_EQ(MaskedAddress("TO: <ann@example.org>"), "a***@example.org");
  EXPECT_EQ(MaskedAddress("FROM:ann@example.org SIZE=1"), "a***@example.org");
  EXPECT_EQ(MaskedAddress("TO:<@a.org,@b.org:ann@c.org>"), "a***@c.org");
  EXPECT_EQ(MaskedAddress("TO:<\"a>b\"@c.org>"), "\"***@c.org");
  EXPECT_EQ(MaskedAddress("FROM:<>"), "<>");
  EXPECT_EQ(MaskedAddress("FROM"), "");
  EXPECT_EQ(MaskedAddress("TO:<@"), "");
  EXPECT_EQ(MaskedAddress("TO:<postmaster>"), "p***");
}

}  // namespace
}  // namespace tapline::testing
