// Links that go down, vanish and return under a live source.

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "live_source_fixture.h"

namespace tapline::testing {
namespace {

using LiveOutageTest = LiveSourceFixture;

// An interface has to be down for it; then it is up again.
bool Rename(const std::string& from, const std::string& to) {
  return OwnNetwork::Ip(absl::StrCat("link set ", from, " down")) &&
         OwnNetwork::Ip(absl::StrCat("link set ", from, " name ", to)) &&
         OwnNetwork::Ip(absl::StrCat("link set ", to, " up"));
}

TEST_F(LiveOutageTest, LinkDownAndUpIsOneOutageWithoutReopening) {
  Open();
  ASSERT_TRUE(Passes("aa"));
  const UnixNanos before = absl::GetCurrentTimeNanos();
  ASSERT_TRUE(OwnNetwork::Ip("link set vb down"));
  ASSERT_TRUE(AwaitWaiting("link_down"));
  ASSERT_TRUE(OwnNetwork::Ip("link set vb up"));
  ASSERT_TRUE(AwaitWaiting(""));
  EXPECT_TRUE(Passes("bb"));
  const auto outages = source_->TakeOutages();
  ASSERT_EQ(outages.size(), 1u);
  EXPECT_STREQ(outages[0].reason, "link_down");
  EXPECT_GE(outages[0].start, before);
  EXPECT_GT(outages[0].end, outages[0].start);
  EXPECT_EQ(Outages(), 1u);
}

TEST_F(LiveOutageTest, WhoAskedIsToldWhenTheInterfaceGoesAndComesBack) {
  std::vector<std::string> told;
  options_.on_outage = [&told](const char* reason) {
    told.push_back(reason == nullptr ? "back" : reason);
  };
  Open();
  told.clear();
  ASSERT_TRUE(OwnNetwork::Ip("link del vb"));
  ASSERT_TRUE(AwaitWaiting("interface_gone"));
  // The kernel may tell first that it is down.
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back(), "interface_gone");
  told.clear();
  ASSERT_TRUE(OwnNetwork::AddPair("va", "vb"));
  ASSERT_TRUE(AwaitWaiting(""));
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back(), "back");
}

TEST_F(LiveOutageTest, HundredDownsAndUpsAreHundredOutages) {
  Open();
  for (int i = 0; i < 100; ++i) {
    // Both within one read: told apart by the notifications.
    ASSERT_TRUE(OwnNetwork::Ip("link set vb down"));
    ASSERT_TRUE(OwnNetwork::Ip("link set vb up"));
    ASSERT_TRUE(ReadUntil([&] {
      return Outages() == static_cast<uint64_t>(i) + 1;
    })) << i;
  }
  EXPECT_TRUE(Passes("aa"));
  EXPECT_EQ(Outages(), 100u);
}

TEST_F(LiveOutageTest, InterfaceMadeAnewIsTakenUpWithinTwoSeconds) {
  Open();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(OwnNetwork::Ip("link del vb"));
    ASSERT_TRUE(AwaitWaiting("interface_gone")) << i;
    ASSERT_TRUE(OwnNetwork::AddPair("va", "vb"));
    const absl::Time back = absl::Now();
    ASSERT_TRUE(AwaitWaiting("")) << i;
    EXPECT_LT(absl::Now() - back, absl::Seconds(2)) << i;
    ASSERT_TRUE(Passes("aa")) << i;
  }
  const auto outages = source_->TakeOutages();
  ASSERT_EQ(outages.size(), 20u);
  for (const CaptureOutage& outage : outages) {
    EXPECT_STREQ(outage.reason, "interface_gone");
    EXPECT_GT(outage.end, outage.start);
  }
}

TEST_F(LiveOutageTest, DeletedAndMadeAnewBetweenTwoReadsIsReopened) {
  Open();
  ASSERT_TRUE(OwnNetwork::Ip("link del vb"));
  ASSERT_TRUE(OwnNetwork::AddPair("va", "vb"));
  ASSERT_TRUE(ReadUntil([&] { return Outages() == 1; }));
  EXPECT_TRUE(Passes("aa"));
}

double ThreadCpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_THREAD, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec +
                                    usage.ru_stime.tv_usec);
}

