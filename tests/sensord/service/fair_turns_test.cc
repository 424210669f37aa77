#include "sensord/service/fair_turns.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace tapline::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Works for `time` without asking.
void WorkFor(SteadyClock::duration time) {
  const auto end = SteadyClock::now() + time;
  while (SteadyClock::now() < end) {
  }
}

TEST(FairTurnsTest, ManyJobsOfOneCallerGetNoMoreThanOneOfAnother) {
  constexpr int kPortions = 200;
  FairTurns turns(1);
  std::atomic<int> done{0};
  std::array<std::atomic<int>, 2> by_caller{};
  std::vector<std::thread> threads;
  for (const int caller : {0, 0, 0, 0, 1}) {
    threads.emplace_back([&, caller] {
      FairTurns::Job job(turns, caller);
      while (done.load() < kPortions) {
        EXPECT_TRUE(job.GoesOn().ok());
        WorkFor(FairTurns::kSlice);
        ++by_caller[static_cast<size_t>(caller)];
        ++done;
      }
      job.Pause();
    });
  }
  for (std::thread& thread : threads) thread.join();
  // Half, but for what the machine does besides.
  EXPECT_GT(by_caller[1].load(), kPortions / 4);
  EXPECT_GT(by_caller[0].load(), kPortions / 4);
}

TEST(FairTurnsTest, WhoComesLateDoesNotWaitForWhatOthersHad) {
  FairTurns turns(1);
  FairTurns::Job first(turns, 1);
  ASSERT_TRUE(first.GoesOn().ok());
  WorkFor(5 * FairTurns::kSlice);
  std::atomic<bool> had_turn{false};
  std::thread late([&] {
    FairTurns::Job job(turns, 2);
    EXPECT_TRUE(job.GoesOn().ok());
    had_turn = true;
    job.Pause();
  });
  const auto end = SteadyClock::now() + std::chrono::seconds(10);
  while (!had_turn && SteadyClock::now() < end) {
    EXPECT_TRUE(first.GoesOn().ok());
  }
  EXPECT_TRUE(had_turn);
  late.join();
  first.Pause();
}

TEST(FairTurnsTest, WhatIsDoneQuicklyNeverWaits) {
  FairTurns turns(1);
  FairTurns::Job holder(turns, 1);
  ASSERT_TRUE(holder.GoesOn().ok());
  FairTurns::Job quick(turns, 1, std::chrono::seconds(60));
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(quick.GoesOn().ok());
  quick.Stop(absl::CancelledError("over"));
  EXPECT_EQ(quick.GoesOn(), absl::CancelledError("over"));
  holder.Pause();
}

TEST(FairTurnsTest, AStoppedJobHearsWhyAlsoWhileItWaits) {
  FairTurns turns(1);
  FairTurns::Job holder(turns, 1);
  ASSERT_TRUE(holder.GoesOn().ok());
  FairTurns::Job waiter(turns, 2);
  absl::Status heard;
  std::thread waits([&] { heard = waiter.GoesOn(); });
  waiter.Stop(absl::CancelledError("the client is gone"));
  waiter.Stop(absl::InternalError("too late"));
  waits.join();
  EXPECT_EQ(heard, absl::CancelledError("the client is gone"));
  holder.Stop(absl::DeadlineExceededError("12 s"));
  EXPECT_EQ(holder.GoesOn(), absl::DeadlineExceededError("12 s"));
  // It gave its place back.
  FairTurns::Job next(turns, 1);
  EXPECT_TRUE(next.GoesOn().ok());
  next.Pause();
}

TEST(FairTurnsTest, WorkIsAskedOfTheInnermostScopeOfTheThread) {
  FairTurns turns(1);
  FairTurns::Job stopped(turns, 1);
  stopped.Stop(absl::CancelledError("over"));
  EXPECT_TRUE(WorkGoesOn().ok());
  {
    const WorkScope scope(stopped);
    EXPECT_EQ(WorkGoesOn(), absl::CancelledError("over"));
    FairTurns::Job inner(turns, 1);
    {
      const WorkScope nested(inner);
      EXPECT_TRUE(WorkGoesOn().ok());
      inner.Pause();
    }
    EXPECT_FALSE(WorkGoesOn().ok());
    std::thread([] { EXPECT_TRUE(WorkGoesOn().ok()); }).join();
  }
  EXPECT_TRUE(WorkGoesOn().ok());
}

}  // namespace
}  // namespace tapline::testing
