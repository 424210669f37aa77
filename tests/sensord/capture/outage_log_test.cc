#include "sensord/capture/outage_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tapline {
namespace {

TEST(OutageLogTest, AnOutageHasAReasonAStartAndAnEnd) {
  OutageLog log;
  EXPECT_EQ(log.current(), nullptr);
  log.Begin("link_down", 10);
  EXPECT_STREQ(log.current(), "link_down");
  EXPECT_TRUE(log.Take().empty()) << "not ended yet";
  log.End(25);
  EXPECT_EQ(log.current(), nullptr);
  const auto taken = log.Take();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_STREQ(taken[0].reason, "link_down");
  EXPECT_EQ(taken[0].start, 10);
  EXPECT_EQ(taken[0].end, 25);
  EXPECT_TRUE(log.Take().empty()) << "handed out once";
  EXPECT_EQ(log.count(), 1u);
}

TEST(OutageLogTest, DownThenGoneIsOneOutage) {
  OutageLog log;
  log.Begin("link_down", 10);
  log.Begin("interface_gone", 20);
  log.End(30);
  log.End(40);
  const auto taken = log.Take();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_STREQ(taken[0].reason, "interface_gone");
  EXPECT_EQ(taken[0].start, 10);
  EXPECT_EQ(taken[0].end, 30);
}

TEST(OutageLogTest, ALinkThatIsDownAtTheStartIsWaitedForButNoOutage) {
  OutageLog log;
  log.BeginBeforeFirst("link_down", 10);
  EXPECT_STREQ(log.current(), "link_down");
  log.End(20);
  EXPECT_EQ(log.current(), nullptr);
  EXPECT_EQ(log.count(), 0u);
  EXPECT_TRUE(log.Take().empty());
  log.Begin("link_down", 30);
  log.End(40);
  EXPECT_EQ(log.count(), 1u);
}

TEST(OutageLogTest, TheObserverHearsOfEachChangeOnce) {
  std::vector<std::string> heard;
  OutageLog log([&heard](const char* reason) {
    heard.push_back(reason == nullptr ? "back" : reason);
  });
  log.End(5);
  log.Begin("link_down", 10);
  log.Begin("link_down", 11);
  log.Begin("interface_gone", 12);
  log.End(20);
  log.End(21);
  EXPECT_THAT(heard,
              testing::ElementsAre("link_down", "interface_gone", "back"));
}

TEST(OutageLogTest, EndIsNeverBeforeTheStart) {
  OutageLog log;
  log.Begin("link_down", 100);
  log.End(40);
  EXPECT_EQ(log.Take()[0].end, 100);
}

TEST(OutageLogTest, OldestAreForgottenBeyondTheBoundButCounted) {
  OutageLog log;
  for (UnixNanos i = 0; i < 2000; ++i) {
    log.Begin("link_down", i);
    log.End(i);
  }
  EXPECT_EQ(log.count(), 2000u);
  const auto taken = log.Take();
  ASSERT_EQ(taken.size(), OutageLog::kMaxKept);
  EXPECT_EQ(taken.back().end, 1999);
}

}  // namespace
}  // namespace tapline
