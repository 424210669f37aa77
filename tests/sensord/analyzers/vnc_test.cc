#include "sensord/analyzers/vnc.h"

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

// RFC 6143 7.3.2.
std::string ServerInit() {
  return Hex("05 00 04 00 20 18 00 01 00 ff 00 ff 00 ff 10 08 00 00 00 00") +
         Big32(4) + "desk";
}

TEST(VncTest, AHandshakeOfVersion38IsOneEvent) {
  for (const size_t piece : {0, 1, 5}) {
    Conversation c(kTcp, 5900);
    c.InPiecesOf(piece);
    c.Server("RFB 003.008\n").Client("RFB 003.008\n");
    c.Server(Hex("02 01 02")).Client(Hex("02"));
    c.Server(std::string(16, 'c')).Client(std::string(16, 'r'));
    c.Server(Big32(0)).Client(Hex("01")).Server(ServerInit());
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Vnc v = c.Events()[0].vnc();
    EXPECT_EQ(v.server_version(), "3.8");
    EXPECT_EQ(v.client_version(), "3.8");
    EXPECT_THAT(v.security_offered(), ElementsAre("none", "vnc"));
    EXPECT_EQ(v.security(), "vnc");
    EXPECT_EQ(v.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_TRUE(v.shared());
    EXPECT_EQ(v.width(), 1280u);
    EXPECT_EQ(v.height(), 1024u);
    EXPECT_EQ(v.desktop_name(), "desk");
    EXPECT_FALSE(c.wants());
    EXPECT_EQ(c.told().protocol, Protocol::kVnc);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(VncTest, AWrongPasswordIsALoginThatFailed) {
  Conversation c(kTcp, 5900);
  c.Server("RFB 003.008\n").Client("RFB 003.003\n");
  c.Server(Big32(2) + std::string(16, 'c')).Client(std::string(16, 'r'));
  c.Server(Big32(1));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].vnc().client_version(), "3.3");
  EXPECT_EQ(c.Events()[0].vnc().login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_FALSE(c.wants());
}

TEST(VncTest, WithoutPasswordNobodyLogsIn) {
  for (const bool old : {true, false}) {
    const std::string version = old ? "RFB 003.007\n" : "RFB 003.008\n";
    Conversation c(kTcp, 5900);
    c.Server(version).Client(version).Server(Hex("01 01")).Client(Hex("01"));
    if (!old) c.Server(Big32(0));
    c.Client(Hex("00")).Server(ServerInit());
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_EQ(c.Events()[0].vnc().security(), "none");
    EXPECT_EQ(c.Events()[0].vnc().login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
    EXPECT_EQ(c.Events()[0].vnc().width(), 1280u);
  }
}

TEST(VncTest, AppleAuthenticationIsFollowed) {
  Conversation c(kTcp, 5900);
  c.Server("RFB 003.889\n").Client("RFB 003.889\n");
  c.Server(Hex("02 1e 23")).Client(Hex("1e"));
  c.Server(Big16(2) + Big16(128) + std::string(256, 'p'));
  c.Client(std::string(256, 'k')).Server(Big32(0)).Client(Hex("01"));
  c.Server(ServerInit());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_THAT(c.Events()[0].vnc().security_offered(),
              ElementsAre("apple-dh", "apple-kerberos"));
  EXPECT_EQ(c.Events()[0].vnc().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
}

TEST(VncTest, TlsIsHandedOverAndVeNCryptIsEncrypted) {
  Conversation c(kTcp, 5900);
  c.Server("RFB 003.008\n").Client("RFB 003.008\n").Server(Hex("01 12"));
  c.Client(Hex("12"));
  EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kVnc));
  Conversation d(kTcp, 5900);
  d.Server("RFB 003.008\n").Client("RFB 003.008\n").Server(Hex("01 13"));
  d.Client(Hex("13"));
  EXPECT_EQ(d.told().encrypted, 1);
  EXPECT_FALSE(d.wants());
}

TEST(VncTest, TheServerMayHaveOpenedTheConnection) {
  Conversation c(kTcp, 5500);
  c.Client("RFB 003.008\n").Server("RFB 003.007\n").Client(Hex("01 01"));
  c.Server(Hex("01")).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].vnc().client_version(), "3.7");
}

TEST(VncTest, EachBrokenRuleIsNamed) {
  Conversation c(kTcp, 5900);
  c.Server("RFB 003.008\n").Client("RFB 3.8     ");
  EXPECT_THAT(c.told().anomalies, ElementsAre("vnc.malformed"));
  Conversation d(kTcp, 5900);
  d.Server("RFB 003.008\n").Client("RFB 003.008\n").Server(Hex("01 01"));
  d.Client(Hex("01")).Server(Big32(9));
  EXPECT_THAT(d.told().anomalies, ElementsAre("vnc.malformed"));
  Conversation e(kTcp, 5900);
  e.Server("RFB 003.008\n").Client("RFB 003.008\n").Server(Hex("00"));
  ASSERT_THAT(e.Events(), SizeIs(1));
  EXPECT_EQ(e.Events()[0].vnc().login(), v1::LOGIN_OUTCOME_FAILED);
}

TEST(VncTest, EveryTruncationTellsOneHandshakeAtMost) {
  const std::string server =
      "RFB 003.008\n" + Hex("01 01") + Big32(0) + ServerInit();
  for (size_t size = 0; size < server.size(); ++size) {
    Conversation c(kTcp, 9999);
    c.Server(server.substr(0, size)).Client("RFB 003.008\n" + Hex("01 01"));
    c.End();
    EXPECT_THAT(c.Events(), SizeIs(size == 0 || size >= 12 ? 1 : 0)) << size;
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

}  // namespace
}  // namespace tapline::testing
