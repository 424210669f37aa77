#include "sensord/capture/live_source.h"

#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sys/syscall.h>

#include <string>
#include <thread>

#include "live_source_fixture.h"

namespace tapline::testing {
namespace {

using LiveSourceTest = LiveSourceFixture;

TEST_F(LiveSourceTest, FramesOnTheLinkArriveInOrderWithTheirTime) {
  Open();
  const UnixNanos before = absl::GetCurrentTimeNanos();
  FrameSender sender("va");
  for (char c = 'a'; c <= 'z'; ++c) {
    ASSERT_TRUE(sender.Send(EthernetFrame(kType, std::string(2, c))));
  }
  ASSERT_TRUE(AwaitFrames(26));
  EXPECT_EQ(payloads_.front(), "aa");
  EXPECT_EQ(payloads_.back(), "zz");
  for (size_t i = 0; i < 26; ++i) {
    EXPECT_EQ(frames_[i].ordinal, i);
    EXPECT_EQ(frames_[i].captured_bytes, 60u);
    EXPECT_EQ(frames_[i].wire_bytes, 60u);
    EXPECT_EQ(frames_[i].link_type, 1);
    EXPECT_GE(frames_[i].time, before);
    EXPECT_LE(frames_[i].time, absl::GetCurrentTimeNanos());
  }
  EXPECT_EQ(source_->counters().frames, 26u);
  EXPECT_EQ(source_->counters().bytes, 26u * 60);
}

TEST_F(LiveSourceTest, SnapLengthCutsFramesAndKeepsTheLengthOnTheWire) {
  options_.snap_bytes = 64;
  Open();
  FrameSender("va").Send(EthernetFrame(kType, std::string(1000, 's')));
  ASSERT_TRUE(AwaitFrames(1));
  EXPECT_EQ(frames_[0].captured_bytes, 64u);
  EXPECT_EQ(frames_[0].wire_bytes, 1014u);
}

// The receiving side takes a tag off and tells it beside the frame, as cards
// do.
TEST_F(LiveSourceTest, ATagTakenOffOnReceptionIsPutBack) {
  Open();
  const std::string tagged("\0\5\x88\xb5 behind the tag", 19);
  FrameSender("va").Send(EthernetFrame(0x8100, tagged));
  ASSERT_TRUE(AwaitFrames(1));
  EXPECT_EQ(frames_[0].captured_bytes, 60u);
  EXPECT_EQ(payloads_[0], std::string("\0\5", 2));
}

TEST_F(LiveSourceTest, EveryFrameSentIsHandedOutOrCountedAsDropped) {
  options_.ring_mebibytes = 1;
  Open();
  constexpr size_t kSent = 50'000;
  std::thread sender_thread([&] {
    FrameSender sender("va");
    const std::string frame = EthernetFrame(kType, std::string(300, 'x'));
    for (size_t i = 0; i < kSent; ++i) {
      while (!sender.Send(frame)) std::this_thread::yield();
    }
  });
  EXPECT_TRUE(ReadUntil([&] {
    const CaptureCounters c = source_->counters();
    return c.frames + c.kernel_drops >= kSent;
  }));
  sender_thread.join();
  const CaptureCounters c = source_->counters();
  EXPECT_EQ(c.frames + c.kernel_drops, kSent);
  EXPECT_EQ(frames_.size(), c.frames);
}

TEST_F(LiveSourceTest, DropsOfAFullRingAreCountedExactly) {
  options_.ring_mebibytes = 1;
  Open();
  FrameSender sender("va");
  constexpr size_t kSent = 20'000;
  const std::string frame = EthernetFrame(kType, std::string(1000, 'x'));
  for (size_t i = 0; i < kSent; ++i) ASSERT_TRUE(sender.Send(frame));
  ASSERT_TRUE(ReadUntil([&] {
    const CaptureCounters c = source_->counters();
    return c.frames + c.kernel_drops >= kSent;
  }));
  EXPECT_GT(source_->counters().kernel_drops, 0u);
  EXPECT_EQ(source_->counters().frames + source_->counters().kernel_drops,
            kSent);
}

TEST_F(LiveSourceTest, ClockAdvancesOnAnIdleLink) {
  Open();
  ASSERT_TRUE(Passes("aa"));
  const UnixNanos at = last_clock_;
  EXPECT_TRUE(ReadUntil([&] { return last_clock_ > at + 20'000'000; }));
  EXPECT_LE(last_clock_, absl::GetCurrentTimeNanos());
}

TEST_F(LiveSourceTest, UnknownInterfaceIsNotFoundAndTheOthersAreNamed) {
  for (const char* name : {"nope", "usbmon0", "dbus-system", "rpcap://x/y"}) {
    options_.interface = name;
    EXPECT_THAT(LiveSource::Open(options_, clock_).status(),
                StatusIs(absl::StatusCode::kNotFound, "vb"));
  }
}

TEST_F(LiveSourceTest, OptionsOutOfRangeAreRefused) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  LiveOptions bad = options_;
  bad.snap_bytes = 63;
  EXPECT_THAT(LiveSource::Open(bad, clock_).status(), StatusIs(kInvalid, ""));
  bad = options_;
  bad.ring_mebibytes = 0;
  EXPECT_THAT(LiveSource::Open(bad, clock_).status(), StatusIs(kInvalid, ""));
  bad = options_;
  bad.block_timeout = absl::Seconds(2);
  EXPECT_THAT(LiveSource::Open(bad, clock_).status(), StatusIs(kInvalid, ""));
  bad = options_;
  bad.interface = "";
  EXPECT_THAT(LiveSource::Open(bad, clock_).status(), StatusIs(kInvalid, ""));
}

TEST_F(LiveSourceTest, WithoutTheCapabilityTheMessageNamesTheFix) {
  absl::Status status;
  // Capabilities belong to a thread.
  std::thread([&] {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    ASSERT_EQ(syscall(SYS_capset, &header, none), 0);
    status = LiveSource::Open(options_, clock_).status();
  }).join();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied,
                               "setcap cap_net_raw+ep /"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied,
                               "AmbientCapabilities=CAP_NET_RAW"));
}

