#include "sensord/capture/interfaces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "own_network.h"
#include "tests/support/status_matchers.h"

namespace tapline {
namespace {

using testing::OwnNetwork;
using testing::StatusIs;

class InterfacesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!network_.entered()) GTEST_SKIP() << "needs CAP_SYS_ADMIN";
  }
  InterfaceInfo Find(const std::string& name) {
    const auto list = ListInterfaces();
    if (list.ok()) {
      for (const InterfaceInfo& info : *list) {
        if (info.name == name) return info;
      }
    }
    ADD_FAILURE() << "no " << name << " " << list.status();
    return {};
  }
  OwnNetwork network_;
};

TEST_F(InterfacesTest, LoopbackIsListedAsSuch) {
  OwnNetwork::Ip("link set lo up");
  const InterfaceInfo lo = Find("lo");
  EXPECT_TRUE(lo.loopback);
  EXPECT_TRUE(lo.up);
  EXPECT_EQ(lo.link_type, "loopback");
  EXPECT_FALSE(lo.mac.has_value());
  EXPECT_STREQ(lo.discovery, "netlink");
}

TEST_F(InterfacesTest, AddressesStateMtuAndCountersAreRead) {
  ASSERT_TRUE(OwnNetwork::Ip(
      "link add va address 02:00:00:00:00:0a mtu 1300 type veth peer name vb"));
  EXPECT_FALSE(Find("va").up);
  ASSERT_TRUE(OwnNetwork::Ip("link set va up"));
  EXPECT_TRUE(Find("va").up);
  EXPECT_FALSE(Find("va").running) << "no carrier while the peer is down";
  ASSERT_TRUE(OwnNetwork::Ip("link set vb up"));
  ASSERT_TRUE(OwnNetwork::Ip("addr add 192.0.2.1/25 dev va"));
  ASSERT_TRUE(OwnNetwork::Ip("addr add 2001:db8::1/64 dev va nodad"));
  testing::FrameSender("vb").Send(testing::EthernetFrame(0x88b5, "x"));
  const InterfaceInfo va = Find("va");
  EXPECT_TRUE(va.running);
  EXPECT_EQ(va.mtu, 1300u);
  EXPECT_EQ(va.mac->ToString(), "02:00:00:00:00:0a");
  EXPECT_EQ(va.link_type, "ethernet");
  EXPECT_GE(va.counters.received_packets, 1u);
  EXPECT_GE(va.counters.received_bytes, 60u);
  std::vector<std::string> addresses;
  for (const InterfaceAddress& a : va.addresses) {
    addresses.push_back(absl::StrCat(a.address.ToString(), "/", a.prefix_bits));
  }
  EXPECT_THAT(addresses,
              ::testing::IsSupersetOf({"192.0.2.1/25", "2001:db8::1/64"}));
}

TEST_F(InterfacesTest, WithoutADefaultRouteTheMessageSaysWhatToDo) {
  EXPECT_THAT(DefaultRouteInterface(),
              StatusIs(absl::StatusCode::kNotFound, "--interface"));
}

TEST_F(InterfacesTest, DefaultRouteWithTheLowestMetricIsChosen) {
  ASSERT_TRUE(OwnNetwork::AddPair("va", "vb"));
  ASSERT_TRUE(OwnNetwork::AddPair("vc", "vd"));
  ASSERT_TRUE(OwnNetwork::Ip("addr add 192.0.2.1/24 dev va"));
  ASSERT_TRUE(OwnNetwork::Ip("addr add 198.51.100.1/24 dev vc"));
  ASSERT_TRUE(OwnNetwork::Ip("route add default via 192.0.2.2 metric 200"));
  EXPECT_EQ(DefaultRouteInterface().value(), "va");
  ASSERT_TRUE(OwnNetwork::Ip("route add default via 198.51.100.2 metric 100"));
  EXPECT_EQ(DefaultRouteInterface().value(), "vc");
  EXPECT_TRUE(Find("vc").default_route);
  EXPECT_FALSE(Find("va").default_route);
}

TEST_F(InterfacesTest, Ipv6DefaultRouteCountsWhenThereIsNoOther) {
  ASSERT_TRUE(OwnNetwork::AddPair("va", "vb"));
  ASSERT_TRUE(OwnNetwork::Ip("addr add 2001:db8::1/64 dev va nodad"));
  ASSERT_TRUE(OwnNetwork::Ip("-6 route add default via 2001:db8::2"));
  EXPECT_EQ(DefaultRouteInterface().value(), "va");
}

TEST_F(InterfacesTest, ThousandInterfacesAreAllListed) {
  std::string batch;
  for (int i = 0; i < 500; ++i) {
    absl::StrAppend(&batch, "link add a", i, " type veth peer name b", i,
                    "\\n");
  }
  ASSERT_EQ(
      std::system(absl::StrCat("printf '", batch, "' | ip -batch -").c_str()),
      0);
  EXPECT_GE(ListInterfaces()->size(), 1001u);
}

}  // namespace
}  // namespace tapline
