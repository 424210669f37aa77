#include "sensord/analyzers/telnet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sensord/analyzers/telnet_stream.h"
#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;

// DO TERMINAL-TYPE, WILL ECHO, WILL SUPPRESS-GO-AHEAD.
std::string ServerOptions() { return Hex("ff fd 18 ff fb 01 ff fb 03"); }
// WILL TERMINAL-TYPE, WILL NAWS, and the terminal (the example of RFC 1091).
std::string ClientOptions() {
  return Hex("ff fb 18 ff fb 1f ff fa 18 00") + "IBM-3278-2" + Hex("ff f0");
}

TEST(TelnetTest, OptionsAndALoginThatWorksAreOneEvent) {
  for (const size_t piece : {0, 1, 4}) {
    Conversation c(kTcp, 23);
    c.InPiecesOf(piece);
    c.Server(ServerOptions()).Client(ClientOptions());
    c.Server("Debian GNU/Linux\r\nhost login: ").Client("ann\r\n");
    c.Server("ann\r\nPassword: ").Client("hunter2\r\n");
    c.Server("\r\nLast login: Mon Nov  2\r\n$ ");
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Telnet t = c.Events()[0].telnet();
    EXPECT_THAT(t.client_options(),
                ElementsAre("terminal-type", "window-size"));
    EXPECT_THAT(t.server_options(), ElementsAre("echo", "suppress-go-ahead"));
    EXPECT_EQ(t.terminal(), "ibm-3278-2");
    EXPECT_EQ(t.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_TRUE(t.cleartext_password());
    EXPECT_EQ(t.login_basis(), v1::BASIS_INFERRED);
    EXPECT_EQ(t.account(), "");
    EXPECT_EQ(t.ShortDebugString().find("hunter2"), std::string::npos);
    EXPECT_FALSE(c.wants());
    EXPECT_EQ(c.told().protocol, Protocol::kTelnet);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(TelnetTest, EachRefusalIsALoginThatFailed) {
  for (const size_t piece : {0, 1}) {
    Conversation c(kTcp, 23);
    c.InPiecesOf(piece);
    c.Server(ServerOptions() + "login: ");
    c.Client("root\r\n").Server("root\r\nPassword: ").Client("x\r\n");
    c.Server("\r\nLogin incorrect\r\nlogin: ");
    c.Client("root\r\n").Server("root\r\nPassword: ").Client("y\r\n");
    // Only asks again.
    c.Server("\r\nlogin: ").Client("root\r\n").End();
    ASSERT_THAT(c.Events(), SizeIs(2)) << piece;
    EXPECT_EQ(c.Events()[1].telnet().login(), v1::LOGIN_OUTCOME_FAILED);
    EXPECT_EQ(c.Events()[1].telnet().failed_logins(), 2u);
  }
}

TEST(TelnetTest, AShellsPromptIsALoginThatWorked) {
  Conversation c(kTcp, 23);
  c.Server(ServerOptions() + "Password: ").Client("x\r\n");
  c.Server("\r\nRouter> ").Client("e");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].telnet().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
}

TEST(TelnetTest, AnOutcomeThatIsNotShownIsNotGuessed) {
  Conversation c(kTcp, 23);
  c.Server(ServerOptions() + "Password: ").Client("x\r\n");
  c.Server("\r\nsomething else\r\n").End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].telnet().login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
  EXPECT_EQ(c.Events()[0].telnet().login_basis(), v1::BASIS_UNSPECIFIED);
}

TEST(TelnetTest, TheNameInAnOptionIsMasked) {
  Conversation c(kTcp, 23);
  c.Server(Hex("ff fd 27"));
  c.Client(Hex("ff fb 27 ff fa 27 00 00") + "USER" + Hex("01") + "ann" +
           Hex("ff f0"));
  c.End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].telnet().account(), "a***");
}

TEST(TelnetTest, EncryptionEndsTheReading) {
  Conversation c(kTcp, 23);
  c.Server(ServerOptions()).Client(Hex("ff fb 26 ff fa 26 03 00 ff f0 aa"));
  EXPECT_EQ(c.told().encrypted, 1);
  EXPECT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.wants());
}

TEST(TelnetTest, TlsAfterBothSayItFollowsIsHandedOver) {
  Conversation c(kTcp, 23);
  c.Server(Hex("ff fd 2e")).Client(Hex("ff fb 2e ff fa 2e 01 ff f0"));
  c.Server(Hex("ff fa 2e 01 ff f0"));
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kTelnet));
}

TEST(TelnetTest, EachBrokenRuleIsNamed) {
  Conversation c(kTcp, 23);
  c.Server(ServerOptions() + Hex("ff f0"));
  EXPECT_THAT(c.told().anomalies, ElementsAre("telnet.malformed"));
  Conversation d(kTcp, 23);
  d.Server(ServerOptions() + Hex("ff fa 18") + std::string(600, 'x'));
  EXPECT_THAT(d.told().anomalies, ElementsAre("telnet.malformed"));
}

TEST(TelnetTest, EveryTruncationTellsOneSession) {
  const std::string all = ClientOptions();
  for (size_t size = 0; size <= all.size(); ++size) {
    Conversation c(kTcp, 23);
    c.Server(ServerOptions()).Client(all.substr(0, size)).End();
    EXPECT_THAT(c.Events(), SizeIs(1)) << size;
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(TelnetTest, NegotiationIsKnownOnAnyPort) {
  Conversation c(kTcp, 9999);
  c.Client(Hex("ff fd 03 ff fb 18"));
  EXPECT_EQ(c.told().protocol, Protocol::kTelnet);
  for (const std::string& first :
       {Hex("ff ff ff"), Hex("ff fb 80"), std::string("login: ")}) {
    Conversation d(kTcp, 9999);
    d.Server(first).End();
    EXPECT_NE(d.told().protocol, Protocol::kTelnet);
  }
}

TEST(TelnetTest, ASessionWithoutLoginIsNotFollowedForEver) {
  Conversation c(kTcp, 23);
  c.Server(ServerOptions());
  for (int i = 0; i < 100; ++i) c.Server(std::string(1000, 'x'));
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.Events(), SizeIs(1));
  Conversation alone(kTcp, 23);
  alone.Client(ClientOptions());
  for (int i = 0; i < 100; ++i) alone.Client(std::string(1000, 'x'));
  EXPECT_FALSE(alone.wants());
  EXPECT_THAT(alone.Events(), SizeIs(1));
}

TEST(TelnetStreamTest, DoubledBytesInSubnegotiationsAreOne) {
  telnet::TelnetStream stream;
  telnet::Seen seen = telnet::Seen::kNothing;
  for (const char c : Hex("ff fa 1f 00 ff ff 00 18 ff f0")) {
    seen = stream.Take(static_cast<uint8_t>(c));
  }
  EXPECT_EQ(seen, telnet::Seen::kSubnegotiation);
  EXPECT_EQ(stream.subnegotiation(), Hex("1f 00 ff 00 18"));
  EXPECT_EQ(telnet::OptionName(200), "200");
}

}  // namespace
}  // namespace tapline::testing
