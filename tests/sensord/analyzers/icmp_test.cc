#include "sensord/analyzers/icmp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kIcmp = Conversation::kIcmp;
constexpr auto kIcmpv6 = Conversation::kIcmpv6;

// RFC 791 header of UDP from 10.0.0.1:40000 to 192.0.2.7, and its ports.
std::string Quote(uint16_t port) {
  return Hex("4500 0030 0001 0000 4011 0000 0a000001 c0000207 9c40") +
         Big16(port) + Big32(0);
}

// 2001:db8:: with the last two bytes.
std::string Ipv6(const char* last) {
  return Hex("20010db8") + std::string(10, '\0') + Hex(last);
}

TEST(IcmpTest, AnUnreachablePortIsLinkedToItsFlow) {
  Conversation c(kIcmp);
  c.Icmp(3, 3, 0, 0xabc).Client(Quote(53));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "icmp { type: 3 code: 3 meaning: \"port_unreachable\" quote { "
            "flow_id: \"0000000000000abc\" source: \"10.0.0.1\" "
            "destination: \"192.0.2.7\" ip_protocol: 17 source_port: 40000 "
            "destination_port: 53 } }");
  EXPECT_EQ(c.told().protocol, Protocol::kIcmp);
}

TEST(IcmpTest, AnErrorIsToldOnceForEachPacketItIsAbout) {
  Conversation c(kIcmp);
  for (int i = 0; i < 5; ++i) c.Icmp(3, 3).Client(Quote(53));
  c.Client(Quote(54)).Icmp(11, 0).Client(Quote(54)).End();
  ASSERT_THAT(c.Events(), SizeIs(3));
  EXPECT_EQ(c.Events()[2].icmp().meaning(), "time_exceeded");
}

TEST(IcmpTest, TheNextHopsLimitAndTheBetterGatewayAreTold) {
  Conversation c(kIcmp);
  c.Icmp(3, 4, 1400).Client(Quote(1));
  c.Icmp(5, 1, 0x0a0000fe).Client(Quote(1));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].icmp().mtu(), 1400u);
  EXPECT_EQ(c.Events()[1].icmp().gateway(), "10.0.0.254");
  EXPECT_EQ(c.Events()[1].icmp().meaning(), "redirect");
}

TEST(IcmpTest, AnErrorWithoutAQuoteIsAnAnomaly) {
  for (const std::string& quote : {std::string(), Quote(1).substr(0, 19),
                                   Hex("6500") + std::string(40, '\0')}) {
    Conversation c(kIcmp);
    c.Icmp(3, 1).Client(quote);
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_FALSE(c.Events()[0].icmp().has_quote());
    EXPECT_THAT(c.told().anomalies, ElementsAre("icmp.malformed"));
  }
}

TEST(IcmpTest, EchoesAreSummedUpAtTheEnd) {
  const std::string body = "abcdefghijklmnopqrstuvwabcdefghi";
  Conversation c(kIcmp);
  for (uint32_t i = 1; i < 12; ++i) {
    c.Icmp(8, 0, i).Client(Big(i, 8) + body);
    if (i < 11) c.Icmp(0, 0, i).Server(Big(i, 8) + body);
  }
  EXPECT_THAT(c.Events(), IsEmpty());
  c.End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "icmp { type: 8 meaning: \"echo\" echo { requests: 11 replies: 10 "
            "payload_min_bytes: 40 payload_max_bytes: 40 rtt_min_ns: 1000000 "
            "rtt_max_ns: 1000000 } }");
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(IcmpTest, AReplyThatDoesNotRepeatItsRequestIsAnAnomaly) {
  Conversation c(kIcmp);
  c.Icmp(8, 0, 1).Client("what is the answer?");
  c.Icmp(0, 0, 1).Server("it is forty-two, ok");
  EXPECT_THAT(c.told().anomalies, ElementsAre("icmp.reply_differs"));
  c.End();
  EXPECT_THAT(c.Events()[0].icmp().echo().tunnel_hints(),
              ElementsAre("reply_differs"));
}

