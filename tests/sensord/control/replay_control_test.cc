#include "sensord/control/replay_control.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <semaphore>

#include "control_harness.h"
#include "sensord/journal/journal.h"
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

// At full speed it filled the rings faster than the disk emptied them.
TEST(ReplayControlJournalTest, AReplayWaitsForTheDiskAndLosesNothing) {
  constexpr uint64_t kFlows = 400;
  v1::RingConfig rings;
  for (auto set : {&v1::RingConfig::set_alerts, &v1::RingConfig::set_flows,
                   &v1::RingConfig::set_events, &v1::RingConfig::set_stats}) {
    (rings.*set)(128);
  }
  const RealClock clock;
  std::counting_semaphore<> news(0);
  const auto journal = Journal::Create(rings, 1, clock);
  const Sources sources = FakeSources(kFlows);
  ReplayControl control(sources, {}, *journal, clock);
  v1::StartReplayRequest request;
  request.add_files("/file");
  ASSERT_OK(control.Start(request, TestPolicy(), nullptr));
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(30);
  // A disk that does nothing until the replay has something to wait for.
  const uint64_t watch =
      journal->Subscribe(v1::RECORD_KIND_FLOW, [&news] { news.release(); });
  while (journal->AwaitRoom(absl::ZeroDuration())) {
    ASSERT_TRUE(news.try_acquire_until(deadline)) << "the replay does nothing";
  }
  journal->Unsubscribe(watch);
  uint64_t flows = 0;
  while (flows < kFlows) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << flows;
    const auto taken = journal->TakeOthers(1000, absl::Milliseconds(1));
    ASSERT_TRUE(journal->TakeLost().empty());
    for (const JournalEntryPtr& entry : taken) {
      flows += entry->kind == v1::RECORD_KIND_FLOW;
    }
    journal->MarkStored(taken);
  }
}

// A list right after the end was told lacked the last second.
TEST(ReplayControlJournalTest, TheEndIsToldWhenAllIsStored) {
  constexpr uint64_t kFlows = 40;
  const RealClock clock;
  const auto journal = Journal::Create(DefaultConfig().rings(), 1, clock);
  const Sources sources = FakeSources(kFlows);
  std::atomic<uint64_t> stored{0};
  std::atomic<uint64_t> stored_at_end{0};
  std::thread disk([&] {
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (stored < kFlows && std::chrono::steady_clock::now() < deadline) {
      // As the store does: so many at once, or what there is after so long.
      const auto taken = journal->TakeOthers(1'000'000, absl::Seconds(20));
      for (const JournalEntryPtr& entry : taken) {
        stored += entry->kind == v1::RECORD_KIND_FLOW;
      }
      journal->MarkStored(taken);
    }
  });
  std::binary_semaphore over(0);
  {
    ReplayControl control(sources, {}, *journal, clock);
    v1::StartReplayRequest request;
    request.add_files("/file");
    ASSERT_OK(
        control.Start(request, TestPolicy(), [&](const v1::Replay& replay) {
          if (replay.state() != v1::REPLAY_STATE_DONE) return;
          stored_at_end = stored.load();
          over.release();
        }));
    EXPECT_TRUE(over.try_acquire_for(std::chrono::seconds(15)));
  }
  EXPECT_EQ(stored_at_end, kFlows);
  disk.join();
}

TEST_F(ReplayControlTest, ASpeedThatIsNoNumberIsRefused) {
  v1::StartReplayRequest request = Request("/file", "one");
  request.set_speed(-1);
  EXPECT_THAT(control_.Start(request, TestPolicy(), nullptr),
              StatusIs(absl::StatusCode::kInvalidArgument, "speed"));
}

}  // namespace
}  // namespace tapline
