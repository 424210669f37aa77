#include "common/schema/field_info.h"

#include <gtest/gtest.h>

#include "tapline/v1/alert.pb.h"
#include "tapline/v1/dns.pb.h"
#include "tapline/v1/flow.pb.h"

namespace tapline {
namespace {

TEST(FieldInfoTest, OptionsOfAFieldAreReadFromTheSchema) {
  const FieldInfo name =
      GetFieldInfo(*v1::Dns::descriptor()->FindFieldByName("name"));
  EXPECT_EQ(name.privacy, v1::PRIVACY_NAME);
  EXPECT_EQ(name.filter, "dns.qry.name");
  EXPECT_EQ(name.unit, "");
  const FieldInfo rtt =
      GetFieldInfo(*v1::Dns::descriptor()->FindFieldByName("rtt_ns"));
  EXPECT_EQ(rtt.unit, "ns");
}

TEST(FieldInfoTest, TimestampsAreLeavesAndOtherMessagesAreNot) {
  const auto& flow = *v1::Flow::descriptor();
  EXPECT_TRUE(IsLeaf(*flow.FindFieldByName("start")));
  EXPECT_TRUE(IsTimestamp(*flow.FindFieldByName("start")));
  EXPECT_TRUE(IsLeaf(*flow.FindFieldByName("end_reason")));
  EXPECT_FALSE(IsLeaf(*flow.FindFieldByName("originator")));
}

TEST(FieldInfoTest, AnAddressIsMarkedAsSuchAndOtherTextIsNot) {
  EXPECT_TRUE(
      IsAddress(*v1::Endpoint::descriptor()->FindFieldByName("address")));
  EXPECT_FALSE(IsAddress(*v1::Alert::descriptor()->FindFieldByName("summary")));
}

TEST(FieldInfoTest, EnumNamesLoseTheirPrefixAndComeBackInAnyCase) {
  const auto& type = *v1::Severity_descriptor();
  EXPECT_EQ(ShortEnumName(type, v1::SEVERITY_HIGH), "HIGH");
  EXPECT_EQ(ShortEnumName(type, 99), "99");
  EXPECT_EQ(ParseEnumName(type, "high"), v1::SEVERITY_HIGH);
  EXPECT_EQ(ParseEnumName(type, "SEVERITY_HIGH"), v1::SEVERITY_HIGH);
  EXPECT_EQ(ParseEnumName(type, "hi"), std::nullopt);
  EXPECT_EQ(ParseEnumName(type, "unspecified"), std::nullopt);
  EXPECT_EQ(EnumChoices(type), "low, medium, high, critical");
  EXPECT_EQ(
      ShortEnumName(*v1::EndReason_descriptor(), v1::END_REASON_END_OF_INPUT),
      "END_OF_INPUT");
}

}  // namespace
}  // namespace tapline