TEST_F(LiveOutageTest, WhileTheInterfaceIsGoneOrDownTheCpuRests) {
  for (const char* change : {"link set vb down", "link del vb"}) {
    Open();
    ASSERT_TRUE(OwnNetwork::Ip(change));
    ASSERT_TRUE(ReadUntil([&] { return source_->Waiting(nullptr); }));
    const double before = ThreadCpuSeconds();
    const absl::Time end = absl::Now() + absl::Seconds(1);
    ReadUntil([&] { return absl::Now() >= end; });
    EXPECT_LE(ThreadCpuSeconds() - before, 0.02) << change;
    if (OwnNetwork::Ip("link show vb > /dev/null 2>&1")) {
      OwnNetwork::Ip("link set vb up");
    }
  }
}

TEST_F(LiveOutageTest, RenamedInterfaceIsGoneUntilTheNameReturns) {
  Open();
  ASSERT_TRUE(Rename("vb", "other"));
  ASSERT_TRUE(AwaitWaiting("interface_gone"));
  ASSERT_TRUE(Rename("other", "vb"));
  ASSERT_TRUE(AwaitWaiting(""));
  EXPECT_TRUE(Passes("aa"));
  EXPECT_EQ(Outages(), 1u);
}

TEST_F(LiveOutageTest, WhatEndedTheHandleIsNotTakenForAnOutageOfTheNext) {
  Open();
  FrameBatch batch;
  for (uint64_t i = 1; i <= 10; ++i) {
    // Between two looks at the notifications: the handle fails first.
    ASSERT_OK(source_->Read(batch));
    ASSERT_TRUE(Rename("vb", "other"));
    ASSERT_TRUE(AwaitWaiting("interface_gone"));
    ASSERT_TRUE(Rename("other", "vb"));
    ASSERT_TRUE(AwaitWaiting(""));
    ASSERT_TRUE(Passes("aa"));
    ASSERT_EQ(Outages(), i);
  }
}

TEST_F(LiveOutageTest, ChangedMtuIsNoOutage) {
  Open();
  ASSERT_TRUE(OwnNetwork::Ip("link set va mtu 9000"));
  ASSERT_TRUE(OwnNetwork::Ip("link set vb mtu 9000"));
  ASSERT_TRUE(Passes("aa"));
  FrameSender("va").Send(EthernetFrame(kType, std::string(8000, 'j')));
  ASSERT_TRUE(AwaitFrames(2));
  EXPECT_EQ(frames_.back().captured_bytes, 8014u);
  EXPECT_EQ(Outages(), 0u);
}

TEST_F(LiveOutageTest, InterfaceMovedToAnotherNamespaceAndBackIsTakenUp) {
  Open();
  const int here = open("/proc/thread-self/ns/net", O_RDONLY);
  int there = -1;
  std::thread([&] {
    unshare(CLONE_NEWNET);
    there = open("/proc/thread-self/ns/net", O_RDONLY);
  }).join();
  ASSERT_TRUE(
      OwnNetwork::Ip(absl::StrCat("link set vb netns /proc/self/fd/", there)));
  ASSERT_TRUE(AwaitWaiting("interface_gone"));
  std::thread([&] {
    setns(there, CLONE_NEWNET);
    EXPECT_TRUE(
        OwnNetwork::Ip(absl::StrCat("link set vb netns /proc/self/fd/", here)));
  }).join();
  close(there);
  close(here);
  ASSERT_TRUE(OwnNetwork::Ip("link set vb up"));
  ASSERT_TRUE(AwaitWaiting(""));
  EXPECT_TRUE(Passes("aa"));
  EXPECT_EQ(Outages(), 1u);
}

TEST_F(LiveOutageTest, InterfaceThatIsDownAtTheStartIsWaitedFor) {
  ASSERT_TRUE(OwnNetwork::Ip("link set vb down"));
  source_ = LiveSource::Open(options_, clock_).value();
  std::string reason;
  EXPECT_TRUE(source_->Waiting(&reason));
  EXPECT_EQ(reason, "link_down");
  ASSERT_TRUE(OwnNetwork::Ip("link set vb up"));
  ASSERT_TRUE(AwaitWaiting(""));
  EXPECT_TRUE(Passes("aa"));
}

}  // namespace
}  // namespace tapline::testing
