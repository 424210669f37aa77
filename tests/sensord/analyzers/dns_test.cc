// DNS flows through the whole set; dns_message_test.cc has the messages.

#include "sensord/analyzers/dns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "dns_bytes.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;
constexpr auto kTcp = Conversation::kTcp;

// The length before each message on TCP.
DnsBytes Framed(const DnsBytes& message) {
  return Dns16(static_cast<uint32_t>(message.size())) + message;
}

TEST(DnsTest, AQueryIsToldAtOnceAndItsResponseEndsTheTransaction) {
  Conversation c(kUdp, 53);
  c.Client(DnsQuery(7, "Example.com", 1));
  ASSERT_THAT(c.told().dns_messages, SizeIs(1));
  EXPECT_EQ(c.told().dns_messages[0].name, "example.com");
  EXPECT_EQ(c.told().dns_messages[0].name_bytes, 11);
  EXPECT_THAT(c.Events(), IsEmpty());
  DnsBytes response = DnsResponse(7, "example.com", 1, 1);
  AddRecord(response, DnsPointer(12), 1, DnsBytes("\x0a\0\0\1", 4));
  c.Server(response);
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Dns d = c.Events()[0].dns();
  EXPECT_TRUE(d.answered());
  EXPECT_FALSE(d.unmatched());
  EXPECT_EQ(d.rtt_ns(), 1000000u);
  EXPECT_EQ(d.answers(0).data(), "10.0.0.1");
  EXPECT_EQ(d.answers(0).ttl(), 300u);
  EXPECT_EQ(c.told().host, "example.com");
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  EXPECT_THAT(c.told().dns_messages, SizeIs(1));
}

TEST(DnsTest, EachMismatchLeavesTheResponseUnmatched) {
  Conversation c(kUdp, 53);
  c.Client(DnsQuery(7, "a.b", 1));
  c.Server(DnsResponse(8, "a.b", 1, 0));
  c.Server(DnsResponse(7, "a.c", 1, 0));
  c.Server(DnsResponse(7, "a.b", 28, 0));
  c.Client(DnsResponse(7, "a.b", 1, 0));
  ASSERT_THAT(c.Events(), SizeIs(4));
  for (const v1::Event& e : c.Events()) EXPECT_TRUE(e.dns().unmatched());
  c.Server(DnsResponse(7, "A.B", 1, 0));
  EXPECT_FALSE(c.Events()[4].dns().unmatched());
}

TEST(DnsTest, ARepeatedQueryIsOneTransaction) {
  Conversation c(kUdp, 53);
  c.Client(DnsQuery(7, "a.b", 1)).Client(DnsQuery(7, "a.b", 1));
  c.Server(DnsResponse(7, "a.b", 1, 0)).End();
  EXPECT_THAT(c.told().dns_messages, SizeIs(2));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].dns().rtt_ns(), 2000000u);
}

TEST(DnsTest, UnansweredQueriesAreGivenOutWhenTheFlowEnds) {
  Conversation c(kUdp, 53);
  c.Client(DnsQuery(7, "a.b", 1)).Client(DnsQuery(8, "c.d", 1)).End();
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].dns().name(), "a.b");
  EXPECT_FALSE(c.Events()[0].dns().answered());
}

TEST(DnsTest, AtMost64QueriesWait) {
  Conversation c(kUdp, 53);
  for (uint16_t i = 0; i < 70; ++i) c.Client(DnsQuery(i, "a.b", 1));
  EXPECT_THAT(c.Events(), SizeIs(6));
  EXPECT_EQ(c.Events()[0].dns().id(), 0u);
}

TEST(DnsTest, OldQueriesAreGivenUpAtTheNextOne) {
  Conversation c(kUdp, 53);
  c.Client(DnsQuery(1, "a.b", 1)).Wait(31 * kSecondNanos);
  c.Client(DnsQuery(2, "a.b", 1));
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].dns().id(), 1u);
}

TEST(DnsTest, DnsOnAnotherPortIsKnownByItsContent) {
  Conversation c(kUdp, 9999);
  c.Client(DnsQuery(1, "a.b", 1));
  EXPECT_EQ(c.told().protocol, Protocol::kDns);
  EXPECT_THAT(c.told().dns_messages, SizeIs(1));
  EXPECT_TRUE(c.wants());
}

