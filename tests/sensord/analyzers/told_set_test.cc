#include "sensord/analyzers/told_set.h"

#include <gtest/gtest.h>

#include <vector>

namespace tapline::testing {
namespace {

TEST(ToldSetTest, AKeyIsNewOnceAmongTheLast) {
  ToldSet<3> told;
  EXPECT_TRUE(told.Add(0));
  EXPECT_FALSE(told.Add(0));
  for (uint64_t key : {1, 2}) EXPECT_TRUE(told.Add(key));
  EXPECT_FALSE(told.Add(0));
  // In the place of 0.
  EXPECT_TRUE(told.Add(3));
  EXPECT_FALSE(told.Add(1));
  EXPECT_TRUE(told.Add(0));
}

TEST(ToldSetTest, BytesDifferByWhatTheySayAndWhoSaysIt) {
  ToldSet<8> told;
  const std::vector<uint8_t> bytes = {1, 2, 3};
  const std::vector<uint8_t> other = {1, 2, 4};
  EXPECT_TRUE(told.Add(bytes));
  EXPECT_TRUE(told.Add(other));
  EXPECT_TRUE(told.Add(bytes, 1));
  EXPECT_FALSE(told.Add(bytes));
}

}  // namespace
}  // namespace tapline::testing