TEST(IcmpTest, EachSignOfATunnelIsAHint) {
  Conversation large(kIcmp);
  Conversation varying(kIcmp);
  Conversation other(kIcmp);
  Conversation unasked(kIcmp);
  unasked.Icmp(8, 0, 99).Client("x");
  for (uint32_t i = 1; i < 10; ++i) {
    large.Icmp(8, 0, i).Client(std::string(1024, 'x'));
    varying.Icmp(8, 0, i).Client(std::string(40 + i, 'x'));
    other.Icmp(8, 0, i).Client(std::string(40, static_cast<char>(i)));
    unasked.Icmp(0, 0, i).Server("x");
  }
  const auto hints = [](Conversation& c) {
    const auto echo = c.End().Events().at(0).icmp().echo();
    return std::vector<std::string>(echo.tunnel_hints().begin(),
                                    echo.tunnel_hints().end());
  };
  EXPECT_THAT(hints(large), ElementsAre("large"));
  EXPECT_THAT(hints(varying), ElementsAre("sizes_vary"));
  EXPECT_THAT(hints(other), ElementsAre("data_varies"));
  EXPECT_THAT(hints(unasked), ElementsAre("unasked_replies"));
}

TEST(IcmpTest, OtherTypesAreCounted) {
  Conversation c(kIcmp);
  c.Icmp(13, 0).Client(std::string(12, '\0'));
  c.Client(std::string(12, '\0')).Icmp(200, 3).Client("x").End();
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "icmp { type: 13 meaning: \"timestamp\" messages: 2 }");
  EXPECT_EQ(c.Events()[1].ShortDebugString(),
            "icmp { type: 200 code: 3 meaning: \"other\" messages: 1 }");
}

TEST(IcmpTest, ThatThereAreMoreTypesThanAreCountedIsSaid) {
  Conversation c(kIcmp);
  for (uint8_t code = 0; code < 8; ++code) c.Icmp(200, code).Client("x");
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  c.Icmp(200, 8).Client("x").End();
  EXPECT_THAT(c.Events(), SizeIs(8));
  EXPECT_THAT(c.told().anomalies, ElementsAre("icmp.too_many_types"));
}

TEST(IcmpTest, APacketTooBigForVersion6) {
  Conversation c(kIcmpv6);
  c.Icmp(2, 0, 1280)
      .Client(Hex("60000000 0008 06 40") + Ipv6("0001") + Ipv6("0002") +
              Hex("0400 01bb"));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "icmp { type: 2 meaning: \"packet_too_big\" ipv6: true quote { "
            "source: \"2001:db8::1\" destination: \"2001:db8::2\" "
            "ip_protocol: 6 source_port: 1024 destination_port: 443 } "
            "mtu: 1280 }");
  EXPECT_EQ(c.told().protocol, Protocol::kIcmpv6);
}

// RFC 4861 4.2, 4.6; RFC 8106 5.1.
std::string Announcement() {
  return Hex("00000000 00000000") +
         Hex("03 04 40 c0 00015180 00003840 00000000") + Ipv6("0000") +
         Hex("05 01 0000 000005dc") + Hex("19 03 0000 00000e10") + Ipv6("0053");
}

TEST(IcmpTest, ARoutersAnnouncementIsToldOnce) {
  Conversation c(kIcmpv6);
  c.Icmp(134, 0, 0x40c00708).Client(Announcement()).Client(Announcement());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "icmp { type: 134 meaning: \"router_advertisement\" ipv6: true "
            "router { lifetime_seconds: 1800 managed: true "
            "other_configuration: true prefixes: \"2001:db8::/64\" "
            "name_servers: \"2001:db8::53\" mtu: 1500 } }");
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(IcmpTest, EveryTruncationOfAnAnnouncementIsAnAnomalyOrEndsAtAnOption) {
  const std::string whole = Announcement();
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kIcmpv6);
    c.Icmp(134, 0, 0x40c00708).Client(whole.substr(0, size));
    ASSERT_THAT(c.Events(), SizeIs(1));
    const bool between = size == 8 || size == 40 || size == 48;
    EXPECT_EQ(c.told().anomalies.empty(), between) << size;
  }
}

TEST(IcmpTest, ARedirectOfVersion6NamesTheBetterHop) {
  Conversation c(kIcmpv6);
  c.Icmp(137, 0).Client(Ipv6("00fe") + Ipv6("0007"));
  c.Client(Ipv6("00fe").substr(1));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].icmp().gateway(), "2001:db8::fe");
  EXPECT_EQ(c.Events()[0].icmp().quote().destination(), "2001:db8::7");
  EXPECT_THAT(c.told().anomalies, ElementsAre("icmp.malformed"));
}

TEST(IcmpTest, TheEverydayTalkOfNeighborsIsNotTold) {
  Conversation c(kIcmpv6);
  for (const uint8_t type : {130, 131, 132, 133, 135, 136, 143}) {
    c.Icmp(type, 0).Client(std::string(24, '\0'));
  }
  EXPECT_THAT(c.End().Events(), IsEmpty());
}

}  // namespace
}  // namespace tapline::testing
