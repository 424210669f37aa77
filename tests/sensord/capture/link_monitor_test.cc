#include "sensord/capture/link_monitor.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "own_network.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;

class LinkMonitorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!network_.entered()) GTEST_SKIP() << "needs CAP_SYS_ADMIN";
    // The one link without a carrier to wait for.
    ASSERT_TRUE(OwnNetwork::Ip("link set lo up"));
    auto monitor = LinkMonitor::Open("lo");
    ASSERT_OK(monitor);
    monitor_ = *std::move(monitor);
    ASSERT_TRUE(monitor_->state().up);
  }
  // "up", "down" or "gone" for each change reported.
  std::vector<std::string> Poll() {
    told_.clear();
    monitor_->Poll([this](const LinkState& state) { Tell(state); });
    return told_;
  }
  std::vector<std::string> Refresh() {
    told_.clear();
    EXPECT_OK(
        monitor_->Refresh([this](const LinkState& state) { Tell(state); }));
    return told_;
  }

  OwnNetwork network_;
  std::unique_ptr<LinkMonitor> monitor_;

 private:
  void Tell(const LinkState& state) {
    told_.push_back(state.index == 0 ? "gone" : state.up ? "up" : "down");
  }
  std::vector<std::string> told_;
};

TEST_F(LinkMonitorTest, PollTellsChangesThatAreUndoneAlready) {
  EXPECT_THAT(Poll(), ElementsAre());
  ASSERT_TRUE(OwnNetwork::Ip("link set lo down"));
  ASSERT_TRUE(OwnNetwork::Ip("link set lo up"));
  EXPECT_THAT(Poll(), ElementsAre("down", "up"));
}

TEST_F(LinkMonitorTest, RefreshTellsChangesThatAreUndoneAlready) {
  ASSERT_TRUE(OwnNetwork::Ip("link set lo down"));
  ASSERT_TRUE(OwnNetwork::Ip("link set lo up"));
  EXPECT_THAT(Refresh(), ElementsAre("down", "up"));
  EXPECT_THAT(Poll(), ElementsAre());
}

TEST_F(LinkMonitorTest, ARefreshHidesNothingThatHappensBehindIt) {
  ASSERT_TRUE(OwnNetwork::Ip("link set lo down"));
  EXPECT_THAT(Refresh(), ElementsAre("down"));
  for (const char* change : {"up", "down", "up"}) {
    ASSERT_TRUE(OwnNetwork::Ip(absl::StrCat("link set lo ", change)));
  }
  EXPECT_THAT(Poll(), ElementsAre("up", "down", "up"));
}

TEST_F(LinkMonitorTest, ARenamedInterfaceIsGone) {
  ASSERT_TRUE(OwnNetwork::Ip("link set lo down"));
  ASSERT_TRUE(OwnNetwork::Ip("link set lo name other"));
  EXPECT_THAT(Refresh(), ElementsAre("down", "gone"));
  ASSERT_TRUE(OwnNetwork::Ip("link set other name lo"));
  EXPECT_THAT(Poll(), ElementsAre("down"));
  EXPECT_THAT(Refresh(), ElementsAre());
}

TEST_F(LinkMonitorTest, WhatDidNotFitTheSocketIsAskedFor) {
  ASSERT_EQ(std::system("for i in $(seq 1000); do echo link set lo down; "
                        "echo link set lo up; done | ip -batch -"),
            0);
  ASSERT_TRUE(OwnNetwork::Ip("link set lo down"));
  ASSERT_TRUE(OwnNetwork::Ip("link set lo name other"));
  const std::vector<std::string> told = Poll();
  EXPECT_LT(told.size(), 2000u) << "or nothing was lost";
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back(), "gone");
}

TEST_F(LinkMonitorTest, AnAlternativeNameIsAsGoodAsTheFirst) {
  ASSERT_TRUE(OwnNetwork::Ip("link property add dev lo altname other"));
  auto monitor = LinkMonitor::Open("other");
  ASSERT_OK(monitor);
  monitor_ = *std::move(monitor);
  EXPECT_TRUE(monitor_->state().up);
  ASSERT_TRUE(OwnNetwork::Ip("link set lo down"));
  EXPECT_THAT(Poll(), ElementsAre("down"));
}

}  // namespace
}  // namespace tapline::testing
