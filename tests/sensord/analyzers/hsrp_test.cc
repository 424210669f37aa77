#include "sensord/analyzers/hsrp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;

std::string Version1(const std::string& password) {
  return Hex("00 00 10 03 0a 6e 01 00") + password + Hex("c0a800fe");
}
const std::string kDefault("cisco\0\0\0", 8);
const std::string kVersion2 =
    Hex("01 28 02 00 05 04 000a 02005e100001 00000064 00000bb8 00002710"
        "0a0000fe") +
    std::string(12, '\0');

TEST(HsrpTest, Version1IsToldOnceAndWhenItChanges) {
  Conversation c(kUdp, 1985, 1985);
  c.Client(Version1(kDefault)).Client(Version1(kDefault));
  c.Client(Version1("private!"));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "hsrp { version: 1 operation: \"hello\" state: \"active\" "
            "group: 1 priority: 110 virtual_address: \"192.168.0.254\" "
            "default_password: true }");
  EXPECT_FALSE(c.Events()[1].hsrp().default_password());
  EXPECT_EQ(c.told().protocol, Protocol::kHsrp);
}

TEST(HsrpTest, Version2) {
  Conversation c(kUdp, 1985, 1985);
  c.Client(kVersion2);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "hsrp { version: 2 operation: \"hello\" state: \"standby\" "
            "group: 10 priority: 100 virtual_address: \"10.0.0.254\" }");
}

TEST(HsrpTest, AnAdvertisementHasNoState) {
  Conversation c(kUdp, 1985, 1985);
  c.Client(Hex("00 03 0001 000a 01 00 0000 0001 00000000"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "hsrp { version: 1 operation: \"advertise\" }");
}

TEST(HsrpTest, WhatItIsSureOfIsKnownOnAnyPort) {
  for (const std::string& message : {Version1(kDefault), kVersion2}) {
    Conversation c(kUdp, 9999);
    c.Client(message);
    EXPECT_EQ(c.told().protocol, Protocol::kHsrp);
  }
  Conversation c(kUdp, 9999);
  c.Client(Version1("private!"));
  EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
}

TEST(HsrpTest, EachBrokenRuleIsNoMessage) {
  std::string state = Version1(kDefault);
  state[2] = 3;
  std::string hold = Version1(kDefault);
  hold[4] = 1;
  std::string family = kVersion2;
  family[5] = 5;
  std::string length = kVersion2;
  length[1] = 0x29;
  for (const std::string& message : {state, hold, family, length}) {
    Conversation c(kUdp, 1985, 1985);
    c.Client(message);
    EXPECT_THAT(c.Events(), IsEmpty());
    EXPECT_EQ(c.told().basis, ProtocolBasis::kPortHint);
  }
}

TEST(HsrpTest, NoTruncationIsAMessage) {
  for (const std::string& whole : {Version1(kDefault), kVersion2}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      Conversation c(kUdp, 1985, 1985);
      c.Client(whole.substr(0, size));
      EXPECT_THAT(c.Events(), IsEmpty()) << size;
    }
  }
}

}  // namespace
}  // namespace tapline::testing
