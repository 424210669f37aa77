#include "sensord/stats/space_saving.h"

#include <gtest/gtest.h>

#include <map>

namespace tapline {
namespace {

IpAddress Host(uint32_t n) { return IpAddress::FromV4(0x0a000000 + n); }

TEST(SpaceSavingTest, FewAddressesAreExactHeaviestFirst) {
  SpaceSaving sketch(8);
  for (uint32_t i = 0; i < 8; ++i) {
    sketch.Add({Host(i), 100 * i, 0, 1});
    sketch.Add({Host(i), i == 3 ? 1000u : 0u, 0, 1});
  }
  const std::vector<Talker> top = sketch.Top(2);
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].address, Host(3));
  EXPECT_EQ(top[0].bytes, 1300u);
  EXPECT_EQ(top[0].packets, 2u);
  EXPECT_EQ(top[0].error_bytes, 0u);
  EXPECT_EQ(top[1].address, Host(7));
}

TEST(SpaceSavingTest, HeavyAddressesSurviveAFloodWithinTheStatedError) {
  SpaceSaving sketch(64);
  std::map<IpAddress, uint64_t> truth;
  uint64_t total = 0;
  for (uint32_t i = 0; i < 100'000; ++i) {
    const IpAddress address = i % 4 == 0 ? Host(i / 4 % 5) : Host(1000 + i);
    sketch.Add({address, 60, 0, 1});
    truth[address] += 60;
    total += 60;
  }
  const std::vector<Talker> top = sketch.Top(64);
  ASSERT_EQ(top.size(), 64u);
  for (uint32_t heavy = 0; heavy < 5; ++heavy) {
    EXPECT_LT(top[heavy].address, Host(5)) << heavy;
  }
  for (const Talker& t : top) {
    EXPECT_GE(t.bytes, truth[t.address]);
    EXPECT_LE(t.bytes - t.error_bytes, truth[t.address]);
    EXPECT_LE(t.error_bytes, total / 64);
  }
}

}  // namespace
}  // namespace tapline