TEST(DnsTest, OtherContentOnAnotherPortIsNotDns) {
  Conversation c(kUdp, 9999);
  c.Client(DnsBytes(200, 'x'));
  EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
  EXPECT_THAT(c.told().dns_messages, IsEmpty());
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(DnsTest, AMalformedQueryIsToldWithWhatCouldBeRead) {
  Conversation c(kUdp, 53);
  c.Client(DnsHeader(1, 0, 1, 0) + DnsLabels("abc", false) + DnsPointer(12));
  ASSERT_THAT(c.told().dns_messages, SizeIs(1));
  EXPECT_TRUE(c.told().dns_messages[0].malformed);
  EXPECT_EQ(c.told().dns_messages[0].name, "abc");
  EXPECT_THAT(c.told().anomalies, ElementsAre("dns.malformed"));
}

TEST(DnsTest, MulticastAnswersNeedNoQuery) {
  DnsBytes b = DnsHeader(0, 0x8400, 0, 1);
  AddRecord(b, DnsLabels("host.local", true), 1, DnsBytes("1234"));
  Conversation c(kUdp, 5353);
  c.Client(b);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.Events()[0].dns().unmatched());
  EXPECT_EQ(c.Events()[0].dns().name(), "host.local");
  EXPECT_EQ(c.told().protocol, Protocol::kMdns);
}

TEST(DnsTest, AnEventHasFlagsExtensionsAndAnswers) {
  DnsBytes query = DnsHeader(7, 0x0110, 1, 0) + DnsLabels("a.b", true) +
                   DnsTail(15) + DnsBytes(1, '\0') + Dns16(41) + Dns16(1232) +
                   Dns16(0) + Dns16(0x8000) + Dns16(0);
  query[11] = 1;
  DnsBytes response = DnsResponse(7, "a.b", 15, 1);
  response[2] = '\x85';
  response[3] = '\xa0';
  AddRecord(response, DnsPointer(12), 15, Dns16(10) + DnsPointer(12));
  Conversation c(kUdp, 53);
  c.Client(query).Server(response);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ShortDebugString(),
            "dns { id: 7 name: \"a.b\" type: 15 class: 1 answered: true "
            "answers { name: \"a.b\" type: 15 ttl: 300 data: \"10 a.b\" } "
            "rtt_ns: 1000000 recursion_desired: true authoritative: true "
            "recursion_available: true authenticated_data: true "
            "checking_disabled: true questions: 1 answer_count: 1 "
            "edns { payload_bytes: 1232 dnssec_ok: true } }");
}

TEST(DnsTest, AnUpdateIsToldWithItsSize) {
  DnsBytes b =
      DnsHeader(9, 0x2800, 1, 0) + DnsLabels("zone.b", true) + DnsTail(6);
  b[9] = 1;
  AddRecord(b, DnsPointer(12), 1, DnsBytes("1234"));
  Conversation c(kUdp, 53);
  c.Client(b).Server(DnsHeader(9, 0xa805, 0, 0));
  ASSERT_THAT(c.Events(), SizeIs(1));
  const v1::Dns dns = c.Events()[0].dns();
  EXPECT_EQ(dns.opcode(), 5u);
  EXPECT_EQ(dns.updates(), 1u);
  EXPECT_EQ(dns.rcode(), 5u);
  EXPECT_EQ(dns.answers_size(), 0);
}

TEST(DnsTest, SeveralQuestionsAreCountedAndOnlyMulticastMayHaveThem) {
  const DnsBytes b = DnsHeader(0, 0, 2, 0) + DnsLabels("a.local", true) +
                     Dns16(1) + Dns16(0x8001) + DnsLabels("b", false) +
                     DnsPointer(14) + DnsTail(28);
  Conversation unicast(kUdp, 53);
  unicast.Client(b).End();
  EXPECT_THAT(unicast.told().anomalies, ElementsAre("dns.several_questions"));
  EXPECT_EQ(unicast.Events()[0].dns().questions(), 2u);
  Conversation multicast(kUdp, 5353, 5353);
  multicast.To("224.0.0.251").Client(b);
  EXPECT_THAT(multicast.told().anomalies, IsEmpty());
  ASSERT_THAT(multicast.Events(), SizeIs(1));
  EXPECT_THAT(multicast.Events()[0].dns().other_names(),
              ElementsAre("b.local"));
  EXPECT_TRUE(multicast.Events()[0].dns().unicast_response());
  EXPECT_EQ(multicast.Events()[0].dns().class_(), 1u);
}

