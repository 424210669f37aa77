// Suppressions of the policy store: listed, added, removed, expired.

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "sensord/policy/policy_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace tapline {
namespace {

using testing::StatusIs;
using testing::TempDir;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class SuppressionsTest : public ::testing::Test {
 protected:
  std::unique_ptr<PolicyStore> Open(const PolicyStoreOptions& options) {
    auto store = PolicyStore::Open(options, clock_);
    EXPECT_OK(store);
    return *std::move(store);
  }

  const TempDir dir_;
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
};

TEST_F(SuppressionsTest, SuppressionsAreAddedCountedAndRemoved) {
  const auto store = Open({});
  v1::Suppression wanted;
  wanted.set_cidr("192.0.2.0/24");
  wanted.set_rule("port_scan");
  const auto added = store->AddSuppression(wanted, false, "ann");
  ASSERT_OK(added);
  EXPECT_EQ(added->id().size(), 16u);
  EXPECT_EQ(added->direction(), v1::DIRECTION_ANY);
  EXPECT_EQ(added->created_at().seconds(), 1'700'000'000);
  store->CountHit(added->id());
  store->CountHit(added->id());
  store->CountHit("no such id");
  EXPECT_EQ(store->Suppressions().at(0).hits(), 2u);
  ASSERT_OK(store->DeleteSuppression(added->id()));
  EXPECT_TRUE(store->Suppressions().empty());
  EXPECT_THAT(store->DeleteSuppression(added->id()),
              StatusIs(absl::StatusCode::kNotFound, added->id()));
}

TEST_F(SuppressionsTest, WrongSuppressionsAreRefused) {
  const auto store = Open({});
  v1::Suppression all;
  EXPECT_THAT(store->AddSuppression(all, false, "ann"),
              StatusIs(kInvalid, "one of cidr, port, rule and filter"));
  v1::Suppression expired;
  expired.set_port(80);
  expired.mutable_expires_at()->set_seconds(1'600'000'000);
  EXPECT_THAT(store->AddSuppression(expired, false, "ann"),
              StatusIs(kInvalid, "lies in the past"));
  v1::Suppression bad;
  bad.set_cidr("300.1.2.3");
  EXPECT_THAT(store->AddSuppression(bad, false, "ann"),
              StatusIs(kInvalid, "cidr: "));
  v1::Suppression comment;
  comment.set_port(80);
  comment.set_comment("a\x1b[31m");
  EXPECT_THAT(store->AddSuppression(comment, false, "ann"),
              StatusIs(kInvalid, "comment: "));
}

TEST_F(SuppressionsTest, SuppressionsOfTheFileStayUntilTheFileChanges) {
  const std::string file =
      dir_.Write("f.yaml", "suppressions: [{port: 80}, {port: 80}]");
  const auto store = Open({.config_file = file});
  const auto listed = store->Suppressions();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_NE(listed[0].id(), listed[1].id());
  EXPECT_EQ(listed[0].origin(), "file");
  EXPECT_THAT(store->DeleteSuppression(listed[0].id()),
              StatusIs(absl::StatusCode::kFailedPrecondition, file));
}

TEST_F(SuppressionsTest, AnExpiredSuppressionGoesAwayByItself) {
  const auto store = Open({});
  v1::Suppression wanted;
  wanted.set_port(80);
  wanted.mutable_expires_at()->set_seconds(1'700'000'010);
  ASSERT_OK(store->AddSuppression(wanted, false, "ann"));
  std::mutex mutex;
  std::condition_variable condition;
  bool gone = false;
  store->SetListener([&](const PolicyPtr& policy) {
    const std::lock_guard lock(mutex);
    gone = policy->config.suppressions().empty();
    condition.notify_all();
  });
  clock_.Advance(absl::Seconds(10));
  store->StartWatching();
  std::unique_lock lock(mutex);
  EXPECT_TRUE(
      condition.wait_for(lock, std::chrono::seconds(10), [&] { return gone; }));
}

}  // namespace
}  // namespace tapline
