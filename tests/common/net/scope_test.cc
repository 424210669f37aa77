#include "common/net/scope.h"

#include <gtest/gtest.h>

namespace tapline {
namespace {

struct Case {
  const char* address;
  AddressScope scope;
};

// First and last address of each range, and its neighbours.
constexpr Case kCases[] = {
    {"126.255.255.255", AddressScope::kPublic},
    {"127.0.0.0", AddressScope::kLoopback},
    {"127.255.255.255", AddressScope::kLoopback},
    {"128.0.0.0", AddressScope::kPublic},
    {"169.253.255.255", AddressScope::kPublic},
    {"169.254.0.0", AddressScope::kLinkLocal},
    {"169.254.255.255", AddressScope::kLinkLocal},
    {"9.255.255.255", AddressScope::kPublic},
    {"10.0.0.0", AddressScope::kPrivate},
    {"10.255.255.255", AddressScope::kPrivate},
    {"11.0.0.0", AddressScope::kPublic},
    {"172.15.255.255", AddressScope::kPublic},
    {"172.16.0.0", AddressScope::kPrivate},
    {"172.31.255.255", AddressScope::kPrivate},
    {"172.32.0.0", AddressScope::kPublic},
    {"192.168.0.0", AddressScope::kPrivate},
    {"192.168.255.255", AddressScope::kPrivate},
    {"192.169.0.0", AddressScope::kPublic},
    {"100.63.255.255", AddressScope::kPublic},
    {"100.64.0.0", AddressScope::kPrivate},
    {"100.127.255.255", AddressScope::kPrivate},
    {"100.128.0.0", AddressScope::kPublic},
    {"223.255.255.255", AddressScope::kPublic},
    {"224.0.0.0", AddressScope::kMulticast},
    {"239.255.255.255", AddressScope::kMulticast},
    {"240.0.0.0", AddressScope::kBogon},
    {"255.255.255.254", AddressScope::kBogon},
    {"255.255.255.255", AddressScope::kMulticast},
    {"0.0.0.0", AddressScope::kBogon},
    {"0.255.255.255", AddressScope::kBogon},
    {"1.0.0.0", AddressScope::kPublic},
    {"192.0.2.77", AddressScope::kBogon},
    {"198.17.255.255", AddressScope::kPublic},
    {"198.18.0.0", AddressScope::kBogon},
    {"198.19.255.255", AddressScope::kBogon},
    {"198.20.0.0", AddressScope::kPublic},
    {"198.51.100.1", AddressScope::kBogon},
    {"203.0.113.1", AddressScope::kBogon},
    {"8.8.8.8", AddressScope::kPublic},
    {"::", AddressScope::kBogon},
    {"::1", AddressScope::kLoopback},
    {"::2", AddressScope::kBogon},
    {"fe80::1", AddressScope::kLinkLocal},
    {"febf:ffff::1", AddressScope::kLinkLocal},
    {"fec0::1", AddressScope::kBogon},
    {"fc00::1", AddressScope::kPrivate},
    {"fdff::1", AddressScope::kPrivate},
    {"fbff::1", AddressScope::kBogon},
    {"ff02::1", AddressScope::kMulticast},
    {"2000::", AddressScope::kPublic},
    {"2001:db8::1", AddressScope::kBogon},
    {"2001:db9::1", AddressScope::kPublic},
    {"3fff:ffff::1", AddressScope::kPublic},
    {"4000::", AddressScope::kBogon},
    {"64:ff9b::192.0.2.1", AddressScope::kPublic},
    {"64:ff9b:0:0:0:1::", AddressScope::kBogon},
};

TEST(ScopeTest, EveryRangeIsKnownToItsLastAddress) {
  for (const Case& c : kCases) {
    EXPECT_EQ(static_cast<int>(ScopeOf(IpAddress::Parse(c.address).value())),
              static_cast<int>(c.scope))
        << c.address;
  }
}

}  // namespace
}  // namespace tapline
