#include "sensord/analyzers/dhcpv6.h"

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

constexpr auto kUdp = Conversation::kUdp;

std::string Option(uint16_t code, const std::string& value) {
  return Big16(code) + Big16(value.size()) + value;
}
std::string Address(const char* last) {
  return Hex("20010db8") + std::string(10, '\0') + Hex(last);
}
const std::string kClient = Option(1, Hex("0001 0001 2a2b2c2d 3c22fb102030"));
const std::string kServer = Option(2, Hex("0003 0001 02005e100001"));

std::string Solicit() {
  return Hex("01 a1b2c3") + kClient +
         Option(3, Hex("00000001 00000000 00000000")) +
         Option(6, Hex("0017 0018 0027")) + Option(8, Hex("0000")) +
         Option(39, Hex("00 03 706337 03 6c616e 00")) +
         Option(16, Hex("00000137 0008") + "MSFT 5.0") + Option(14, "");
}

std::string Reply() {
  return Hex("07 a1b2c3") + kClient + kServer +
         Option(3, Hex("00000001 00000708 00000b40") +
                       Option(5, Address("0100") + Hex("00000e10 00001c20"))) +
         Option(25,
                Hex("00000001 00000708 00000b40") +
                    Option(26, Hex("00000e10 00001c20 38") + Address("0000"))) +
         Option(23, Address("0053")) + Option(13, Hex("0000") + "ok");
}

TEST(Dhcpv6Test, AnExchangeIsToldMessageByMessage) {
  Conversation c(kUdp, 547, 546);
  c.Client(Solicit()).Server(Reply()).Client(Solicit());
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "dhcpv6 { message_type: \"solicit\" transaction_id: 10597059 "
            "duid_type: \"llt\" client_mac: \"3c:22:fb:10:20:30\" "
            "fqdn: \"pc7.lan\" vendor_class: \"MSFT 5.0\" "
            "vendor_enterprise: 311 option_request: \"23,24,39\" "
            "rapid_commit: true }");
  EXPECT_EQ(c.Events()[1].ShortDebugString(),
            "dhcpv6 { message_type: \"reply\" transaction_id: 10597059 "
            "duid_type: \"llt\" client_mac: \"3c:22:fb:10:20:30\" "
            "addresses: \"2001:db8::100\" prefixes: \"2001:db8::/56\" "
            "lease_seconds: 7200 name_servers: \"2001:db8::53\" }");
  EXPECT_EQ(c.told().protocol, Protocol::kDhcpv6);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(Dhcpv6Test, RelaysAreTakenOff) {
  std::string message = Solicit();
  for (int i = 0; i < 2; ++i) {
    message = Hex("0c 00") + Address("0001") + Address("0002") +
              Option(18, "port7") + Option(9, message);
  }
  Conversation c(kUdp, 547, 547);
  c.Client(message);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].dhcpv6().message_type(), "solicit");
  EXPECT_EQ(c.Events()[0].dhcpv6().relays(), 2u);
}

TEST(Dhcpv6Test, AStatusInsideAnAssociationCounts) {
  Conversation c(kUdp, 547, 546);
  c.Server(Hex("02 000001") + kClient +
           Option(3, Hex("00000001 00000000 00000000") +
                         Option(13, Hex("0002") + "none left")));
  EXPECT_EQ(c.Events().at(0).dhcpv6().status(), 2u);
}

TEST(Dhcpv6Test, ItIsKnownByItsOptionsOnAnyPort) {
  Conversation c(kUdp, 9999);
  c.Client(Solicit());
  EXPECT_EQ(c.told().protocol, Protocol::kDhcpv6);
  // No identifier; an option that is not; a type that is not.
  for (const std::string& other :
       {Hex("0b 000001 0006 0002 0017"), Hex("01 000001 0100 0000"),
        Hex("0e 000001") + kClient}) {
    Conversation d(kUdp, 9999);
    d.Client(other);
    EXPECT_EQ(d.told().protocol, Protocol::kUnknown);
  }
}

TEST(Dhcpv6Test, EachBrokenRuleIsAnAnomaly) {
  const std::string broken[] = {
      kClient + Hex("0006 0009 00"),  // ends behind the message
      kClient + Option(3, "short"),   // association
      kClient + Option(3, Hex("00000001 00000000 00000000") +
                              Option(5, "short")),  // address
      kClient + Option(25, Hex("00000001 00000000 00000000") +
                               Option(26, Hex("00000000 00000000 81") +
                                              Address("0000"))),  // 129 bits
      kClient + Option(13, "x"),                                  // status
  };
  for (const std::string& options : broken) {
    Conversation c(kUdp, 547, 546);
    c.Client(Solicit()).Client(Hex("03 000002") + options);
    EXPECT_THAT(c.told().anomalies, ElementsAre("dhcpv6.malformed"));
    ASSERT_THAT(c.Events(), SizeIs(2));
    EXPECT_TRUE(c.Events()[1].dhcpv6().malformed());
  }
}

TEST(Dhcpv6Test, EveryTruncationIsAnAnomalyOrEndsAtAnOption) {
  const std::string whole = Solicit();
  for (size_t size = 4; size < whole.size(); ++size) {
    Conversation c(kUdp, 547, 546);
    c.Server(Reply()).Client(whole.substr(0, size));
    const bool cut = !c.told().anomalies.empty();
    EXPECT_EQ(c.Events().back().dhcpv6().malformed(), cut) << size;
    EXPECT_FALSE(c.Events().back().dhcpv6().rapid_commit()) << size;
  }
}

}  // namespace
}  // namespace tapline::testing
