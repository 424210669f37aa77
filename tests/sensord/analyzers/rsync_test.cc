#include "sensord/analyzers/rsync.h"

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

TEST(RsyncTest, AModuleThatIsOpenIsOneEvent) {
  for (const size_t piece : {0, 1, 5}) {
    Conversation c(kTcp, 873);
    c.InPiecesOf(piece);
    c.Server("@RSYNCD: 31.0 sha512 md5\n").Client("@RSYNCD: 30.0\n");
    c.Server("Welcome\n").Client("pub\n").Server("@RSYNCD: OK\n");
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Greeting g = c.Events()[0].greeting();
    EXPECT_EQ(g.protocol(), "rsync");
    EXPECT_EQ(g.server_version(), "31.0");
    EXPECT_EQ(g.client_software(), "30.0");
    EXPECT_EQ(g.request(), "pub");
    EXPECT_EQ(g.login(), v1::LOGIN_OUTCOME_UNSPECIFIED);
    EXPECT_FALSE(c.wants());
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  }
}

TEST(RsyncTest, PasswordsAreRightOrWrongAndNeverTold) {
  for (const bool good : {true, false}) {
    Conversation c(kTcp, 873);
    c.Server("@RSYNCD: 31.0\n").Client("@RSYNCD: 31.0\nsecret\n");
    c.Server("@RSYNCD: AUTHREQD aGVsbG8\n").Client("ann V2hhdCBldmVy\n");
    c.Server(good ? "@RSYNCD: OK\n" : "@ERROR: auth failed on module secret\n");
    ASSERT_THAT(c.Events(), SizeIs(1));
    const v1::Greeting g = c.Events()[0].greeting();
    EXPECT_EQ(g.login(),
              good ? v1::LOGIN_OUTCOME_SUCCEEDED : v1::LOGIN_OUTCOME_FAILED);
    EXPECT_EQ(g.ShortDebugString().find("V2hh"), std::string::npos);
  }
}

TEST(RsyncTest, AClientThatSpeaksOtherwiseIsMalformed) {
  Conversation c(kTcp, 873);
  c.Server("@RSYNCD: 31.0\n").Client("hello\n");
  EXPECT_THAT(c.told().anomalies, ElementsAre("rsync.malformed"));
  EXPECT_FALSE(c.wants());
}

TEST(RsyncTest, EveryTruncationTellsOneGreeting) {
  const std::string server = "@RSYNCD: 31.0\n@RSYNCD: OK\n";
  for (size_t size = 9; size < server.size(); ++size) {
    Conversation c(kTcp, 9999);
    c.Server(server.substr(0, size)).End();
    EXPECT_THAT(c.Events(), SizeIs(1)) << size;
  }
  Conversation c(kTcp, 9999);
  c.Server("@RSYNCX: 31.0\n").End();
  EXPECT_THAT(c.Events(), IsEmpty());
}

}  // namespace
}  // namespace tapline::testing