TEST_F(LiveSourceTest, StopEndsARead) {
  Open();
  std::thread stopper([&] { source_->Stop(); });
  FrameBatch batch;
  EXPECT_TRUE(ReadUntil(
      [&] { return source_->Read(batch).value() == ReadResult::kEnd; }));
  stopper.join();
  EXPECT_EQ(source_->Read(batch).value(), ReadResult::kEnd);
}

TEST_F(LiveSourceTest, OwnConnectionsAreLeftOutAndCounted) {
  SelfTuples self;
  options_.self = &self;
  Open();
  std::string ip(40, '\0');
  ip[0] = 0x45;
  ip[9] = 6;
  ip[15] = 1;
  ip[19] = 2;
  ip[21] = 7;
  ip[23] = 8;
  FrameSender sender("va");
  sender.Send(EthernetFrame(0x0800, ip));
  ASSERT_TRUE(AwaitFrames(1));
  self.Add({IpAddress::FromV4(1), IpAddress::FromV4(2), 7, 8});
  sender.Send(EthernetFrame(0x0800, ip));
  ASSERT_TRUE(Passes("aa"));
  EXPECT_EQ(frames_.size(), 2u);
  EXPECT_EQ(source_->counters().self_frames, 1u);
}

TEST_F(LiveSourceTest, AnyInterfaceSeesAllLinks) {
  options_.interface = "any";
  Open();
  FrameSender("va").Send(EthernetFrame(kType, "aa"));
  ASSERT_TRUE(AwaitFrames(1));
  EXPECT_THAT(frames_[0].link_type, ::testing::AnyOf(113, 276));
}

}  // namespace
}  // namespace tapline::testing
