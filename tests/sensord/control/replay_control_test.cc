#include "sensord/control/replay_control.h"

#include <gtest/gtest.h>

#include <atomic>

#include "control_harness.h"
#include "tests/support/status_matchers.h"

namespace tapline {
namespace {

using testing::CountingSink;
using testing::FakeSources;
using testing::StatusIs;
using testing::TestPolicy;

class ReplayControlTest : public ::testing::Test {
 protected:
  v1::StartReplayRequest Request(const std::string& file,
                                 const std::string& id) {
    v1::StartReplayRequest request;
    request.add_files(file);
    request.set_source_id(id);
    return request;
  }

  v1::Replay WaitForEnd(const std::string& id) {
    while (true) {
      for (const v1::Replay& replay : control_.List()) {
        if (replay.source_id() == id &&
            replay.state() != v1::REPLAY_STATE_RUNNING) {
          return replay;
        }
      }
      std::this_thread::yield();
    }
  }

  const RealClock clock_;
  const Sources sources_ = FakeSources(40);
  CountingSink sink_;
  ReplayControl control_{sources_, {}, sink_, clock_};
};

TEST_F(ReplayControlTest, AReplayEndsWithItsSummary) {
  std::atomic<int> reports{0};
  absl::StatusOr<std::string> id =
      control_.Start(Request("/file", "one"), TestPolicy(),
                     [&reports](const v1::Replay&) { ++reports; });
  ASSERT_OK(id);
  EXPECT_EQ(*id, "one");
  const v1::Replay replay = WaitForEnd("one");
  EXPECT_EQ(replay.state(), v1::REPLAY_STATE_DONE);
  EXPECT_EQ(replay.summary().packets(), 40u);
  EXPECT_EQ(replay.summary().flows(), 40u);
  EXPECT_EQ(sink_.flows, 40u);
  while (reports == 0) std::this_thread::yield();
}

TEST_F(ReplayControlTest, AStoppedReplaySaysSo) {
  ASSERT_OK(control_.Start(Request("/quiet", "one"), TestPolicy(), nullptr));
  absl::StatusOr<v1::Replay> stopped = control_.Stop("one");
  ASSERT_OK(stopped);
  EXPECT_EQ(stopped->state(), v1::REPLAY_STATE_STOPPED);
  EXPECT_THAT(control_.Stop("one"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "has ended"));
  EXPECT_THAT(control_.Stop("two"),
              StatusIs(absl::StatusCode::kNotFound, "two"));
}

TEST_F(ReplayControlTest, ANameInUseOrReservedIsRefused) {
  ASSERT_OK(control_.Start(Request("/quiet", "one"), TestPolicy(), nullptr));
  EXPECT_THAT(control_.Start(Request("/file", "one"), TestPolicy(), nullptr),
              StatusIs(absl::StatusCode::kAlreadyExists, "one"));
  EXPECT_THAT(control_.Start(Request("/file", "live"), TestPolicy(), nullptr),
              StatusIs(absl::StatusCode::kInvalidArgument, "source_id"));
}

TEST_F(ReplayControlTest, NoMoreThanTheAllowedNumberRuns) {
  for (size_t i = 0; i < ReplayControl::kMaxRunning; ++i) {
    ASSERT_OK(control_.Start(Request("/quiet", ""), TestPolicy(), nullptr));
  }
  EXPECT_THAT(control_.Start(Request("/quiet", ""), TestPolicy(), nullptr),
              StatusIs(absl::StatusCode::kResourceExhausted, "stop one"));
}

TEST_F(ReplayControlTest, ASpeedThatIsNoNumberIsRefused) {
  v1::StartReplayRequest request = Request("/file", "one");
  request.set_speed(-1);
  EXPECT_THAT(control_.Start(request, TestPolicy(), nullptr),
              StatusIs(absl::StatusCode::kInvalidArgument, "speed"));
}

}  // namespace
}  // namespace tapline
