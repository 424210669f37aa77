#include "sensord/event/protocol.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tapline {
namespace {

TEST(ProtocolTest, EveryNameIsLowerCaseAndFindsItsProtocol) {
  std::set<std::string> seen;
  for (int i = 0; i < static_cast<int>(Protocol::kCount); ++i) {
    const auto protocol = static_cast<Protocol>(i);
    const std::string name(ProtocolName(protocol));
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"),
              std::string::npos)
        << name;
    EXPECT_EQ(ProtocolByName(name), protocol);
  }
}

TEST(ProtocolTest, AnyOtherNameIsUnknown) {
  EXPECT_EQ(ProtocolByName("DNS"), Protocol::kUnknown);
  EXPECT_EQ(ProtocolByName(""), Protocol::kUnknown);
}

// A flow keeps its protocol in 8 bits.
TEST(ProtocolTest, NumbersFitAByte) {
  EXPECT_LE(static_cast<int>(Protocol::kCount), 256);
}

}  // namespace
}  // namespace tapline
