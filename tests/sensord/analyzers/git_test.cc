#include "sensord/analyzers/git.h"

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
// The example of git-scm.com/docs/gitprotocol-pack.
const std::string kRequest(
    "0033git-upload-pack /project.git\0host=myserver.com\0", 51);

TEST(GitTest, TheRequestOfTheDocumentIsOneEventAndTheEnd) {
  for (const size_t piece : {0, 1, 10}) {
    Conversation c(kTcp, 9418);
    c.InPiecesOf(piece).Client(kRequest);
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Greeting g = c.Events()[0].greeting();
    EXPECT_EQ(g.protocol(), "git");
    EXPECT_EQ(g.request(), "git-upload-pack /project.git");
    EXPECT_EQ(g.host(), "myserver.com");
    EXPECT_EQ(c.told().host, "myserver.com");
    EXPECT_EQ(c.told().protocol, Protocol::kGit);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
    EXPECT_FALSE(c.wants());
  }
}

TEST(GitTest, ExtraParametersAreRead) {
  Conversation c(kTcp, 9999);
  c.Client(
      std::string("003egit-receive-pack /f81d4fae-7dec-11d0-a765-"
                  "00a0c91e6bf6\0\0\0\0",
                  62));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].greeting().request(),
            "git-receive-pack /[redacted:opaque]");
  Conversation d(kTcp, 9418);
  d.Client(std::string("0029git-upload-pack /a\0host=b\0\0version=2\0", 41));
  EXPECT_EQ(d.told().host, "b");
}

TEST(GitTest, ARequestWithoutPathIsMalformed) {
  Conversation c(kTcp, 9418);
  c.Client("0014git-upload-pack ");
  EXPECT_THAT(c.told().anomalies, ElementsAre("git.malformed"));
}

TEST(GitTest, EveryTruncationTellsNothing) {
  for (size_t size = 0; size < kRequest.size(); ++size) {
    Conversation c(kTcp, 9418);
    c.Client(kRequest.substr(0, size)).End();
    EXPECT_THAT(c.Events(), IsEmpty()) << size;
  }
}

TEST(GitTest, OtherProtocolsAreNotGit) {
  for (const char* first :
       {"0033git-something /a", "0000", "00zzgit-upload-pack",
        "GET / HTTP/1.1\r\n", "0003git-upload-pack /a"}) {
    Conversation c(kTcp, 9418);
    c.Client(first).End();
    EXPECT_FALSE(c.told().protocol == Protocol::kGit &&
                 c.told().basis != ProtocolBasis::kPortHint)
        << first;
    for (const v1::Event& e : c.Events()) EXPECT_FALSE(e.has_greeting());
  }
}

}  // namespace
}  // namespace tapline::testing
