#include "common/filter/number_text.h"

#include <gtest/gtest.h>

#include "common/filter/value.h"

namespace tapline::filter {
namespace {

int64_t Whole(absl::string_view text) {
  const auto value = ParseWhole(text);
  EXPECT_TRUE(value.has_value()) << text;
  return static_cast<int64_t>(value.value_or(0));
}

TEST(NumberTextTest, WholeNumbersHaveBasesAndUnits) {
  EXPECT_EQ(Whole("80"), 80);
  EXPECT_EQ(Whole("-5"), -5);
  EXPECT_EQ(Whole("0x50"), 80);
  EXPECT_EQ(Whole("0b101"), 5);
  EXPECT_EQ(Whole("10k"), 10'000);
  EXPECT_EQ(Whole("1.5M"), 1'500'000);
  EXPECT_EQ(Whole("64Ki"), 65'536);
  EXPECT_EQ(Whole("10MB"), 10'000'000);
  EXPECT_EQ(Whole("2Gbit"), 2'000'000'000);
  EXPECT_EQ(Whole("100B"), 100);
}

TEST(NumberTextTest, WhatIsNoWholeNumberIsNone) {
  for (const char* text :
       {"", "-", "1.5", "0.0001k", "080", "1e6", "0x", "0xg", "0b2", "k", "1kk",
        "1m", "1 0", "--1", "99999999999999999999999", "1.", ".5", "1Mi2"}) {
    EXPECT_FALSE(ParseWhole(text).has_value()) << text;
  }
}

TEST(NumberTextTest, TheLargestNumbersAreExact) {
  EXPECT_EQ(*ParseWhole("18446744073709551615"),
            absl::int128(absl::MakeInt128(0, UINT64_MAX)));
  EXPECT_EQ(WholeText(*ParseWhole("-9223372036854775808")),
            "-9223372036854775808");
}

TEST(NumberTextTest, RealsAreFinite) {
  EXPECT_EQ(ParseReal("0.5"), 0.5);
  EXPECT_EQ(ParseReal("1e3"), 1000.0);
  EXPECT_EQ(ParseReal("-1.5k"), -1500.0);
  for (const char* text : {"", "nan", "inf", "1e999", "0x10", "one"}) {
    EXPECT_FALSE(ParseReal(text).has_value()) << text;
  }
}

TEST(NumberTextTest, DurationsAddUpTheirParts) {
  EXPECT_EQ(static_cast<int64_t>(*ParseNanos("1h30m")), 5400'000'000'000);
  EXPECT_EQ(static_cast<int64_t>(*ParseNanos("1.5s")), 1'500'000'000);
  EXPECT_EQ(static_cast<int64_t>(*ParseNanos("250ms")), 250'000'000);
  EXPECT_EQ(static_cast<int64_t>(*ParseNanos("0.25")), 250'000'000);
  EXPECT_EQ(static_cast<int64_t>(*ParseNanos("-10m")), -600'000'000'000);
  EXPECT_EQ(static_cast<int64_t>(*ParseNanos("5ns")), 5);
  for (const char* text : {"", "s", "1x", "1h30", "1..5", "5 s", "-"}) {
    EXPECT_FALSE(ParseNanos(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tapline::filter
