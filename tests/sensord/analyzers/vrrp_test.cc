#include "sensord/analyzers/vrrp.h"

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

constexpr uint8_t kVrrp = 112;

TEST(VrrpTest, AnAnnouncementIsToldOnceAndWhenItChanges) {
  const std::string two =
      Hex("21 07 64 01 01 01 0000 c0a800fe") + std::string("secret\0\0", 8);
  Conversation c(kVrrp);
  c.To("224.0.0.18").Client(two).Client(two);
  c.Client(Hex("21 07 00 01 00 01 0000 c0a800fe") + std::string(8, '\0'));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "vrrp { version: 2 group: 7 priority: 100 "
            "addresses: \"192.168.0.254\" plain_password: true }");
  EXPECT_EQ(c.Events()[1].vrrp().priority(), 0u);
  EXPECT_EQ(c.told().protocol, Protocol::kVrrp);
}

TEST(VrrpTest, Version3OverBothFamilies) {
  Conversation c(kVrrp);
  c.To("224.0.0.18").Client(Hex("31 01 c8 02 0064 0000 0a000001 0a000002"));
  Conversation d(kVrrp);
  d.To("ff02::12")
      .Client(Hex("31 01 c8 01 0064 0000") + Hex("fe80") +
              std::string(13, '\0') + "\1");
  EXPECT_THAT(c.Events().at(0).vrrp().addresses(),
              ElementsAre("10.0.0.1", "10.0.0.2"));
  EXPECT_THAT(d.Events().at(0).vrrp().addresses(), ElementsAre("fe80::1"));
}

TEST(VrrpTest, CarpIsNotTold) {
  Conversation c(kVrrp);
  c.To("224.0.0.18")
      .Client(Hex("21 01 00 07 00 01 0000") + std::string(28, 'x'));
  EXPECT_THAT(c.Events(), IsEmpty());
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(VrrpTest, EveryTruncationIsAnAnomaly) {
  const std::string whole = Hex("31 01 c8 02 0064 0000 0a000001 0a000002");
  for (size_t size = 8; size < whole.size(); ++size) {
    Conversation c(kVrrp);
    c.To("224.0.0.18").Client(whole.substr(0, size));
    EXPECT_THAT(c.Events(), IsEmpty()) << size;
    EXPECT_THAT(c.told().anomalies, ElementsAre("vrrp.malformed"));
  }
}

}  // namespace
}  // namespace tapline::testing
