#include "common/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <type_traits>

#include "common/redact/redactor.h"

namespace tapline {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

static_assert(!std::is_constructible_v<LogField, LogLiteral, std::string>,
              "text must pass the redactor first");
static_assert(
    std::is_constructible_v<LogField, LogLiteral, Redacted<std::string>>);

class LogTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(fds_), 0); }
  void TearDown() override { close(fds_[0]); }

  // What was written; ends the log's descriptor.
  std::string Text() {
    close(fds_[1]);
    std::string text;
    char block[4096];
    for (ssize_t n; (n = read(fds_[0], block, sizeof(block))) > 0;) {
      text.append(block, static_cast<size_t>(n));
    }
    return text;
  }

  int fds_[2];
  const Redactor redactor_;
};

TEST_F(LogTest, ALineHasTimeLevelEventAndFields) {
  Log log(fds_[1]);
  log.Info("capture_started", {{"interface", redactor_.Text("eth0")},
                               {"workers", 2},
                               {"promiscuous", true},
                               {"mode", "live"}});
  EXPECT_THAT(Text(), MatchesRegex("....-..-..T..:..:..\\....Z info "
                                   "capture_started interface=eth0 workers=2 "
                                   "promiscuous=true mode=live\n"));
}

TEST_F(LogTest, HostileTextStaysOnOneLineAndSecretsAreMasked) {
  Log log(fds_[1]);
  log.Error("failed", {{"reason", redactor_.Text("a\nb\x1b[31m \"c\" \xff")},
                       {"url", redactor_.Text("ftp://u:pw@h/")}});
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("reason=\"a\\x0ab\\x1b[31m \\\"c\\\" \\xff\""));
  EXPECT_THAT(text, Not(HasSubstr("pw@")));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST_F(LogTest, BelowTheLevelNothingIsWritten) {
  Log log(fds_[1]);
  log.Debug("quiet");
  log.SetLevel(ParseLogLevel("error"));
  log.Warn("quiet");
  log.SetLevel(ParseLogLevel("debug"));
  log.Debug("loud");
  const std::string text = Text();
  EXPECT_THAT(text, Not(HasSubstr("quiet")));
  EXPECT_THAT(text, HasSubstr("debug loud"));
}

TEST_F(LogTest, ARareEventIsWrittenOncePerMinuteAndCause) {
  Log log(fds_[1]);
  for (int i = 0; i < 100; ++i) log.WarnRarely("dropped", {{"n", i}});
  log.WarnRarely("other");
  const std::string text = Text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(text, HasSubstr("dropped n=0\n"));
  EXPECT_THAT(text, EndsWith("other\n"));
}

}  // namespace
}  // namespace tapline
