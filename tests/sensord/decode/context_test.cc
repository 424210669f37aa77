#include "sensord/decode/context.h"

#include <gtest/gtest.h>

namespace tapline {
namespace {

Context WithId(uint32_t id) {
  Context context;
  context.tunnel_count = 1;
  context.tunnels[0] = TunnelKind::kVxlan;
  context.tunnel_ids[0] = id;
  return context;
}

TEST(ContextTableTest, EmptyContextIsZero) {
  ContextTable table;
  bool overflow = true;
  EXPECT_EQ(table.Intern(Context(), &overflow), 0u);
  EXPECT_FALSE(overflow);
  EXPECT_EQ(table.Get(0).tunnel_count, 0);
}

TEST(ContextTableTest, EqualContextsShareAnId) {
  ContextTable table;
  bool overflow = false;
  const uint32_t one = table.Intern(WithId(7), &overflow);
  EXPECT_EQ(one, table.Intern(WithId(7), &overflow));
  EXPECT_NE(one, table.Intern(WithId(8), &overflow));
  EXPECT_EQ(table.Get(one).tunnel_ids[0], 7u);
}

TEST(ContextTableTest, FullTableCollapsesIntoOverflowAndKeepsTheOld) {
  ContextTable table;
  bool overflow = false;
  // Id 0 is taken.
  for (uint32_t i = 1; i < ContextTable::kCapacity; ++i) {
    ASSERT_EQ(table.Intern(WithId(i), &overflow), i);
    ASSERT_FALSE(overflow);
  }
  EXPECT_EQ(table.Intern(WithId(1 << 20), &overflow), ContextTable::kOverflow);
  EXPECT_TRUE(overflow);
  EXPECT_EQ(table.Get(ContextTable::kOverflow).tunnel_count, 0);
  EXPECT_EQ(table.Intern(WithId(77), &overflow), 77u);
  EXPECT_FALSE(overflow);
  EXPECT_EQ(table.Get(77).tunnel_ids[0], 77u);
}

TEST(ContextTableTest, EveryTunnelHasItsName) {
  EXPECT_STREQ(TunnelName(TunnelKind::kNone), "");
  EXPECT_STREQ(TunnelName(TunnelKind::kSixInFour), "6in4");
  EXPECT_STREQ(TunnelName(TunnelKind::kGtpU), "gtp-u");
}

}  // namespace
}  // namespace tapline
