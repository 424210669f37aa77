#include "sensord/analyzers/dhcp.h"

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

constexpr auto kUdp = Conversation::kUdp;

std::string Option(uint8_t code, const std::string& value) {
  return Big8(code) + Big8(value.size()) + value;
}

// `addresses` are ciaddr, yiaddr, siaddr, giaddr.
std::string Fixed(uint8_t op, uint32_t id, const std::string& addresses) {
  std::string b = Big8(op) + Hex("01 06 00") + Big32(id) + Hex("0003 8000");
  b += addresses + Hex("3c22fb102030") + std::string(10, '\0');
  return b + std::string(192, '\0');
}

std::string Message(uint8_t op, uint32_t id, const std::string& options,
                    const std::string& addresses = std::string(16, '\0')) {
  return Fixed(op, id, addresses) + Hex("63825363") + options + Hex("ff");
}

std::string Discover() {
  return Message(1, 0x3903f326,
                 Option(53, Big8(1)) + Option(61, Hex("01 3c22fb102030")) +
                     Option(12, "laptop-7") + Option(60, "MSFT 5.0") +
                     Option(55, Hex("01 0f 03 06 2c")) +
                     Option(50, Hex("c0a80164")));
}

TEST(DhcpTest, ALeaseIsToldMessageByMessage) {
  Conversation c(kUdp, 67, 68);
  c.Client(Discover());
  c.Server(Message(2, 0x3903f326,
                   Option(53, Big8(2)) + Option(54, Hex("c0a80101")) +
                       Option(51, Big32(86400)) + Option(1, Hex("ffffff00")) +
                       Option(3, Hex("c0a80101")) +
                       Option(6, Hex("c0a80101 08080808")) +
                       Option(15, "lan.example"),
                   Hex("00000000 c0a80164 c0a80101 00000000")));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(
      c.Events()[0].ShortDebugString(),
      "dhcp { message_type: \"discover\" transaction_id: 956560166 "
      "client_mac: \"3c:22:fb:10:20:30\" requested_address: \"192.168.1.100\" "
      "host_name: \"laptop-7\" vendor_class: \"MSFT 5.0\" "
      "client_id_present: true parameter_list: \"1,15,3,6,44\" "
      "elapsed_seconds: 3 }");
  EXPECT_EQ(
      c.Events()[1].ShortDebugString(),
      "dhcp { message_type: \"offer\" transaction_id: 956560166 "
      "client_mac: \"3c:22:fb:10:20:30\" assigned_address: \"192.168.1.100\" "
      "server_id: \"192.168.1.1\" domain_name: \"lan.example\" "
      "lease_seconds: 86400 subnet_mask: \"255.255.255.0\" "
      "routers: \"192.168.1.1\" name_servers: \"192.168.1.1\" "
      "name_servers: \"8.8.8.8\" elapsed_seconds: 3 }");
  EXPECT_EQ(c.told().protocol, Protocol::kDhcp);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(DhcpTest, ItIsKnownByItsCookieOnAnyPort) {
  Conversation c(kUdp, 9999);
  c.Client(Discover());
  EXPECT_EQ(c.told().protocol, Protocol::kDhcp);
  std::string other = Discover();
  other[236] = 'x';
  Conversation d(kUdp, 9999);
  d.Client(other + std::string(64, '\0'));
  EXPECT_EQ(d.told().protocol, Protocol::kUnknown);
}

TEST(DhcpTest, BootpHasNoMessageType) {
  Conversation c(kUdp, 67, 68);
  c.Client(Fixed(1, 7, std::string(16, '\0')) + std::string(64, '\0'));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].dhcp().message_type(), "bootp_request");
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(DhcpTest, TheSameMessageAgainIsNotToldAgain) {
  Conversation c(kUdp, 67, 68);
  c.Client(Discover()).Client(Discover());
  c.Client(Message(1, 0x3903f326, Option(53, Big8(3))));
  EXPECT_THAT(c.Events(), SizeIs(2));
}

TEST(DhcpTest, OptionsGoOnInTheFieldsThatOverloadNames) {
  std::string b = Message(2, 7, Option(52, Big8(3)));
  b.replace(44, 8, Option(15, "exampl"));
  b.replace(108, 11, Option(56, "no lease") + Hex("ff"));
  Conversation c(kUdp, 67, 68);
  c.Server(b);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].dhcp().domain_name(), "exampl");
  EXPECT_EQ(c.Events()[0].dhcp().error(), "no lease");
}

TEST(DhcpTest, PartsOfALongOptionAreJoined) {
  Conversation c(kUdp, 67, 68);
  c.Client(Message(1, 7, Option(60, "first ") + Option(60, "second")));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].dhcp().vendor_class(), "first second");
}

TEST(DhcpTest, TheFullNameIsReadAsTextAndAsLabels) {
  Conversation c(kUdp, 67, 68);
  c.Client(Message(1, 7, Option(81, absl::StrCat(Hex("000000"), "a.example"))));
  c.Client(Message(1, 8, Option(81, Hex("04 0000 01 61 03 6c616e 00"))));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].dhcp().fqdn(), "a.example");
  EXPECT_EQ(c.Events()[1].dhcp().fqdn(), "a.lan");
}

TEST(DhcpTest, EachBrokenRuleIsAnAnomaly) {
  const std::string broken[] = {
      Option(53, Hex("0101")),            // one byte
      Option(50, Hex("c0a801")),          // four bytes
      Option(51, Hex("00")),              // four bytes
      Option(6, Hex("c0a80101 08")),      // a multiple of four
      Option(52, Hex("0303")),            // one byte
      Option(53, Big8(1)) + Hex("0c20"),  // ends behind the message
  };
  for (const std::string& options : broken) {
    Conversation c(kUdp, 67, 68);
    c.Client(Message(1, 7, options));
    ASSERT_THAT(c.Events(), SizeIs(1));
    EXPECT_TRUE(c.Events()[0].dhcp().malformed());
    EXPECT_THAT(c.told().anomalies, ElementsAre("dhcp.option_length"));
  }
}

TEST(DhcpTest, AReplyFromTheClientsPortIsAnAnomaly) {
  Conversation c(kUdp, 67, 68);
  c.Client(Message(2, 7, Option(53, Big8(5))));
  EXPECT_THAT(c.told().anomalies, ElementsAre("dhcp.server_mismatch"));
}

TEST(DhcpTest, AShortMessageInsideAFlowIsAnAnomaly) {
  Conversation c(kUdp, 67, 68);
  c.Client(Discover()).Client("short");
  EXPECT_THAT(c.told().anomalies, ElementsAre("dhcp.short"));
  EXPECT_TRUE(c.wants());
}

TEST(DhcpTest, NoTruncationTellsMoreThanTheWhole) {
  const std::string whole = Discover();
  for (size_t size = 0; size < whole.size(); ++size) {
    Conversation c(kUdp, 67, 68);
    c.Client(whole.substr(0, size)).End();
    EXPECT_THAT(c.Events(), SizeIs(size < 240 ? 0 : 1)) << size;
    for (const v1::Event& event : c.Events()) {
      const std::string name = event.dhcp().host_name();
      EXPECT_TRUE(name.empty() || name == "laptop-7") << size;
    }
  }
}

}  // namespace
}  // namespace tapline::testing
