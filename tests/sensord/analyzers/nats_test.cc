#include "sensord/analyzers/nats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
constexpr char kInfo[] =
    "INFO {\"server_id\":\"ND4X\",\"server_name\":\"n1\",\"version\":"
    "\"2.10.1\",\"go\":\"go1.21\",\"auth_required\":true}\r\n";
constexpr char kConnect[] =
    "CONNECT {\"verbose\":false,\"user\":\"ann\",\"pass\":\"hunter2\","
    "\"lang\":\"go\",\"version\":\"1.30.0\"}\r\n";

TEST(NatsTest, ALoginIsOneEventWithoutItsSecrets) {
  for (const size_t piece : {0, 1, 20}) {
    Conversation c(kTcp, 4222);
    c.InPiecesOf(piece).Server(kInfo).Client(kConnect);
    c.Client("PING\r\n").Server("PONG\r\n");
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Greeting g = c.Events()[0].greeting();
    EXPECT_EQ(g.protocol(), "nats");
    EXPECT_EQ(g.server_software(), "n1");
    EXPECT_EQ(g.server_version(), "2.10.1");
    EXPECT_EQ(g.client_software(), "go 1.30.0");
    EXPECT_EQ(g.auth_mechanism(), "PASSWORD");
    EXPECT_EQ(g.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_TRUE(g.cleartext_password());
    EXPECT_EQ(g.ShortDebugString().find("ann"), std::string::npos);
    EXPECT_EQ(g.ShortDebugString().find("hunter2"), std::string::npos);
    EXPECT_FALSE(c.wants());
  }
}

TEST(NatsTest, ARefusalIsALoginThatFailed) {
  Conversation c(kTcp, 4222);
  c.Server(kInfo).Client(kConnect);
  c.Server("-ERR 'Authorization Violation'\r\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].greeting().login(), v1::LOGIN_OUTCOME_FAILED);
}

TEST(NatsTest, PayloadIsNotReadAsWords) {
  for (const size_t piece : {0, 1, 20}) {
    Conversation c(kTcp, 4222);
    c.InPiecesOf(piece).Server(kInfo).Client(kConnect);
    c.Client("PUB a.b 12\r\nUNKNOWN\r\nx\r\n\r\nHPUB a 2 5\r\n12345\r\n");
    EXPECT_TRUE(c.wants());
    c.Server("MSG a.b 1 21\r\n-ERR 'Authorization'\r\n\r\n");
    EXPECT_FALSE(c.wants());
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_EQ(c.Events()[0].greeting().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(NatsTest, AServerThatSaysNothingIsNotWaitedForForEver) {
  Conversation c(kTcp, 4222);
  c.Server(kInfo).Client(kConnect);
  for (int i = 0; i < 63; ++i) c.Client("PUB a 1\r\nx\r\n");
  EXPECT_TRUE(c.wants());
  c.Client("PUB a 1\r\nx\r\n");
  EXPECT_FALSE(c.wants());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].greeting().login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
}

TEST(NatsTest, LinesThatAreNoneOfItsEndIt) {
  for (const char* line : {"PUB a b\r\n", "XYZZY\r\n"}) {
    Conversation c(kTcp, 4222);
    c.Server(kInfo).Client(kConnect).Client(line);
    EXPECT_FALSE(c.wants());
    EXPECT_THAT(c.told().anomalies, ElementsAre("nats.malformed"));
  }
  Conversation c(kTcp, 4222);
  c.Server(kInfo).Client(kConnect).Server("XYZZY\r\n");
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies, ElementsAre("nats.malformed"));
}

TEST(NatsTest, TlsAfterInfoIsHandedOver) {
  Conversation c(kTcp, 4222);
  c.Server(kInfo).Client(std::string("\x16\x03\x01\x00\x05hello", 10));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].greeting().starttls());
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kNats));
}

TEST(NatsTest, OtherFirstLinesAreMalformed) {
  Conversation c(kTcp, 4222);
  c.Server(kInfo).Client("PUB a 1\r\n");
  EXPECT_THAT(c.told().anomalies, ElementsAre("nats.malformed"));
}

TEST(NatsTest, EveryTruncationTellsOneGreetingAtMost) {
  const std::string info = kInfo;
  for (size_t size = 0; size < info.size(); ++size) {
    Conversation c(kTcp, 9999);
    c.Server(info.substr(0, size)).End();
    EXPECT_THAT(c.Events(), SizeIs(size < 6 ? 0 : 1)) << size;
  }
  Conversation c(kTcp, 9999);
  c.Server("INFO [").End();
  EXPECT_THAT(c.Events(), IsEmpty());
}

}  // namespace
}  // namespace tapline::testing
