#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fake_sensor.h"

namespace tapline {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class SuppressTest : public NetctlTest {};

TEST_F(SuppressTest, ASuppressionIsBuiltFromItsOptions) {
  sensor_.policy.suppress = [](const v1::CreateSuppressionRequest& request,
                               v1::CreateSuppressionResponse* response) {
    const v1::Suppression& s = request.suppression();
    EXPECT_EQ(s.cidr(), "192.0.2.0/24");
    EXPECT_EQ(s.direction(), v1::DIRECTION_SOURCE);
    EXPECT_TRUE(s.has_expires_at());
    *response->mutable_suppression() = s;
    return grpc::Status::OK;
  };
  sensor_.Start();
  const Output output = Run({"suppress", "add", "--cidr", "192.0.2.0/24",
                             "--direction", "source", "--expires", "7d"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("192.0.2.0/24"));
}

v1::Suppression Suppression(const std::string& id) {
  v1::Suppression suppression;
  suppression.set_id(id);
  return suppression;
}

class SuppressRemoveTest : public SuppressTest {
 protected:
  SuppressRemoveTest() {
    for (const char* id : {"4f0c000000000001", "4f0c1230000000aa",
                           "4f0c1230000000ab", "77aa000000000001"}) {
      sensor_.policy.suppressions.push_back(Suppression(id));
    }
    sensor_.policy.unsuppress =
        [this](const v1::DeleteSuppressionRequest& request) {
          removed_.push_back(request.id());
          const bool known = std::any_of(
              sensor_.policy.suppressions.begin(),
              sensor_.policy.suppressions.end(),
              [&](const auto& s) { return s.id() == request.id(); });
          return known ? grpc::Status::OK
                       : grpc::Status(grpc::StatusCode::NOT_FOUND,
                                      "there is no suppression");
        };
    sensor_.Start();
  }
  std::vector<std::string> removed_;
};

TEST_F(SuppressRemoveTest, AUniqueBeginningOfAnIdIsEnough) {
  const Output output = Run({"suppress", "remove", "77AA"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_EQ(output.out, "suppression 77aa000000000001 removed\n");
  EXPECT_EQ(Run({"suppress", "remove", "4f0c1230000000aa"}).code, 0);
  EXPECT_THAT(removed_, ElementsAre("77aa000000000001", "4f0c1230000000aa"));
}

TEST_F(SuppressRemoveTest, WhatSeveralIdsBeginWithRemovesNone) {
  const Output output = Run({"suppress", "remove", "4f0c12"});
  EXPECT_EQ(output.code, 6);
  EXPECT_THAT(output.err, AllOf(HasSubstr("\"4f0c12\": 4f0c1230000000aa, "
                                          "4f0c1230000000ab; give more digits"),
                                Not(HasSubstr("4f0c000000000001"))));
  EXPECT_THAT(removed_, IsEmpty());
}

TEST_F(SuppressRemoveTest, TooFewDigitsAndUnknownIdsRemoveNothing) {
  const Output brief = Run({"suppress", "remove", "77a"});
  EXPECT_EQ(brief.code, 2);
  EXPECT_THAT(brief.err, HasSubstr("at least 4 digits"));
  EXPECT_THAT(removed_, IsEmpty());
  EXPECT_EQ(Run({"suppress", "remove", "abcd"}).code, 3);
}

}  // namespace
}  // namespace tapline
