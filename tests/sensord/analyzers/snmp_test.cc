#include "sensord/analyzers/snmp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sensord/analyzers/snmp_message.h"
#include "tests/support/conversation.h"
#include "tests/support/der_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;

std::string Oid(const std::string& hex) { return Der(6, Hex(hex)); }
std::string Variable(const std::string& oid, const std::string& value) {
  return Der(0x30, oid + value);
}
// sysDescr.0 without a value.
std::string Asked() { return Variable(Oid("2b06010201010100"), Hex("0500")); }
std::string Pdu(int number, int error, const std::string& variables) {
  return Der(
      0xa0u | static_cast<uint32_t>(number),
      absl::StrCat(DerInteger(1234), DerInteger(static_cast<uint64_t>(error)),
                   DerInteger(0), Der(0x30, variables)));
}
std::string Community(uint64_t version, const std::string& community,
                      const std::string& pdu) {
  return Der(0x30, absl::StrCat(DerInteger(version), Der(4, community), pdu));
}
std::string Version3(uint8_t flags, const std::string& user,
                     const std::string& scoped) {
  return Der(0x30,
             absl::StrCat(
                 DerInteger(3),
                 Der(0x30, absl::StrCat(DerInteger(77), DerInteger(65507),
                                        Der(4, Big8(flags)), DerInteger(3))),
                 Der(4, Der(0x30, absl::StrCat(Der(4, "engine"), DerInteger(1),
                                               DerInteger(2), Der(4, user),
                                               Der(4, std::string(12, 'd')),
                                               Der(4, "")))),
                 scoped));
}
std::string Scoped(const std::string& pdu) {
  return Der(0x30, absl::StrCat(Der(4, "engine"), Der(4, ""), pdu));
}

TEST(SnmpTest, RequestsOfOneVersionAreOneSummary) {
  Conversation c(kUdp, 161);
  c.Client(Community(1, "public", Pdu(0, 0, Asked())));
  c.Server(Community(1, "public", Pdu(2, 0, Asked())));
  c.Client(Community(1, "public", Pdu(5, 0, Asked())));
  c.Server(Community(1, "public", Pdu(2, 2, Asked())));
  EXPECT_THAT(c.Events(), IsEmpty());
  c.End();
  EXPECT_EQ(c.told().protocol, Protocol::kSnmp);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Snmp snmp = c.Events()[0].snmp();
  EXPECT_EQ(snmp.action(), "summary");
  EXPECT_EQ(snmp.version(), "2c");
  EXPECT_TRUE(snmp.community());
  ASSERT_EQ(snmp.counts_size(), 3);
  EXPECT_EQ(snmp.counts(0).type(), "get");
  EXPECT_EQ(snmp.counts(1).type(), "response");
  EXPECT_EQ(snmp.counts(1).messages(), 2u);
  EXPECT_EQ(snmp.counts(2).type(), "get_bulk");
  EXPECT_EQ(snmp.errors(), 1u);
  EXPECT_EQ(snmp.error(), "noSuchName");
  EXPECT_EQ(snmp.DebugString().find("public"), std::string::npos);
}

TEST(SnmpTest, AnEmptyCommunityIsNone) {
  Conversation c(kUdp, 161);
  c.Client(Community(0, "", Pdu(1, 0, Asked()))).End();
  EXPECT_EQ(c.Events()[0].snmp().version(), "1");
  EXPECT_FALSE(c.Events()[0].snmp().community());
}

TEST(SnmpTest, TrapsAreToldAtOnceByWhatTheyAre) {
  Conversation c(kUdp, 162);
  // Generic 3, linkUp; enterprise-specific 7 of 1.3.6.1.4.1.9; snmpTrapOID.
  const auto trap1 = [](uint64_t generic, uint64_t specific) {
    return Community(
        0, "public",
        Der(0xa4, absl::StrCat(Oid("2b06010401 09"), Der(0x40, "\xc0\0\2\1"),
                               DerInteger(generic), DerInteger(specific),
                               DerInteger(100, 0x43), Der(0x30, ""))));
  };
  c.Client(trap1(3, 0)).Client(trap1(6, 7));
  c.Client(
      Community(1, "public",
                Pdu(7, 0,
                    Variable(Oid("2b06010201010300"), DerInteger(5, 0x43)) +
                        Variable(Oid("2b060106030101040100"),
                                 Oid("2b060106030101050 3")))));
  ASSERT_THAT(c.Events(), SizeIs(3));
  EXPECT_EQ(c.Events()[0].snmp().action(), "trap");
  EXPECT_EQ(c.Events()[0].snmp().trap(), "1.3.6.1.6.3.1.1.5.4");
  EXPECT_EQ(c.Events()[1].snmp().trap(), "1.3.6.1.4.1.9.0.7");
  EXPECT_EQ(c.Events()[2].snmp().trap(), "1.3.6.1.6.3.1.1.5.3");
  EXPECT_EQ(c.Events()[2].snmp().version(), "2c");
}

