// Hints, and DNS flows through the whole set.

#include "sensord/analyzers/analyzer_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "dns_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Told : public AnalyzerOutput {
 public:
  void Dns(SignalKind kind, DnsData data) override {
    (kind == SignalKind::kDnsMessage ? messages : transactions)
        .push_back(std::move(data));
  }
  void Anomaly(const char* name) override { anomalies.push_back(name); }
  void Host(const std::string& host) override {
    if (first_host.empty()) first_host = host;
  }
  void Identify(Protocol p, ProtocolBasis b) override {
    protocol = p;
    basis = b;
  }
  void Ignore() override { ignored = true; }

  std::vector<DnsData> messages;
  std::vector<DnsData> transactions;
  std::vector<std::string> anomalies;
  std::string first_host;
  Protocol protocol = Protocol::kUnknown;
  ProtocolBasis basis = ProtocolBasis::kNone;
  bool ignored = false;
};

class AnalyzerSetTest : public ::testing::Test {
 protected:
  void Send(const DnsBytes& bytes, bool from_originator, UnixNanos clock = 0,
            uint16_t port = 53, uint64_t flow = 1) {
    Packet p;
    p.ip_protocol = kIpProtoUdp;
    p.source_port = from_originator ? 40000 : port;
    p.destination_port = from_originator ? port : 40000;
    p.payload = reinterpret_cast<const uint8_t*>(bytes.data());
    p.payload_bytes = p.payload_captured = static_cast<uint32_t>(bytes.size());
    p.clock = clock;
    set_->OnDatagram({&p, flow, from_originator}, told_);
  }

  std::unique_ptr<PayloadAnalyzer> set_ = NewAnalyzerSet();
  Told told_;
};

TEST_F(AnalyzerSetTest, PortsAndTransportsAreHints) {
  const ProtocolGuess tls = set_->Guess({6, 50000, 443});
  EXPECT_EQ(tls.protocol, Protocol::kTls);
  EXPECT_EQ(tls.basis, ProtocolBasis::kPortHint);
  EXPECT_FALSE(tls.wants_datagrams);
  EXPECT_EQ(set_->Guess({17, 53, 50000}).protocol, Protocol::kDns);
  EXPECT_TRUE(set_->Guess({17, 50000, 53}).wants_datagrams);
  EXPECT_TRUE(set_->Guess({17, 50000, 9999}).wants_datagrams);
  EXPECT_FALSE(set_->Guess({17, 50000, 123}).wants_datagrams);
  EXPECT_EQ(set_->Guess({6, 50000, 9999}).basis, ProtocolBasis::kNone);
  EXPECT_EQ(set_->Guess({1, 0, 0}).protocol, Protocol::kIcmp);
  EXPECT_EQ(set_->Guess({1, 0, 0}).basis, ProtocolBasis::kDecoded);
}

TEST_F(AnalyzerSetTest, AQueryIsToldAtOnceAndItsResponseEndsTheTransaction) {
  Send(DnsQuery(7, "Example.com", 1), true, 1000);
  ASSERT_THAT(told_.messages, SizeIs(1));
  EXPECT_EQ(told_.messages[0].name, "example.com");
  EXPECT_EQ(told_.messages[0].name_bytes, 11);
  EXPECT_THAT(told_.transactions, IsEmpty());
  DnsBytes response = DnsResponse(7, "example.com", 1, 1);
  AddRecord(response, DnsPointer(12), 1, DnsBytes("\x0a\0\0\1", 4));
  Send(response, false, 3500);
  ASSERT_THAT(told_.transactions, SizeIs(1));
  const DnsData& d = told_.transactions[0];
  EXPECT_TRUE(d.answered);
  EXPECT_FALSE(d.unmatched);
  EXPECT_EQ(d.rtt_ns, 2500u);
  EXPECT_EQ(d.answers[0].data, "10.0.0.1");
  EXPECT_EQ(told_.first_host, "example.com");
  EXPECT_EQ(told_.basis, ProtocolBasis::kDecoded);
  EXPECT_THAT(told_.messages, SizeIs(1));
}

