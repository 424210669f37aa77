#include "sensord/service/worker_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

namespace tapline::testing {
namespace {

TEST(WorkerPoolTest, OneCallerNeverHasAllThreads) {
  WorkerPool pool({.threads = 3, .max_waiting = 10, .per_caller = 2});
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(pool.Submit(1, [released] { released.wait(); }));
  }
  std::promise<void> ran;
  ASSERT_TRUE(pool.Submit(2, [&ran] { ran.set_value(); }));
  EXPECT_EQ(ran.get_future().wait_for(std::chrono::seconds(20)),
            std::future_status::ready);
  release.set_value();
  pool.Stop();
}

TEST(WorkerPoolTest, CallersTakeTurns) {
  WorkerPool pool({.threads = 1, .max_waiting = 10, .per_caller = 1});
  std::promise<void> began;
  std::promise<void> release;
  ASSERT_TRUE(pool.Submit(1, [&] {
    began.set_value();
    release.get_future().wait();
  }));
  began.get_future().wait();
  std::string order;
  for (const char job : {'a', 'b', 'c'}) {
    ASSERT_TRUE(pool.Submit(1, [&order, job] { order += job; }));
  }
  ASSERT_TRUE(pool.Submit(2, [&order] { order += 'X'; }));
  release.set_value();
  pool.Stop();
  EXPECT_EQ(order, "aXbc");
}

TEST(WorkerPoolTest, MoreThanMayWaitIsRefusedAndWhatWaitsStillRuns) {
  WorkerPool pool({.threads = 1, .max_waiting = 2, .per_caller = 1});
  std::promise<void> began;
  std::promise<void> release;
  ASSERT_TRUE(pool.Submit(1, [&] {
    began.set_value();
    release.get_future().wait();
  }));
  began.get_future().wait();
  int runs = 0;
  EXPECT_TRUE(pool.Submit(1, [&runs] { ++runs; }));
  EXPECT_TRUE(pool.Submit(2, [&runs] { ++runs; }));
  EXPECT_FALSE(pool.Submit(3, [&runs] { ++runs; }));
  release.set_value();
  pool.Stop();
  EXPECT_EQ(runs, 2);
  EXPECT_FALSE(pool.Submit(1, [&runs] { ++runs; }));
}

}  // namespace
}  // namespace tapline::testing
