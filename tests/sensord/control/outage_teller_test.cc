#include "sensord/control/outage_teller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/support/log_capture.h"

namespace tapline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Lines(const testing::LogCapture& log) {
  return absl::StrSplit(log.Text(), '\n', absl::SkipEmpty());
}

TEST(OutageTellerTest, GoingIsOneWarningAndComingBackOneLine) {
  testing::LogCapture log;
  const auto tell = OutageTeller("eth7", log.log());
  tell("interface_gone");
  tell(nullptr);
  EXPECT_THAT(Lines(log),
              ElementsAre(HasSubstr(" warning interface_away interface=eth7 "
                                    "reason=interface_gone capture=\"waits"),
                          HasSubstr(" info interface_back interface=eth7 "
                                    "after_seconds=0 capture=\"goes on")));
}

TEST(OutageTellerTest, DownThenGoneIsWarnedOfOnce) {
  testing::LogCapture log;
  const auto tell = OutageTeller("eth7", log.log());
  tell("link_down");
  tell("interface_gone");
  tell(nullptr);
  tell("link_down");
  EXPECT_THAT(Lines(log),
              ElementsAre(HasSubstr(" warning interface_away "),
                          HasSubstr(" info interface_still_away "
                                    "interface=eth7 reason=interface_gone"),
                          HasSubstr(" info interface_back "),
                          HasSubstr(" warning interface_away ")));
}

TEST(OutageTellerTest, WithoutALogNobodyIsTold) {
  EXPECT_FALSE(OutageTeller("eth7", nullptr));
}

}  // namespace
}  // namespace tapline
