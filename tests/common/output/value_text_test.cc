#include "common/output/value_text.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "absl/strings/numbers.h"
#include "google/protobuf/util/time_util.h"

namespace tapline {
namespace {

using google::protobuf::util::TimeUtil;

google::protobuf::Timestamp Time(int64_t seconds, int32_t nanos) {
  google::protobuf::Timestamp time;
  time.set_seconds(seconds);
  time.set_nanos(nanos);
  return time;
}

std::string Double(double value) {
  std::string out;
  AppendDouble(value, out);
  return out;
}

TEST(ValueTextTest, TimestampsReadLikeProtobufsOwn) {
  for (const int64_t seconds :
       {-62135596800L, -86401L, -1L, 0L, 951782400L, 951868799L, 1700000000L,
        4102444800L, 253402300799L}) {
    for (const int32_t nanos : {0, 1, 1000, 1'000'000, 123'456'789}) {
      EXPECT_EQ(TimestampText(Time(seconds, nanos)),
                TimeUtil::ToString(Time(seconds, nanos)));
    }
  }
}

TEST(ValueTextTest, TimestampsOutOfRangeAreTakenToTheNearerEnd) {
  EXPECT_EQ(TimestampText(Time(std::numeric_limits<int64_t>::max(), 0)),
            "9999-12-31T23:59:59Z");
  EXPECT_EQ(TimestampText(Time(std::numeric_limits<int64_t>::min(), -5)),
            "0001-01-01T00:00:00Z");
}

TEST(ValueTextTest, DurationsReadLikeProtobufsOwn) {
  for (const int64_t nanos :
       {0L, 1L, 1'500'000'000L, -1'500'000'000L, -7L, 300'000'000'000L}) {
    std::string out;
    AppendDuration(TimeUtil::NanosecondsToDuration(nanos), out);
    EXPECT_EQ(out, TimeUtil::ToString(TimeUtil::NanosecondsToDuration(nanos)));
  }
}

TEST(ValueTextTest, DoublesReadBackAndAreNeverNan) {
  for (const double value : {0.0, 1.0, 0.1, 1e300, -2.5e-9, 123456789.125}) {
    double back = -1;
    ASSERT_TRUE(absl::SimpleAtod(Double(value), &back));
    EXPECT_EQ(back, value);
  }
  EXPECT_EQ(Double(std::numeric_limits<double>::quiet_NaN()), "0");
  EXPECT_EQ(Double(std::numeric_limits<double>::infinity()),
            Double(std::numeric_limits<double>::max()));
}

TEST(ValueTextTest, NumbersForPeopleHaveTheirUnit) {
  EXPECT_EQ(HumanCount(950), "950");
  EXPECT_EQ(HumanCount(12345), "12.3 k");
  EXPECT_EQ(HumanBytes(512), "512 B");
  EXPECT_EQ(HumanBytes(1536), "1.50 KiB");
  EXPECT_EQ(HumanBitRate(2.5e6), "2.50 Mbit/s");
  EXPECT_EQ(HumanSeconds(0.25), "250ms");
  EXPECT_EQ(HumanSeconds(245), "4m05s");
  EXPECT_EQ(HumanSeconds(7800), "2h10m");
  EXPECT_EQ(HumanSeconds(273600), "3d04h");
}

}  // namespace
}  // namespace tapline
