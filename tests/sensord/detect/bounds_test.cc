// What detectors know stays bounded, whatever comes.

#include <gtest/gtest.h>
#include <malloc.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "sensord/detect/hyper_log_log.h"
#include "sensord/detect/keyed_table.h"
#include "sensord/detect/name_filter.h"
#include "tests/sensord/detect/traffic.h"

#ifdef __SANITIZE_ADDRESS__
// compiler-rt's allocator_interface.h, which Debian's GCC does not install.
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace tapline {
namespace {

IpAddress Random(uint32_t n) {
  return IpAddress::FromV4(static_cast<uint32_t>(MixWords(n, 42)) %
                           0xdf000000u);
}

size_t HeapBytes() {
#ifdef __SANITIZE_ADDRESS__
  // AddressSanitizer has its own heap, of which mallinfo2 knows nothing.
  return __sanitizer_get_current_allocated_bytes();
#else
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

TEST(BoundsTest, MillionRandomSourcesCostFixedMemoryAndAreCounted) {
  DetectRun run;
  const size_t before = HeapBytes();
  size_t half = 0;
  for (uint32_t i = 0; i < 1'000'000;) {
    Traffic t;
    t.Wait(absl::Milliseconds(i / 100));
    for (int n = 0; n < 10'000; ++n, ++i) {
      t.Syn({.from = Random(i), .to = Ip("198.51.100.7"), .port = 80});
      if (n % 10 != 0) continue;
      t.Query(Random(i), absl::StrCat("a", i, ".example", i % 9, ".com"));
    }
    run.Feed(t);
    if (i == 500'000) half = HeapBytes();
  }
  EXPECT_EQ(run.RuleNames(), "syn_flood");
  EXPECT_GT(run.stage.counters().forgotten_keys.Get(), 500'000u);
  EXPECT_LT(HeapBytes(), half + half / 10);
  EXPECT_LT(HeapBytes() - before, 150u << 20);
}

TEST(BoundsTest, SlowScanIsSeenThroughAFloodOfRandomSources) {
  v1::Config config = DetectTestConfig();
  config.mutable_detect()->set_max_keys(1024);
  DetectRun run(config);
  for (uint32_t i = 0; i < 12; ++i) {
    Traffic t;
    t.Wait(absl::Seconds(4 * i));
    for (uint16_t port : {1, 2}) {
      t.Syn({.from = Ip("192.0.2.66"),
             .to = Ip("198.51.100.7"),
             .port = static_cast<uint16_t>(port + i)});
    }
    for (uint32_t n = 0; n < 20'000; ++n) {
      t.Syn({.from = Random(i * 20'000 + n),
             .to = Ip("198.51.100.9"),
             .port = 80});
    }
    run.Feed(t);
  }
  EXPECT_EQ(run.Finish().RuleNames(), "port_scan syn_flood");
}

TEST(BoundsTest, OpenIncidentsAreBoundedAndNoneIsRaisedTwice) {
  DetectRun run;
  Traffic t;
  for (uint32_t i = 0; i < 1500; ++i) {
    for (uint16_t port = 1; port <= 11; ++port) {
      t.Syn({.from = IpAddress::FromV4(0x0b000000 + i),
             .to = Ip("198.51.100.7"),
             .port = port});
    }
  }
  run.Feed(t).Finish();
  EXPECT_EQ(run.Alerts().size(), 1500u);
  EXPECT_EQ(run.stage.counters().raised.Get(), 1500u);
  EXPECT_EQ(run.stage.counters().updated.Get(), 1500u);
}

TEST(BoundsTest, TableForgetsTheLeastRecentAndKeptOnesLast) {
  Counter forgotten;
  KeyedTable<EndpointKey, int> table(forgotten);
  table.SetCapacity(8);
  const auto key = [](uint32_t n) {
    EndpointKey k;
    k.source = IpAddress::FromV4(n);
    return k;
  };
  for (uint32_t n = 0; n < 8; ++n) {
    int& value = table.FindOrInsert(key(n), key(n).Hash(), n * kSecondNanos);
    value = static_cast<int>(n);
    if (n == 0) table.Keep(value);
  }
  table.FindOrInsert(key(8), key(8).Hash(), 9 * kSecondNanos);
  EXPECT_EQ(forgotten.Get(), 1u);
  EXPECT_EQ(table.size(), 8u);
  EXPECT_NE(table.Find(key(0), key(0).Hash()), nullptr);
  EXPECT_EQ(table.Find(key(1), key(1).Hash()), nullptr);
  EXPECT_NE(table.Find(key(2), key(2).Hash()), nullptr);
}

TEST(BoundsTest, SketchesEstimateWithinTheirError) {
  HyperLogLog<10> sketch;
  NameFilter filter;
  uint32_t fresh = 0;
  for (uint32_t i = 0; i < 100'000; ++i) {
    sketch.Add(MixWords(i, 7));
    if (i < 10'000) fresh += filter.Add(MixWords(i, 7), 0, kSecondNanos);
  }
  EXPECT_NEAR(static_cast<double>(sketch.Count()), 100'000, 10'000);
  EXPECT_GT(fresh, 9'500u);
  EXPECT_FALSE(filter.Add(MixWords(9'999, 7), 0, kSecondNanos));
}

}  // namespace
}  // namespace tapline
