#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "schema_listing.h"

namespace tapline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Locked() {
  std::ifstream file(TAPLINE_SCHEMA_LOCK);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

TEST(SchemaLockTest, NothingThatClientsRelyOnHasChanged) {
  const std::vector<std::string> locked = Locked();
  ASSERT_GT(locked.size(), 100u) << TAPLINE_SCHEMA_LOCK;
  const auto broken = BreakingChanges(locked, SchemaListing());
  EXPECT_THAT(broken, IsEmpty())
      << "gone or changed; a removed field's number must be `reserved`:\n"
      << absl::StrJoin(broken, "\n");
}

TEST(SchemaLockTest, TheLockListsTheWholeSchema) {
  EXPECT_EQ(Locked(), SchemaListing())
      << "additions are fine; write them down with:\n"
         "  build/<preset>/bin/schema_listing > proto/schema.lock";
}

TEST(SchemaLockTest, ARenumberedRetypedOrRemovedFieldBreaks) {
  const std::vector<std::string> before = {"field A 1 x single uint32"};
  EXPECT_THAT(BreakingChanges(before, {"field A 2 x single uint32"}),
              ElementsAre(before[0]));
  EXPECT_THAT(BreakingChanges(before, {"field A 1 x single uint64"}),
              ElementsAre(before[0]));
  EXPECT_THAT(BreakingChanges(before, {}), ElementsAre(before[0]));
}

TEST(SchemaLockTest, ARemovedFieldWhoseNumberIsReservedIsFine) {
  EXPECT_THAT(BreakingChanges({"field A 1 x single uint32"}, {"reserved A 1"}),
              IsEmpty());
}

TEST(SchemaLockTest, AnAdditionIsFine) {
  EXPECT_THAT(BreakingChanges({"message A"},
                              {"field A 1 x single uint32", "message A"}),
              IsEmpty());
}

}  // namespace
}  // namespace tapline
