#include "sensord/capture/replay_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "sensord/capture/file_sequence.h"
#include "tests/support/pcap_builder.h"
#include "tests/support/read_all.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace tapline {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::AllFrames;
using testing::PcapBuilder;
using testing::PcapngBuilder;
using testing::ReadAll;
using testing::TempDir;

class ReplaySourceTest : public ::testing::Test {
 protected:
  // 300 ms of frames, one every 0.5 ms, some out of order.
  ReplaySourceTest() {
    PcapBuilder classic;
    PcapngBuilder ng;
    ng.Interface(1);
    for (uint32_t i = 0; i < 600; ++i) {
      const uint32_t micros = i * 500 - (i % 7 == 6 ? 1200 : 0);
      const std::string frame = absl::StrCat("frame ", i);
      classic.Add(1000, 2000 + micros, frame);
      ng.Packet(0, 1000'002'000 + uint64_t{micros}, frame);
    }
    mapped_ = dir_.Write("classic", classic.bytes());
    copied_ = dir_.Write("ng", ng.bytes());
  }
  std::unique_ptr<ReplaySource> Replay(const std::string& path, double speed) {
    return std::make_unique<ReplaySource>(
        std::make_unique<FileSequence>(std::vector<std::string>{path}), speed);
  }
  TempDir dir_;
  std::string mapped_;
  std::string copied_;
};

TEST_F(ReplaySourceTest, SpeedChangesNeitherFramesNorStamps) {
  for (const std::string& path : {mapped_, copied_}) {
    FileSequence plain({path});
    const AllFrames expected = ReadAll(plain);
    for (double speed : {0.0, 1.0, 2.5, 10.0, 1e9}) {
      auto replay = Replay(path, speed);
      const AllFrames all = ReadAll(*replay);
      ASSERT_EQ(all.frames.size(), expected.frames.size());
      for (size_t i = 0; i < all.frames.size(); ++i) {
        EXPECT_EQ(all.frames[i].bytes, expected.frames[i].bytes);
        EXPECT_EQ(all.frames[i].frame.time, expected.frames[i].frame.time);
        EXPECT_EQ(all.frames[i].frame.clock, expected.frames[i].frame.clock);
        EXPECT_EQ(all.frames[i].frame.ordinal, i);
      }
      EXPECT_EQ(replay->counters().frames, expected.frames.size());
      EXPECT_EQ(replay->counters().bytes, plain.counters().bytes);
    }
  }
}

TEST_F(ReplaySourceTest, SpeedOneTakesAsLongAsTheCapture) {
  const auto start = steady_clock::now();
  auto replay = Replay(mapped_, 1);
  ReadAll(*replay);
  EXPECT_GE(steady_clock::now() - start, milliseconds(299));
}

TEST_F(ReplaySourceTest, NoFrameComesBeforeItsTime) {
  auto replay = Replay(copied_, 1);
  FrameBatch batch;
  steady_clock::time_point start;
  UnixNanos first = 0;
  while (true) {
    const ReadResult result = replay->Read(batch).value();
    if (result == ReadResult::kEnd) break;
    if (result != ReadResult::kFrames) continue;
    const auto now = steady_clock::now();
    if (first == 0) {
      first = batch.frames[0].clock;
      start = now;
    }
    // The pace starts when the first batch is read, before `start`.
    EXPECT_LE(
        batch.frames.back().clock - first,
        std::chrono::nanoseconds(now - start).count() + 20 * kMillisecondNanos);
    EXPECT_EQ(batch.clock, batch.frames.back().clock);
  }
}

TEST_F(ReplaySourceTest, ClockStandsStillWhileItWaits) {
  PcapBuilder builder;
  builder.Add(1, 0, "a").Add(3600, 0, "b");
  auto replay = Replay(dir_.Write("gap", builder.bytes()), 1);
  FrameBatch batch;
  ASSERT_EQ(replay->Read(batch).value(), ReadResult::kFrames);
  ASSERT_EQ(batch.frames.size(), 1u);
  ASSERT_EQ(replay->Read(batch).value(), ReadResult::kIdle);
  EXPECT_TRUE(batch.frames.empty());
  EXPECT_EQ(batch.clock, kSecondNanos);
}

TEST_F(ReplaySourceTest, StopWakesAReadThatWaitsAnHour) {
  PcapBuilder builder;
  builder.Add(1, 0, "a").Add(3600, 0, "b");
  auto replay = Replay(dir_.Write("gap", builder.bytes()), 1);
  std::thread stopper([&] {
    while (replay->counters().frames == 0) std::this_thread::yield();
    replay->Stop();
  });
  EXPECT_EQ(ReadAll(*replay).frames.size(), 1u);
  stopper.join();
}

TEST_F(ReplaySourceTest, ErrorsOfTheFileComeThrough) {
  std::string bytes = PcapBuilder().Add(1, 0, "a").Add(1, 1, "b").bytes();
  bytes.pop_back();
  auto replay = Replay(dir_.Write("cut", bytes), 0);
  const AllFrames all = ReadAll(*replay);
  EXPECT_EQ(all.frames.size(), 1u);
  EXPECT_THAT(all.status,
              testing::StatusIs(absl::StatusCode::kDataLoss, "truncated"));
}

}  // namespace
}  // namespace tapline
