#include "common/net/mac_address.h"

#include <gtest/gtest.h>

namespace tapline {
namespace {

TEST(MacAddressTest, TextIsLowerCaseHexWithColons) {
  const MacAddress mac = {{0x02, 0x00, 0x5e, 0x10, 0xAB, 0x01}};
  EXPECT_EQ(mac.ToString(), "02:00:5e:10:ab:01");
}

TEST(MacAddressTest, NumberHasTheFirstByteHighest) {
  EXPECT_EQ((MacAddress{{1, 2, 3, 4, 5, 6}}).AsNumber(), 0x010203040506u);
}

TEST(MacAddressTest, OnlyAllZeroBytesAreZero) {
  EXPECT_TRUE(MacAddress{}.IsZero());
  EXPECT_FALSE((MacAddress{{0, 0, 0, 0, 0, 1}}).IsZero());
}

TEST(MacAddressTest, EqualityComparesAllBytes) {
  EXPECT_EQ((MacAddress{{1, 2, 3, 4, 5, 6}}), (MacAddress{{1, 2, 3, 4, 5, 6}}));
  EXPECT_FALSE((MacAddress{{1, 2, 3, 4, 5, 6}}) ==
               (MacAddress{{1, 2, 3, 4, 5, 7}}));
}

}  // namespace
}  // namespace tapline
