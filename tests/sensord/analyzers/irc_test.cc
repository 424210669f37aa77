#include "sensord/analyzers/irc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

TEST(IrcTest, ARegistrationIsOneEvent) {
  for (const size_t piece : {0, 1, 7}) {
    Conversation c(kTcp, 6667);
    c.InPiecesOf(piece);
    c.Client("NICK Wiz\r\nUSER guest 0 * :Ronnie Reagan\r\n");
    c.Server(":irc.example.org 001 Wiz :Welcome\r\n");
    c.Server(":irc.example.org 002 Wiz :Your host\r\n");
    c.Server(":irc.example.org 004 Wiz irc.example.org ircd-2.11 ao mtov\r\n");
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Greeting g = c.Events()[0].greeting();
    EXPECT_EQ(g.protocol(), "irc");
    EXPECT_EQ(g.server_software(), "irc.example.org");
    EXPECT_EQ(g.server_version(), "ircd-2.11");
    EXPECT_EQ(g.login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
    EXPECT_EQ(g.ShortDebugString().find("Wiz"), std::string::npos);
    EXPECT_FALSE(c.wants());
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  }
}

TEST(IrcTest, SaslIsRightOrWrongAndNeverTold) {
  for (const bool good : {true, false}) {
    Conversation c(kTcp, 6667);
    c.Client("CAP LS 302\r\nNICK a\r\nUSER a 0 * :a\r\n");
    c.Server(":s CAP * LS :sasl\r\n").Client("AUTHENTICATE plain\r\n");
    c.Server("AUTHENTICATE +\r\n").Client("AUTHENTICATE aHVudGVyMg==\r\n");
    c.Server(good ? ":s 903 a :ok\r\n" : ":s 904 a :no\r\n").End();
    ASSERT_THAT(c.Events(), SizeIs(1));
    const v1::Greeting g = c.Events()[0].greeting();
    EXPECT_EQ(g.auth_mechanism(), "PLAIN");
    EXPECT_TRUE(g.cleartext_password());
    EXPECT_EQ(g.login(),
              good ? v1::LOGIN_OUTCOME_SUCCEEDED : v1::LOGIN_OUTCOME_FAILED);
  }
}

TEST(IrcTest, ASecretInTheMechanismsPlaceIsNotTold) {
  Conversation c(kTcp, 6667);
  c.Client("NICK a\r\nUSER a 0 * :a\r\nAUTHENTICATE AGFubgBodW50ZXIy\r\n");
  c.Server(":s 904 a :no\r\n").End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].greeting().auth_mechanism(), "OTHER");
}

TEST(IrcTest, AWrongPasswordEndsIt) {
  Conversation c(kTcp, 6667);
  c.Client("PASS hunter2\r\nNICK a\r\nUSER a 0 * :a\r\n");
  c.Server(":s 464 a :Password incorrect\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].greeting().login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_TRUE(c.Events()[0].greeting().cleartext_password());
  EXPECT_EQ(c.Events()[0].ShortDebugString().find("hunter2"),
            std::string::npos);
}

TEST(IrcTest, StartTlsHandsOverWhatFollows) {
  Conversation c(kTcp, 6667);
  c.Client("CAP LS\r\nSTARTTLS\r\n").Server(":s 670 * :go\r\n");
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kIrc));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].greeting().starttls());
}

TEST(IrcTest, ServersThatSpeakFirstAreKnown) {
  for (const char* first : {":irc.example.org NOTICE AUTH :*** Looking up\r\n",
                            "NOTICE AUTH :*** Looking up\r\n"}) {
    Conversation c(kTcp, 9999);
    c.Server(first);
    EXPECT_EQ(c.told().protocol, Protocol::kIrc) << first;
  }
}

TEST(IrcTest, OtherProtocolsAreNotIrc) {
  for (const char* first :
       {"USER ann\r\nPASS x\r\n", "NICK a b c\r\n", "PASS x\r\nSTAT\r\n",
        "GET / HTTP/1.1\r\n", ":) hello there\r\n", "NICKNAME\r\n"}) {
    Conversation c(kTcp, 9999);
    c.Client(first).End();
    EXPECT_NE(c.told().protocol, Protocol::kIrc) << first;
  }
}

TEST(IrcTest, EveryTruncationTellsOneGreetingAtMost) {
  const std::string client = "NICK Wiz\r\nUSER guest 0 * :R\r\n";
  for (size_t size = 0; size < client.size(); ++size) {
    Conversation c(kTcp, 9999);
    c.Client(client.substr(0, size)).End();
    EXPECT_THAT(c.Events(), SizeIs(size < 9 ? 0 : 1)) << size;
  }
}

TEST(IrcTest, ARegistrationIsNotFollowedForEver) {
  Conversation c(kTcp, 6667);
  c.Client("NICK a\r\n");
  for (int i = 0; i < 600; ++i) c.Server(":s NOTICE a :wait\r\n");
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.Events(), SizeIs(1));
}

}  // namespace
}  // namespace tapline::testing
