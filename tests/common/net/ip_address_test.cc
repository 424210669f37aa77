#include "common/net/ip_address.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/hash/hash_testing.h"
#include "tests/support/status_matchers.h"

namespace tapline {
namespace {

using testing::StatusIs;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

IpAddress Ip(absl::string_view text) { return IpAddress::Parse(text).value(); }

TEST(IpAddressTest, TextAndAddressAreInverse) {
  for (const char* text :
       {"0.0.0.0", "9.10.99.100", "192.0.2.255", "255.255.255.255", "::", "::1",
        "2001:db8::8:800:200c:417a", "fe80::1", "2001:db8:0:1:1:1:1:1"}) {
    EXPECT_EQ(Ip(text).ToString(), text);
  }
}

TEST(IpAddressTest, TextIsShortestAndLowerCase) {
  // RFC 5952 4.2.2 and 4.2.3.
  EXPECT_EQ(Ip("2001:DB8:0:0:1:0:0:1").ToString(), "2001:db8::1:0:0:1");
  EXPECT_EQ(Ip("2001:0db8::0001").ToString(), "2001:db8::1");
}

TEST(IpAddressTest, TextOfEveryZeroRunIsThatOfTheSystem) {
  for (int zeros = 0; zeros < 256; ++zeros) {
    uint8_t bytes[16];
    for (int i = 0; i < 8; ++i) {
      const unsigned group = zeros >> i & 1 ? 0 : 0x1d0b >> 2 * i | 0x1;
      bytes[2 * i] = static_cast<uint8_t>(group >> 8);
      bytes[2 * i + 1] = static_cast<uint8_t>(group);
    }
    // inet_ntop writes ::/96 as ::a.b.c.d; RFC 5952 leaves that open.
    if ((zeros & 0x3f) == 0x3f) continue;
    char text[INET6_ADDRSTRLEN];
    ASSERT_NE(inet_ntop(AF_INET6, bytes, text, sizeof text), nullptr);
    EXPECT_EQ(IpAddress::FromV6(bytes).ToString(), text);
  }
  EXPECT_EQ(Ip("::1").ToString(), "::1");
  EXPECT_EQ(Ip("::").ToString(), "::");
}

TEST(IpAddressTest, MappedAddressIsTheIpv4Address) {
  EXPECT_EQ(Ip("::ffff:192.0.2.1"), Ip("192.0.2.1"));
  EXPECT_TRUE(Ip("::ffff:192.0.2.1").IsV4());
  EXPECT_FALSE(Ip("::192.0.2.1").IsV4());
}

TEST(IpAddressTest, AllFormsOfBytesAgree) {
  const uint8_t bytes[] = {192, 0, 2, 1};
  EXPECT_EQ(IpAddress::FromV4(bytes), Ip("192.0.2.1"));
  EXPECT_EQ(IpAddress::FromV4(0xc0000201), Ip("192.0.2.1"));
  EXPECT_EQ(IpAddress::FromV6(Ip("2001:db8::7").bytes()), Ip("2001:db8::7"));
  EXPECT_EQ(Ip("2001:db8::7").high(), 0x20010db800000000u);
  EXPECT_EQ(Ip("2001:db8::7").low(), 7u);
}

TEST(IpAddressTest, WhatIsNoAddressIsRefused) {
  for (const char* text :
       {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "01.2.3.4", "[::1]",
        "fe80::1%eth0", ":::", "12345::", "g::", "example.com"}) {
    EXPECT_THAT(IpAddress::Parse(text), StatusIs(kInvalid, text)) << text;
  }
  EXPECT_THAT(IpAddress::Parse(std::string(100'000, '1')),
              StatusIs(kInvalid, "is not an IP address"));
  EXPECT_THAT(IpAddress::Parse(absl::string_view("1.2.3.4\0", 8)),
              StatusIs(kInvalid, ""))
      << "a zero byte hides nothing";
}

TEST(IpAddressTest, OrderIsThatOfTheBytes) {
  EXPECT_LT(Ip("1.2.3.4"), Ip("1.2.4.0"));
  EXPECT_LT(Ip("255.255.255.255"), Ip("2001:db8::"));
  EXPECT_LT(Ip("::1"), Ip("1.2.3.4"));
}

TEST(IpAddressTest, HashFollowsEquality) {
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(
      {Ip("::"), Ip("::1"), Ip("1.2.3.4"), Ip("::ffff:1.2.3.4"),
       Ip("2001:db8::1")}));
}

TEST(CidrTest, PrefixesContainTheirAddressesOnly) {
  const Cidr v4 = Cidr::Parse("192.0.2.128/25").value();
  EXPECT_TRUE(v4.Contains(Ip("192.0.2.128")));
  EXPECT_TRUE(v4.Contains(Ip("192.0.2.255")));
  EXPECT_FALSE(v4.Contains(Ip("192.0.2.127")));
  EXPECT_FALSE(v4.Contains(Ip("192.0.3.128")));
  const Cidr v6 = Cidr::Parse("2001:db8::/33").value();
  EXPECT_TRUE(v6.Contains(Ip("2001:db8:7fff::1")));
  EXPECT_FALSE(v6.Contains(Ip("2001:db8:8000::")));
}

TEST(CidrTest, ZeroOfOneFamilyDoesNotContainTheOther) {
  EXPECT_TRUE(Cidr::Parse("0.0.0.0/0")->Contains(Ip("203.0.113.9")));
  EXPECT_FALSE(Cidr::Parse("0.0.0.0/0")->Contains(Ip("2001:db8::1")));
}

TEST(CidrTest, BareAddressIsItself) {
  const Cidr one = Cidr::Parse("192.0.2.1").value();
  EXPECT_EQ(one.ToString(), "192.0.2.1/32");
  EXPECT_TRUE(one.Contains(Ip("192.0.2.1")));
  EXPECT_FALSE(one.Contains(Ip("192.0.2.0")));
  EXPECT_EQ(Cidr::Parse("::1")->ToString(), "::1/128");
}

TEST(CidrTest, TextAndPrefixAreInverse) {
  for (const char* text : {"0.0.0.0/0", "10.0.0.0/8", "::/0", "fe80::/10"}) {
    EXPECT_EQ(Cidr::Parse(text)->ToString(), text);
  }
}

TEST(CidrTest, WhatIsNoPrefixIsRefused) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
                           "10.0.0.0/8/8", "::/129", "10.0.0.0/x"}) {
    EXPECT_THAT(Cidr::Parse(text), StatusIs(kInvalid, "")) << text;
  }
  EXPECT_THAT(Cidr::Parse("10.0.0.1/8"),
              StatusIs(kInvalid, "bits set past the prefix"));
}

}  // namespace
}  // namespace tapline