TEST(SnmpTest, ManyTrapsAreCountedButNotAllTold) {
  Conversation c(kUdp, 162);
  for (int i = 0; i < 100; ++i) {
    c.Client(Community(1, "x", Pdu(7, 0, "")));
  }
  c.End();
  ASSERT_THAT(c.Events(), SizeIs(65));
  EXPECT_EQ(c.Events()[64].snmp().counts(0).messages(), 100u);
}

TEST(SnmpTest, UsersOfVersion3AreToldApartByLevel) {
  Conversation c(kUdp, 161);
  c.Client(Version3(4, "", Scoped(Pdu(0, 0, ""))));
  // usmStatsUnknownEngineIDs, as discovery begins; then usmStatsWrongDigests.
  c.Server(Version3(
      0, "",
      Scoped(Pdu(8, 0,
                 Variable(Oid("2b060106030f01010400"), DerInteger(1, 0x41))))));
  c.Client(Version3(5, "admin", Scoped(Pdu(1, 0, Asked()))));
  c.Server(Version3(
      0, "admin",
      Scoped(Pdu(8, 0,
                 Variable(Oid("2b060106030f01010500"), DerInteger(1, 0x41))))));
  EXPECT_EQ(c.told().encrypted, -1);
  c.Client(Version3(7, "admin", Der(4, std::string(40, 'e'))));
  EXPECT_EQ(c.told().encrypted, 1);
  c.End();
  ASSERT_THAT(c.Events(), SizeIs(4));
  const v1::Snmp discovery = c.Events()[0].snmp();
  EXPECT_EQ(discovery.version(), "3");
  EXPECT_EQ(discovery.user(), "");
  EXPECT_EQ(discovery.security_level(), "noAuthNoPriv");
  EXPECT_EQ(discovery.authentication_failures(), 0u);
  EXPECT_EQ(c.Events()[1].snmp().user(), "a***");
  EXPECT_EQ(c.Events()[1].snmp().security_level(), "authNoPriv");
  EXPECT_EQ(c.Events()[2].snmp().authentication_failures(), 1u);
  EXPECT_EQ(c.Events()[3].snmp().security_level(), "authPriv");
  EXPECT_EQ(c.Events()[3].snmp().counts(0).type(), "encrypted");
}

TEST(SnmpTest, EveryTruncationIsRefused) {
  for (const std::string& whole :
       {Community(1, "public", Pdu(0, 0, Asked())),
        Version3(1, "admin", Scoped(Pdu(1, 0, Asked())))}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      SnmpMessage message;
      const std::vector<uint8_t> bytes = ByteVector(whole.substr(0, size));
      EXPECT_FALSE(message.Read(bytes, false)) << size;
      message.Read(bytes, true);
      Conversation c(kUdp, 161);
      c.Client(whole.substr(0, size)).End();
      EXPECT_THAT(c.Events(), IsEmpty());
    }
  }
}

TEST(SnmpTest, EachBrokenRuleIsMalformed) {
  for (const std::string& message :
       {Community(2, "x", Pdu(0, 0, "")), Community(1, "x", Pdu(9, 0, "")),
        Community(1, "x", Der(0x30, "")), Community(1, "x", Der(0xa0, "")),
        Der(0x30, DerInteger(1) + DerInteger(1) + Pdu(0, 0, "")),
        Version3(1, "a", Der(4, "")),
        Der(0x30, absl::StrCat(DerInteger(3), Der(0x30, DerInteger(1)))),
        Community(0, "x",
                  Der(0xa4, Oid("2b") + Der(0x40, "1234") + DerInteger(9) +
                                DerInteger(0)))}) {
    Conversation c(kUdp, 161);
    c.Client(Community(1, "x", Pdu(0, 0, ""))).Client(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("snmp.malformed"));
    EXPECT_TRUE(c.wants());
  }
}

TEST(SnmpTest, SnmpIsKnownOnAnyPort) {
  Conversation c(kUdp, 9999);
  c.Client(Community(1, "public", Pdu(0, 0, Asked())));
  EXPECT_EQ(c.told().protocol, Protocol::kSnmp);
}

TEST(SnmpTest, OtherProtocolsAreNotSnmp) {
  // LDAP, trailing bytes, Kerberos.
  for (const std::string& bytes :
       {Hex("300c020101600702010304008000"),
        Community(1, "x", Pdu(0, 0, "")) + "x",
        Hex("6a0c300aa103020105a20302010a"), std::string(30, '0')}) {
    Conversation c(kUdp, 9999);
    c.Client(bytes);
    EXPECT_NE(c.told().protocol, Protocol::kSnmp);
  }
}

TEST(SnmpTest, ThatThereAreMoreUsersThanAreSummedUpIsSaid) {
  Conversation c(kUdp, 161);
  for (char user = 'a'; user < 'i'; ++user) {
    c.Client(Version3(0, std::string(1, user), Scoped(Pdu(0, 0, Asked()))));
  }
  EXPECT_THAT(c.told().anomalies, IsEmpty());
  c.Client(Version3(0, "i", Scoped(Pdu(0, 0, Asked())))).End();
  EXPECT_THAT(c.Events(), SizeIs(8));
  EXPECT_THAT(c.told().anomalies, ElementsAre("snmp.too_many_sessions"));
}

}  // namespace
}  // namespace tapline::testing
