// A LiveSource on one end of a link in a namespace of its own.

#ifndef TAPLINE_TESTS_SENSORD_CAPTURE_LIVE_SOURCE_FIXTURE_H_
#define TAPLINE_TESTS_SENSORD_CAPTURE_LIVE_SOURCE_FIXTURE_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "own_network.h"
#include "sensord/capture/live_source.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {

// An EtherType for experiments (IEEE 802) that nothing else sends.
constexpr uint16_t kType = 0x88b5;
constexpr absl::Duration kPatience = absl::Seconds(30);

// The source is on "vb"; frames are sent on "va".
class LiveSourceFixture : public ::testing::Test {
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
    ASSERT_TRUE(OwnNetwork::AwaitUp("va"));
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
    return OwnNetwork::AwaitUp("va") &&
           FrameSender("va").Send(EthernetFrame(kType, payload)) &&
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

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_CAPTURE_LIVE_SOURCE_FIXTURE_H_
