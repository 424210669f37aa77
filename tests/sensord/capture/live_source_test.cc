#include "sensord/capture/live_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "own_network.h"
#include "tests/support/status_matchers.h"

namespace tapline {
namespace {

using testing::EthernetFrame;
using testing::FrameSender;
using testing::OwnNetwork;
using testing::StatusIs;

// An EtherType for experiments (IEEE 802) that nothing else sends.
constexpr uint16_t kType = 0x88b5;
constexpr absl::Duration kPatience = absl::Seconds(30);

class LiveSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!network_.entered()) GTEST_SKIP() << "needs CAP_SYS_ADMIN";
    ASSERT_TRUE(OwnNetwork::AddPair("va", "vb"));
    options_.interface = "vb";
    options_.ring_mebibytes = 8;
  }

  void Open() {
    auto source = LiveSource::Open(options_, clock_);
    ASSERT_OK(source);
    source_ = *std::move(source);
    last_clock_ = 0;
    // A new link gets its carrier a moment after it was set up.
    ASSERT_TRUE(AwaitWaiting(""));
    EXPECT_EQ(Outages(), 0u);
  }
  uint64_t Outages() { return source_->counters().outages; }

  // Reads until `done`; false if that takes too long.
  bool ReadUntil(const std::function<bool()>& done) {
    const absl::Time deadline = absl::Now() + kPatience;
    FrameBatch batch;
    while (!done()) {
      if (absl::Now() > deadline) return false;
      const auto result = source_->Read(batch);
      if (!result.ok()) {
        ADD_FAILURE() << result.status();
        return false;
      }
      for (const Frame& frame : batch.frames) {
        EXPECT_GE(frame.clock, last_clock_);
        last_clock_ = frame.clock;
        frames_.push_back(frame);
        payloads_.emplace_back(reinterpret_cast<const char*>(frame.data) + 14,
                               2);
        const uint8_t* const end = frame.data + frame.captured_bytes;
        ids_.push_back(static_cast<uint16_t>(end[-2] << 8 | end[-1]));
      }
      EXPECT_GE(batch.clock, last_clock_);
      last_clock_ = batch.clock;
    }
    return true;
  }
  bool AwaitFrames(size_t count) {
    return ReadUntil([&] { return frames_.size() >= count; });
  }
  bool AwaitWaiting(const std::string& expected) {
    return ReadUntil([&] {
      std::string reason;
      source_->Waiting(&reason);
      return reason == expected;
    });
  }
  // Sends one frame from the other end and waits for it.
  bool Passes(const std::string& payload) {
    const size_t before = frames_.size();
    return FrameSender("va").Send(EthernetFrame(kType, payload)) &&
           AwaitFrames(before + 1) && payloads_.back() == payload;
  }

  OwnNetwork network_;
  RealClock clock_;
  LiveOptions options_;
  std::unique_ptr<LiveSource> source_;
  std::vector<Frame> frames_;          // without valid data
  std::vector<std::string> payloads_;  // their first two bytes
  std::vector<uint16_t> ids_;          // their last two bytes
  UnixNanos last_clock_ = 0;
};

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

TEST_F(LiveSourceTest, FilterSelectsAndCanBeReplacedWhileRunning) {
  options_.filter = "ether proto 0x88b5 and ether[14] = 0x61";
  Open();
  FrameSender sender("va");
  sender.Send(EthernetFrame(kType, "bb"));
  ASSERT_TRUE(Passes("aa"));
  EXPECT_EQ(frames_.size(), 1u);
  ASSERT_OK(source_->SetFilter("ether[14] = 0x62"));
  FrameBatch batch;
  ASSERT_OK(source_->Read(batch)) << "applies the new filter";
  sender.Send(EthernetFrame(kType, "aa"));
  ASSERT_TRUE(Passes("bb"));
  EXPECT_EQ(frames_.size(), 2u);
  ASSERT_OK(source_->SetFilter(""));
  ASSERT_OK(source_->Read(batch));
  EXPECT_TRUE(Passes("cc"));
}

// IPv4 and IPv6 frames, TCP and UDP, with fields from small ranges so that
// filters hit about as often as they miss. The last two bytes are an id.
std::string RandomFrame(std::mt19937& random, uint16_t id) {
  const bool v6 = random() % 2 == 0;
  std::string ip(v6 ? 60 : 40, '\0');
  ip[0] = v6 ? 0x60 : 0x45;
  if (!v6) ip[3] = 40;
  ip[v6 ? 5 : 8] = static_cast<char>(v6 ? 20 : 64);
  ip[v6 ? 6 : 9] = random() % 2 == 0 ? 6 : 17;
  ip[v6 ? 23 : 15] = static_cast<char>(random() % 3);
  ip[v6 ? 39 : 19] = static_cast<char>(random() % 3);
  const size_t ports = v6 ? 40 : 20;
  ip[ports + 1] = static_cast<char>(random() % 4);
  ip[ports + 3] = static_cast<char>(random() % 4);
  ip[ports + 13] = static_cast<char>(random() % 64);
  if (random() % 4 == 0) ip[6] = static_cast<char>(v6 ? ip[6] : 1);
  if (random() % 8 == 0) ip[0] = static_cast<char>(random());
  std::string frame = EthernetFrame(v6 ? 0x86dd : 0x0800, ip);
  frame.resize(80);
  frame[78] = static_cast<char>(id >> 8);
  frame[79] = static_cast<char>(id);
  return frame;
}

