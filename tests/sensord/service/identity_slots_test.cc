#include "sensord/service/identity_slots.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

Peer User(uid_t uid) { return {uid, uid, {uid}}; }

class IdentitySlotsTest : public ::testing::Test {
 protected:
  absl::Time now_ = absl::FromUnixSeconds(1000000);
};

TEST_F(IdentitySlotsTest, OnePeerHasOneSlotForAllItsConnections) {
  IdentitySlots slots(2);
  auto first = slots.Acquire(User(1), now_);
  auto second = slots.Acquire(User(1), now_);
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(slots.TextOf(*first), "1:1:1");
}

TEST_F(IdentitySlotsTest, SameUidWithOtherGroupsIsAnotherIdentity) {
  IdentitySlots slots(2);
  auto plain = slots.Acquire({1, 1, {}}, now_);
  auto grouped = slots.Acquire({1, 1, {50}}, now_);
  ASSERT_TRUE(plain.has_value() && grouped.has_value());
  EXPECT_NE(*plain, *grouped);
}

TEST_F(IdentitySlotsTest, SlotWithAnOpenConnectionIsNeverGivenAway) {
  IdentitySlots slots(1);
  auto held = slots.Acquire(User(1), now_);
  slots.Acquire(User(1), now_);
  slots.Release(*held, now_);
  EXPECT_FALSE(slots.Acquire(User(2), now_ + absl::Hours(24)).has_value());
  EXPECT_EQ(slots.TextOf(*held), "1:1:1");
}

TEST_F(IdentitySlotsTest, FreeSlotChangesItsIdentityOnlyAfterTheQuietTime) {
  IdentitySlots slots(1);
  auto held = slots.Acquire(User(1), now_);
  slots.Release(*held, now_);
  absl::Time before = now_ + IdentitySlots::kQuiet - absl::Nanoseconds(1);
  EXPECT_FALSE(slots.Acquire(User(2), before).has_value());
  auto again = slots.Acquire(User(2), now_ + IdentitySlots::kQuiet);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(slots.TextOf(*again), "2:2:2");
}

TEST_F(IdentitySlotsTest, LongestUnusedSlotIsGivenFirst) {
  IdentitySlots slots(2);
  auto old = slots.Acquire(User(1), now_);
  auto young = slots.Acquire(User(2), now_);
  slots.Release(*old, now_);
  slots.Release(*young, now_ + absl::Seconds(1));
  auto next = slots.Acquire(User(3), now_ + absl::Hours(1));
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(*next, *old);
}

TEST(PeerTest, TextGivesBackTheSamePeer) {
  Peer peer{1000, 100, {4, 27, 4294967295}};
  auto parsed = PeerFromText(PeerToText(peer));
  ASSERT_OK(parsed);
  EXPECT_TRUE(*parsed == peer);
  EXPECT_TRUE(*PeerFromText(PeerToText({0, 0, {}})) == (Peer{0, 0, {}}));
  for (const char* bad : {"", "1", "1:2", "1:2:x", "a:1:", "1:2:3:4"}) {
    EXPECT_FALSE(PeerFromText(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace tapline::testing
