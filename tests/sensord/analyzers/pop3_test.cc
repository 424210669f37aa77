#include "sensord/analyzers/pop3.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
// The greeting of RFC 1939 10.
constexpr char kGreeting[] =
    "+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n";

TEST(Pop3Test, TheSessionOfTheRfcIsOneLogin) {
  for (const size_t piece : {0, 1, 9}) {
    Conversation c(kTcp, 110);
    c.InPiecesOf(piece);
    c.Server(kGreeting);
    c.Client("APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n");
    c.Server("+OK mrose's maildrop has 2 messages (320 octets)\r\n");
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Pop3 p = c.Events()[0].pop3();
    EXPECT_EQ(p.server_software(), "POP3 server ready");
    EXPECT_EQ(p.auth_mechanism(), "APOP");
    EXPECT_EQ(p.account(), "m***");
    EXPECT_EQ(p.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_FALSE(p.cleartext_password());
    EXPECT_EQ(p.commands(), 1u);
    EXPECT_FALSE(c.wants());
    EXPECT_EQ(c.told().protocol, Protocol::kPop3);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  }
}

TEST(Pop3Test, EachRefusedPasswordIsALoginThatFailed) {
  for (const size_t piece : {0, 1}) {
    Conversation c(kTcp, 110);
    c.InPiecesOf(piece);
    c.Server(kGreeting).Client("CAPA\r\n");
    c.Server("+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\nSTLS\r\n.\r\n");
    c.Client("USER ann\r\n").Server("+OK\r\n");
    c.Client("PASS hunter2\r\n").Server("-ERR no\r\n");
    c.Client("AUTH PLAIN\r\n").Server("+ \r\n");
    c.Client("QUIT\r\n").Server("-ERR no\r\n");
    ASSERT_THAT(c.Events(), SizeIs(2)) << piece;
    EXPECT_THAT(c.Events()[0].pop3().capabilities(),
                ElementsAre("USER", "SASL", "STLS"));
    EXPECT_EQ(c.Events()[0].pop3().auth_mechanism(), "USER");
    EXPECT_TRUE(c.Events()[0].pop3().cleartext_password());
    EXPECT_EQ(c.Events()[0].pop3().login(), v1::LOGIN_OUTCOME_FAILED);
    EXPECT_EQ(c.Events()[1].pop3().auth_mechanism(), "PLAIN");
    EXPECT_EQ(c.Events()[1].pop3().account(), "");
    EXPECT_EQ(c.Events()[1].pop3().failed_logins(), 2u);
    for (const v1::Event& event : c.Events()) {
      EXPECT_EQ(event.ShortDebugString().find("hunter"), std::string::npos);
    }
    EXPECT_TRUE(c.wants());
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(Pop3Test, ASecretInTheMechanismsPlaceIsNotTold) {
  Conversation c(kTcp, 110);
  c.Server(kGreeting).Client("AUTH AGFubgBodW50ZXIy\r\n");
  c.Server("-ERR no\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].pop3().auth_mechanism(), "OTHER");
}

TEST(Pop3Test, StlsHandsOverWhatFollows) {
  Conversation c(kTcp, 110);
  c.Server(kGreeting).Client("STLS\r\n").Server("+OK begin\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].pop3().starttls());
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kPop3));
  Conversation d(kTcp, 110);
  d.Server(kGreeting).Client("STLS\r\nUSER x\r\n").Server("+OK begin\r\n");
  EXPECT_THAT(d.told().anomalies, ElementsAre("pop3.data_after_stls"));
}

TEST(Pop3Test, WorkShowsThatSomebodyIsLoggedIn) {
  Conversation c(kTcp, 110);
  c.Midstream().Client("RETR 1\r\n").Server("+OK 120 octets\r\n");
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.told().protocol, Protocol::kPop3);
}

TEST(Pop3Test, EachBrokenRuleIsNamed) {
  struct Case {
    std::string client;
    std::string server;
    const char* anomaly;
  };
  const Case kCases[] = {
      {"HELLO\r\n", "", "pop3.unknown_command"},
      {"", "OK\r\n", "pop3.malformed_reply"},
      {absl::StrCat("USER ", std::string(3000, 'x'), "\r\n"), "",
       "pop3.long_line"},
  };
  for (const Case& test : kCases) {
    Conversation c(kTcp, 110);
    c.Server(kGreeting).Client(test.client).Server(test.server).End();
    EXPECT_THAT(c.told().anomalies, ElementsAre(test.anomaly));
    EXPECT_THAT(c.Events(), SizeIs(1));
  }
}

TEST(Pop3Test, ManyLinesThatAreNoRepliesEndIt) {
  for (const char* request : {"NOOP\r\n", "CAPA\r\n"}) {
    const bool list = request[0] == 'C';
    Conversation c(kTcp, 110);
    c.Server(kGreeting).Client(request).Server("+OK\r\n");
    const std::string line = list ? "\r\n" : "what\r\n";
    for (int i = 0; i < 16; ++i) c.Server(line);
    EXPECT_TRUE(c.wants());
    c.Server(line);
    EXPECT_FALSE(c.wants()) << request;
    EXPECT_THAT(c.Events(), SizeIs(1));
  }
}

TEST(Pop3Test, AnExchangeWithoutEndEndsIt) {
  Conversation c(kTcp, 110);
  c.Server(kGreeting).Client("AUTH PLAIN\r\n");
  for (int i = 0; i < 16; ++i) c.Client("YQ==\r\n");
  EXPECT_TRUE(c.wants());
  c.Client("YQ==\r\n");
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies, ElementsAre("pop3.long_auth"));
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(Pop3Test, EveryTruncationTellsOneSession) {
  const std::string server = absl::StrCat(kGreeting, "+OK\r\n+OK in\r\n");
  for (size_t size = 4; size < server.size(); ++size) {
    Conversation c(kTcp, 110);
    c.Server(server.substr(0, 4)).Client("USER a\r\nPASS b\r\n");
    c.Server(server.substr(4, size - 4)).End();
    ASSERT_THAT(c.Events(), SizeIs(1)) << size;
    EXPECT_EQ(c.Events()[0].pop3().login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
  }
}

TEST(Pop3Test, OtherProtocolsAreNotPop3) {
  for (const char* first :
       {"* OK IMAP4rev1\r\n", "220 FTP\r\n", "+OKAY\r\n", "+PONG\r\n"}) {
    Conversation c(kTcp, 9999);
    c.Server(first).End();
    EXPECT_NE(c.told().protocol, Protocol::kPop3) << first;
  }
  // Redis speaks second.
  Conversation c(kTcp, 9999);
  c.Client("*1\r\n$4\r\nPING\r\n").Server("+OK\r\n");
  EXPECT_NE(c.told().protocol, Protocol::kPop3);
}

}  // namespace
}  // namespace tapline::testing