TEST_F(AnalyzerSetTest, EachMismatchLeavesTheResponseUnmatched) {
  Send(DnsQuery(7, "a.b", 1), true);
  Send(DnsResponse(8, "a.b", 1, 0), false);
  Send(DnsResponse(7, "a.c", 1, 0), false);
  Send(DnsResponse(7, "a.b", 28, 0), false);
  Send(DnsResponse(7, "a.b", 1, 0), true);
  ASSERT_THAT(told_.transactions, SizeIs(4));
  for (const DnsData& d : told_.transactions) EXPECT_TRUE(d.unmatched);
  Send(DnsResponse(7, "A.B", 1, 0), false);
  EXPECT_FALSE(told_.transactions[4].unmatched);
}

TEST_F(AnalyzerSetTest, ResponsesOfAnotherFlowDoNotMatch) {
  Send(DnsQuery(7, "a.b", 1), true, 0, 53, 1);
  Send(DnsResponse(7, "a.b", 1, 0), false, 0, 53, 2);
  EXPECT_TRUE(told_.transactions[0].unmatched);
}

TEST_F(AnalyzerSetTest, ARepeatedQueryIsOneTransaction) {
  Send(DnsQuery(7, "a.b", 1), true, 100);
  Send(DnsQuery(7, "a.b", 1), true, 200);
  Send(DnsResponse(7, "a.b", 1, 0), false, 300);
  set_->OnFlowEnd(1, 400, told_);
  EXPECT_THAT(told_.messages, SizeIs(2));
  ASSERT_THAT(told_.transactions, SizeIs(1));
  EXPECT_EQ(told_.transactions[0].rtt_ns, 200u);
}

TEST_F(AnalyzerSetTest, UnansweredQueriesAreGivenOutWhenTheFlowEnds) {
  Send(DnsQuery(7, "a.b", 1), true);
  Send(DnsQuery(8, "c.d", 1), true);
  set_->OnFlowEnd(1, 0, told_);
  ASSERT_THAT(told_.transactions, SizeIs(2));
  EXPECT_EQ(told_.transactions[0].name, "a.b");
  EXPECT_FALSE(told_.transactions[0].answered);
}

TEST_F(AnalyzerSetTest, AtMost64QueriesWait) {
  for (uint16_t i = 0; i < 70; ++i) Send(DnsQuery(i, "a.b", 1), true);
  EXPECT_THAT(told_.transactions, SizeIs(6));
  EXPECT_EQ(told_.transactions[0].id, 0);
}

TEST_F(AnalyzerSetTest, OldQueriesAreGivenUpAtTheNextOne) {
  Send(DnsQuery(1, "a.b", 1), true, 0);
  Send(DnsQuery(2, "a.b", 1), true, 31 * kSecondNanos);
  ASSERT_THAT(told_.transactions, SizeIs(1));
  EXPECT_EQ(told_.transactions[0].id, 1);
}

TEST_F(AnalyzerSetTest, DnsOnAnotherPortIsKnownByItsContent) {
  Send(DnsQuery(1, "a.b", 1), true, 0, 9999);
  EXPECT_EQ(told_.protocol, Protocol::kDns);
  EXPECT_THAT(told_.messages, SizeIs(1));
  EXPECT_FALSE(told_.ignored);
}

TEST_F(AnalyzerSetTest, OtherContentOnAnotherPortIsIgnored) {
  Send(DnsBytes(200, 'x'), true, 0, 9999);
  EXPECT_TRUE(told_.ignored);
  EXPECT_THAT(told_.messages, IsEmpty());
  EXPECT_THAT(told_.anomalies, IsEmpty());
}

TEST_F(AnalyzerSetTest, AMalformedQueryIsToldWithWhatCouldBeRead) {
  Send(DnsHeader(1, 0, 1, 0) + DnsLabels("abc", false) + DnsPointer(12), true);
  ASSERT_THAT(told_.messages, SizeIs(1));
  EXPECT_TRUE(told_.messages[0].malformed);
  EXPECT_EQ(told_.messages[0].name, "abc");
  EXPECT_THAT(told_.anomalies, ElementsAre("dns.malformed"));
}

TEST_F(AnalyzerSetTest, MulticastAnswersNeedNoQuery) {
  DnsBytes b = DnsHeader(0, 0x8400, 0, 1);
  AddRecord(b, DnsLabels("host.local", true), 1, DnsBytes("1234"));
  Send(b, true, 0, 5353);
  ASSERT_THAT(told_.transactions, SizeIs(1));
  EXPECT_FALSE(told_.transactions[0].unmatched);
  EXPECT_EQ(told_.transactions[0].name, "host.local");
  EXPECT_EQ(told_.protocol, Protocol::kMdns);
}

}  // namespace
}  // namespace tapline::testing