TEST(DnsTest, QueriesToAllAreToldAtOnce) {
  for (const char* group : {"224.0.0.252", "ff02::1:3"}) {
    Conversation c(kUdp, 5355);
    c.To(group).Client(DnsQuery(1, "printer", 1));
    ASSERT_THAT(c.Events(), SizeIs(1)) << group;
    EXPECT_EQ(c.told().protocol, Protocol::kLlmnr);
    EXPECT_FALSE(c.Events()[0].dns().recursion_desired());
  }
}

TEST(DnsTest, AnswersOfLlmnrComeOnFlowsOfTheirOwn) {
  DnsBytes b = DnsResponse(1, "printer", 1, 0);
  b[2] = '\x84';
  Conversation c(kUdp, 50000, 5355);
  c.Client(b);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.Events()[0].dns().unmatched());
  EXPECT_TRUE(c.Events()[0].dns().conflict());
  EXPECT_FALSE(c.Events()[0].dns().authoritative());
}

TEST(DnsTest, SomethingElseOnItsPortIsNotDns) {
  Conversation c(kUdp, 53);
  c.Client(DnsBytes(200, 'x'));
  EXPECT_THAT(c.Events(), IsEmpty());
  EXPECT_EQ(c.told().basis, ProtocolBasis::kPortHint);
}

TEST(DnsTest, AGapOnTcpGivesUpWhatWaits) {
  Conversation c(kTcp, 53);
  c.Client(Framed(DnsQuery(1, "a.b", 1))).Gap(false, 100);
  EXPECT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.wants());
}

TEST(DnsTest, MessagesOnTcpAreFramedByTheirLength) {
  for (const size_t piece : {0u, 1u, 3u, 17u}) {
    Conversation c(kTcp, 53);
    c.InPiecesOf(piece);
    c.Client(Framed(DnsQuery(1, "a.b", 1)) + Framed(DnsQuery(2, "c.d", 1)));
    c.Server(Framed(DnsResponse(2, "c.d", 1, 0)) +
             Framed(DnsResponse(1, "a.b", 1, 0)));
    ASSERT_THAT(c.Events(), SizeIs(2)) << "in pieces of " << piece;
    EXPECT_EQ(c.Events()[0].dns().name(), "c.d");
    EXPECT_EQ(c.Events()[1].dns().name(), "a.b");
    EXPECT_TRUE(c.Events()[1].dns().answered());
  }
}

TEST(DnsTest, DnsOnAnotherTcpPortIsKnownByItsContent) {
  Conversation c(kTcp, 9999);
  c.Client(Framed(DnsQuery(1, "a.b", 1)));
  EXPECT_EQ(c.told().protocol, Protocol::kDns);
}

TEST(DnsTest, ALengthTooShortForAMessageEndsTheAnalysis) {
  Conversation c(kTcp, 53);
  c.Client(Framed(DnsQuery(1, "a.b", 1)) + Dns16(3) + "abc");
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies, ElementsAre("dns.malformed"));
}

TEST(DnsTest, ManyMalformedMessagesEndAStream) {
  const DnsBytes malformed =
      DnsHeader(1, 0, 1, 0) + DnsLabels("abc", false) + DnsPointer(12);
  Conversation c(kTcp, 53);
  c.Client(Framed(DnsQuery(1, "a.b", 1)));
  for (int i = 0; i < 16; ++i) c.Client(Framed(malformed));
  EXPECT_TRUE(c.wants());
  c.Client(Framed(malformed));
  EXPECT_FALSE(c.wants());
  EXPECT_THAT(c.told().anomalies, ElementsAre("dns.malformed"));
}

TEST(DnsTest, EveryTruncationOfADatagramIsBoundedAndNeverAnswersMore) {
  DnsBytes response = DnsResponse(7, "a.b", 1, 1);
  AddRecord(response, DnsPointer(12), 1, DnsBytes("\x0a\0\0\1", 4));
  for (size_t size = 0; size < response.size(); ++size) {
    Conversation c(kUdp, 53);
    c.Server(response.substr(0, size)).End();
    for (const v1::Event& e : c.Events()) {
      EXPECT_EQ(e.dns().answers_size(), 0) << size;
    }
  }
}

}  // namespace
}  // namespace tapline::testing
