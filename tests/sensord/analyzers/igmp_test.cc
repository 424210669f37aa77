#include "sensord/analyzers/igmp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint8_t kIgmp = 2;

TEST(IgmpTest, JoiningAndLeavingAreToldOnceAGroup) {
  Conversation c(kIgmp);
  for (int i = 0; i < 3; ++i) c.Client(Hex("16 00 0000 e00000fb"));
  c.Client(Hex("17 00 0000 e00000fb"));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "igmp { message_type: \"report\" version: 2 "
            "groups: \"224.0.0.251\" }");
  EXPECT_EQ(c.Events()[1].igmp().message_type(), "leave");
  EXPECT_EQ(c.told().protocol, Protocol::kIgmp);
}

TEST(IgmpTest, EachVersionOfAQuery) {
  Conversation c(kIgmp);
  c.Client(Hex("11 00 0000 00000000")).Client(Hex("11 64 0000 00000000"));
  c.Client(Hex("11 64 0000 ef010203 02 7d 0000"));
  ASSERT_THAT(c.Events(), SizeIs(3));
  EXPECT_EQ(c.Events()[0].igmp().version(), 1u);
  EXPECT_EQ(c.Events()[1].igmp().version(), 2u);
  EXPECT_EQ(c.Events()[2].igmp().version(), 3u);
  EXPECT_THAT(c.Events()[2].igmp().groups(), ElementsAre("239.1.2.3"));
}

TEST(IgmpTest, AReportOfVersion3HasRecords) {
  Conversation c(kIgmp);
  // With one source, and without.
  c.Client(
      Hex("22 00 0000 0000 0002 01 00 0001 e8010203 0a000001"
          "04 00 0000 efffffff"));
  c.Client(Hex("22 00 0000 0000 0001 03 00 0000 efffffff"));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "igmp { message_type: \"report\" version: 3 "
            "groups: \"232.1.2.3\" groups: \"239.255.255.255\" }");
  EXPECT_EQ(c.Events()[1].igmp().message_type(), "leave");
}

TEST(IgmpTest, OtherTypesAreNotTold) {
  Conversation c(kIgmp);
  c.Client(Hex("13 01 0000 00000000"));
  EXPECT_THAT(c.Events(), IsEmpty());
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(IgmpTest, EveryTruncationIsAnAnomaly) {
  const std::string whole = Hex(
      "22 00 0000 0000 0002 01 00 0001 e8010203 0a000001 04 00 0000 efffffff");
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kIgmp);
    c.Client(whole.substr(0, size));
    EXPECT_THAT(c.told().anomalies, ElementsAre("igmp.malformed")) << size;
  }
}

}  // namespace
}  // namespace tapline::testing