TEST_F(LiveSourceTest, KernelAndLibraryAgreeOnWhatAFilterSelects) {
  constexpr const char* kFilters[] = {
      "tcp",
      "udp",
      "ip",
      "ip6",
      "not tcp",
      "port 1",
      "tcp dst port 2",
      "udp src port 3",
      "portrange 1-2",
      "host 0.0.0.1",
      "dst host 0.0.0.2",
      "ip6 host ::1",
      "tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn",
      "less 80",
      "greater 81 or udp",
      "ip[8] > 63",
      "ip[6:2] & 0x1fff != 0",
      "ether[79] & 1 = 0",
      "(tcp or udp) and not port 0",
      "vlan or ip"};
  std::mt19937 random(1);
  for (const char* text : kFilters) {
    options_.filter = text;
    Open();
    const auto filter = CompileFilter(1, options_.snap_bytes, text).value();
    payloads_.clear();
    std::vector<uint16_t> expected;
    ids_.clear();
    FrameSender sender("va");
    for (uint16_t id = 0; id < 1000; ++id) {
      const std::string bytes = RandomFrame(random, id);
      ASSERT_TRUE(sender.Send(bytes));
      Frame frame;
      frame.data = reinterpret_cast<const uint8_t*>(bytes.data());
      frame.captured_bytes = frame.wire_bytes =
          static_cast<uint32_t>(bytes.size());
      if (filter->Matches(frame)) expected.push_back(id);
    }
    // Nothing more comes once the link has been idle for a while.
    ReadUntil([&] { return ids_.size() >= expected.size(); });
    const absl::Time end = absl::Now() + absl::Milliseconds(20);
    ReadUntil([&] { return absl::Now() >= end; });
    EXPECT_EQ(ids_, expected) << text;
  }
}

TEST_F(LiveSourceTest, BadFilterIsRefusedAndThePreviousStays) {
  options_.filter = "ether[14] = 0x61";
  Open();
  EXPECT_THAT(source_->SetFilter("tcp port ("),
              StatusIs(absl::StatusCode::kInvalidArgument, "syntax error"));
  EXPECT_EQ(source_->filter(), "ether[14] = 0x61");
  FrameSender("va").Send(EthernetFrame(kType, "bb"));
  ASSERT_TRUE(Passes("aa"));
  EXPECT_EQ(frames_.size(), 1u);
}

TEST_F(LiveSourceTest, BadFilterAtTheStartIsRefused) {
  options_.filter = "tcp port";
  EXPECT_THAT(LiveSource::Open(options_, clock_).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "syntax error"));
}

TEST_F(LiveSourceTest, ClockAdvancesOnAnIdleLink) {
  Open();
  ASSERT_TRUE(Passes("aa"));
  const UnixNanos at = last_clock_;
  EXPECT_TRUE(ReadUntil([&] { return last_clock_ > at + 20'000'000; }));
  EXPECT_LE(last_clock_, absl::GetCurrentTimeNanos());
}

TEST_F(LiveSourceTest, LinkDownAndUpIsOneOutageWithoutReopening) {
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

TEST_F(LiveSourceTest, HundredDownsAndUpsAreHundredOutages) {
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

TEST_F(LiveSourceTest, InterfaceMadeAnewIsTakenUpWithinTwoSeconds) {
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

TEST_F(LiveSourceTest, DeletedAndMadeAnewBetweenTwoReadsIsReopened) {
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

TEST_F(LiveSourceTest, WhileTheInterfaceIsGoneOrDownTheCpuRests) {
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

TEST_F(LiveSourceTest, RenamedInterfaceIsGoneUntilTheNameReturns) {
  Open();
  ASSERT_TRUE(OwnNetwork::Ip("link set vb down"));
  ASSERT_TRUE(OwnNetwork::Ip("link set vb name other"));
  ASSERT_TRUE(OwnNetwork::Ip("link set other up"));
  ASSERT_TRUE(AwaitWaiting("interface_gone"));
  ASSERT_TRUE(OwnNetwork::Ip("link set other down"));
  ASSERT_TRUE(OwnNetwork::Ip("link set other name vb"));
  ASSERT_TRUE(OwnNetwork::Ip("link set vb up"));
  ASSERT_TRUE(AwaitWaiting(""));
  EXPECT_TRUE(Passes("aa"));
  EXPECT_EQ(Outages(), 1u);
}

TEST_F(LiveSourceTest, ChangedMtuIsNoOutage) {
  Open();
  ASSERT_TRUE(OwnNetwork::Ip("link set va mtu 9000"));
  ASSERT_TRUE(OwnNetwork::Ip("link set vb mtu 9000"));
  ASSERT_TRUE(Passes("aa"));
  FrameSender("va").Send(EthernetFrame(kType, std::string(8000, 'j')));
  ASSERT_TRUE(AwaitFrames(2));
  EXPECT_EQ(frames_.back().captured_bytes, 8014u);
  EXPECT_EQ(Outages(), 0u);
}

TEST_F(LiveSourceTest, InterfaceMovedToAnotherNamespaceAndBackIsTakenUp) {
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

TEST_F(LiveSourceTest, InterfaceThatIsDownAtTheStartIsWaitedFor) {
  ASSERT_TRUE(OwnNetwork::Ip("link set vb down"));
  source_ = LiveSource::Open(options_, clock_).value();
  std::string reason;
  EXPECT_TRUE(source_->Waiting(&reason));
  EXPECT_EQ(reason, "link_down");
  ASSERT_TRUE(OwnNetwork::Ip("link set vb up"));
  ASSERT_TRUE(AwaitWaiting(""));
  EXPECT_TRUE(Passes("aa"));
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
}  // namespace tapline
