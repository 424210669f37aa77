#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_sensor.h"

namespace tapline {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class StatsTest : public NetctlTest {};

TEST_F(StatsTest, StatisticsBeforeTheFirstWindowAreNone) {
  sensor_.history.stats = [](const auto&, v1::GetStatsResponse* response) {
    response->mutable_record()->mutable_stats();
  };
  sensor_.Start();
  const Output output = Run({"stats", "--window", "10s"});
  EXPECT_EQ(output.code, 0);
  EXPECT_THAT(output.out, IsEmpty());
  EXPECT_THAT(output.err, HasSubstr("no window of 10s has ended yet"));
}

TEST_F(StatsTest, StatisticsShowWhoSendsMost) {
  sensor_.history.stats = [](const auto&, v1::GetStatsResponse* response) {
    v1::Stats& stats = *response->mutable_record()->mutable_stats();
    stats.mutable_time()->set_seconds(1'700'000'000);
    stats.set_packets(12);
    for (int i = 1; i <= 12; ++i) {
      v1::TopTalker& talker = *stats.add_top_talkers();
      talker.set_address("192.0.2." + std::to_string(i));
    }
  };
  sensor_.Start();
  EXPECT_THAT(Run({"stats"}).out,
              AllOf(StartsWith("TIME"), HasSubstr("\n\nADDRESS"),
                    HasSubstr("192.0.2.10 "), Not(HasSubstr("192.0.2.11"))));
  EXPECT_THAT(Run({"stats", "-o", "csv"}).out, Not(HasSubstr("ADDRESS")));
}

void Fill(int64_t seconds, uint64_t packets, v1::Stats& stats) {
  stats.mutable_time()->set_seconds(1'700'000'000);
  stats.mutable_window()->set_seconds(seconds);
  stats.set_packets(packets);
}

TEST_F(StatsTest, TenSecondsAreTheUsualWindow) {
  sensor_.history.stats = [](const v1::GetStatsRequest& request,
                             v1::GetStatsResponse* response) {
    EXPECT_EQ(request.window().seconds(), 10);
    Fill(10, 12, *response->mutable_record()->mutable_stats());
  };
  sensor_.Start();
  EXPECT_THAT(Run({"stats", "-o", "json"}).out, HasSubstr("\"10s\""));
}

TEST_F(StatsTest, ACaptureThatHasJustBegunHasASecond) {
  sensor_.history.stats = [](const v1::GetStatsRequest& request,
                             v1::GetStatsResponse* response) {
    v1::Stats& stats = *response->mutable_record()->mutable_stats();
    if (request.window().seconds() == 1) Fill(1, 12, stats);
  };
  sensor_.Start();
  EXPECT_THAT(Run({"stats", "-o", "json"}).out, HasSubstr("\"1s\""));
  // Not when another was asked for.
  EXPECT_THAT(Run({"stats", "--window", "60s"}).err,
              HasSubstr("no window of 60s has ended yet"));
}

TEST_F(StatsTest, AWindowWithoutPacketsIsNoMystery) {
  sensor_.history.stats = [](const v1::GetStatsRequest& request,
                             v1::GetStatsResponse* response) {
    Fill(request.window().seconds(), 0,
         *response->mutable_record()->mutable_stats());
  };
  sensor_.Start();
  EXPECT_THAT(Run({"stats"}).err,
              HasSubstr("no packet in these 10s; see --window 60s"));
  EXPECT_THAT(Run({"stats", "--window", "60s"}).err, IsEmpty());
}

}  // namespace
}  // namespace tapline
