#include "sensord/analyzers/ascii_text.h"

#include <gtest/gtest.h>

#include <string>

namespace tapline {
namespace {

TEST(AsciiTextTest, WordsAreTakenOneByOne) {
  absl::string_view text = "MAIL \t FROM:<a@b> ";
  EXPECT_EQ(TakeWord(&text), "MAIL");
  EXPECT_EQ(TakeWord(&text), "FROM:<a@b>");
  EXPECT_EQ(TakeWord(&text), "");
  EXPECT_EQ(TakeWord(&text), "");
}

TEST(AsciiTextTest, PartsAreFoundInAnyCase) {
  EXPECT_TRUE(ContainsNoCase("mx ESMTP ready", "esmtp"));
  EXPECT_FALSE(ContainsNoCase("mx", "esmtp"));
}

TEST(AsciiTextTest, AVerbIsSureOnlyWithItsEnd) {
  const absl::string_view verbs[] = {"EHLO", "HELO"};
  EXPECT_EQ(MatchVerb("", verbs), Match::kMore);
  EXPECT_EQ(MatchVerb("eh", verbs), Match::kMore);
  EXPECT_EQ(MatchVerb("EHLO", verbs), Match::kMore);
  EXPECT_EQ(MatchVerb("helo\r", verbs), Match::kYes);
  EXPECT_EQ(MatchVerb("HELO a", verbs), Match::kYes);
  EXPECT_EQ(MatchVerb("HELOX", verbs), Match::kNo);
  EXPECT_EQ(MatchVerb("GET ", verbs), Match::kNo);
}

TEST(AsciiTextTest, AFewEmptyLinesInFrontAreSkipped) {
  EXPECT_EQ(SkipEmptyLines(""), "");
  EXPECT_EQ(SkipEmptyLines("GET"), "GET");
  EXPECT_EQ(SkipEmptyLines("\r\n\nGET\r\n"), "GET\r\n");
  EXPECT_EQ(SkipEmptyLines("\r\n\r"), "");
  EXPECT_EQ(SkipEmptyLines(std::string(16, '\n')), "");
  EXPECT_EQ(SkipEmptyLines(std::string(17, '\n')), "\n");
  EXPECT_EQ(SkipEmptyLines(std::string(17, '\n') + "GET"), "\nGET");
}

TEST(AsciiTextTest, RepliesHaveACodeAndSayWhetherMoreFollows) {
  ReplyLine reply;
  ASSERT_TRUE(reply.Read("220 mx.example ready"));
  EXPECT_EQ(reply.code, 220);
  EXPECT_TRUE(reply.last);
  EXPECT_EQ(reply.text, "mx.example ready");
  ASSERT_TRUE(reply.Read("250-SIZE"));
  EXPECT_FALSE(reply.last);
  ASSERT_TRUE(reply.Read("354"));
  EXPECT_TRUE(reply.last);
  EXPECT_EQ(reply.text, "");
  for (const char* bad : {"", "22", "22x hello", "920 x", "020 x", "220x"}) {
    EXPECT_FALSE(reply.Read(bad)) << bad;
  }
}

}  // namespace
}  // namespace tapline
