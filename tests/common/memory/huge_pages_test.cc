#include "common/memory/huge_pages.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace tapline {
namespace {

TEST(HugePagesTest, AMappingBeginsOnAHugePageAndIsZero) {
  constexpr size_t kBytes = kHugePageBytes + 1;
  auto* bytes = static_cast<uint8_t*>(MapHuge(kBytes));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes) % kHugePageBytes, 0u);
  EXPECT_EQ(bytes[0], 0);
  EXPECT_EQ(bytes[kBytes - 1], 0);
  bytes[kBytes - 1] = 1;
  UnmapHuge(bytes, kBytes);
}

TEST(HugePagesTest, AVectorKeepsItsItemsWhenItOutgrowsTheHeap) {
  HugePageVector<uint64_t> items;
  const size_t count = 3 * kHugePageBytes / sizeof(uint64_t);
  for (size_t i = 0; i < count; ++i) items.push_back(i);
  ASSERT_EQ(items.size(), count);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(items.data()) % kHugePageBytes, 0u);
  for (size_t i = 0; i < count; ++i) ASSERT_EQ(items[i], i);
  items.resize(1);
  items.shrink_to_fit();
  EXPECT_EQ(items[0], 0u);
}

}  // namespace
}  // namespace tapline
