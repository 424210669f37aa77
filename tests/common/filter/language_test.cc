// What the language means, on records.

#include "filter_records.h"

namespace tapline::testing {
namespace {

TEST(FilterLanguageTest, AComparisonHoldsWhenAnyValueDoes) {
  EXPECT_TRUE(Takes("ip.addr == 192.0.2.1", TlsFlow()));
  EXPECT_TRUE(Takes("ip.addr == 198.51.100.7", TlsFlow()));
  EXPECT_FALSE(Takes("ip.addr == 192.0.2.2", TlsFlow()));
  EXPECT_TRUE(Takes("tcp.port > 1024", TlsFlow()));
  EXPECT_TRUE(Takes("tcp.port < 1024", TlsFlow()));
  EXPECT_TRUE(Takes("flow.originator.port >= 40000", TlsFlow()));
  EXPECT_FALSE(Takes("flow.originator.port > 40000", TlsFlow()));
}

TEST(FilterLanguageTest, NotEqualHoldsWhenThereIsAValueAndAllDiffer) {
  EXPECT_FALSE(Takes("tcp.port != 443", TlsFlow()));
  EXPECT_TRUE(Takes("tcp.port != 80", TlsFlow()));
  EXPECT_TRUE(Takes("tcp.port !== 443", TlsFlow()));
  EXPECT_TRUE(Takes("tcp.port ~= 443", TlsFlow()));
  EXPECT_FALSE(Takes("udp.port != 80", TlsFlow()));
  EXPECT_TRUE(Takes("not udp.port == 80", TlsFlow()));
}

TEST(FilterLanguageTest, AllEqualNeedsOneValueAndNoOther) {
  EXPECT_FALSE(Takes("vlan.id === 100", TlsFlow()));
  EXPECT_TRUE(Takes("ip.src === 192.0.2.1", TlsFlow()));
  EXPECT_FALSE(Takes("dns.qry.type === 1", TlsFlow()));
}

TEST(FilterLanguageTest, AnyAndAllSayWhichValuesMust) {
  EXPECT_TRUE(Takes("all tcp.port > 400", TlsFlow()));
  EXPECT_FALSE(Takes("all tcp.port > 1024", TlsFlow()));
  EXPECT_TRUE(Takes("any tcp.port != 443", TlsFlow()));
  EXPECT_FALSE(Takes("all dns.resp.ttl > 100", DnsEvent()));
  EXPECT_TRUE(Takes("any dns.resp.ttl > 100", DnsEvent()));
  EXPECT_FALSE(Takes("all dns.resp.ttl > 0", TlsFlow())) << "no value at all";
}

TEST(FilterLanguageTest, OperatorsHaveWordsInAnyCase) {
  EXPECT_TRUE(Takes("tcp.port eq 443 AND NOT dns", TlsFlow()));
  EXPECT_TRUE(Takes("tcp.port ge 443 && !dns", TlsFlow()));
  EXPECT_TRUE(Takes("tcp.port ne 80 Or dns", TlsFlow()));
  EXPECT_TRUE(Takes("443 == tcp.port", TlsFlow()));
  EXPECT_TRUE(Takes("1000 < tcp.port", TlsFlow()));
  EXPECT_TRUE(Takes("high == severity", ScanAlert()));
  EXPECT_TRUE(Takes("\"tls\" == protocol", TlsFlow()));
  EXPECT_TRUE(Takes("fe80::1 != ip.src", DnsEvent()));
}

TEST(FilterLanguageTest, AndBindsTighterThanXorAndXorThanOr) {
  // tcp: true, dns: false, udp: false.
  EXPECT_TRUE(Takes("tcp or dns and udp", TlsFlow()));
  EXPECT_FALSE(Takes("(tcp or dns) and udp", TlsFlow()));
  EXPECT_TRUE(Takes("tcp or tcp xor tcp", TlsFlow()));
  EXPECT_FALSE(Takes("tcp xor tcp and tcp", TlsFlow()));
  EXPECT_TRUE(Takes("tcp ^^ dns", TlsFlow()));
  EXPECT_FALSE(Takes("not tcp or dns", TlsFlow()));
}

TEST(FilterLanguageTest, SetsHoldValuesRangesAndNetworks) {
  EXPECT_TRUE(Takes("tcp.dstport in {22, 443}", TlsFlow()));
  EXPECT_TRUE(Takes("tcp.dstport in {22 80..500}", TlsFlow()));
  EXPECT_FALSE(Takes("tcp.dstport in {22, 444..500}", TlsFlow()));
  EXPECT_TRUE(Takes("ip.src in {10.0.0.0/8, 192.0.2.0/24}", TlsFlow()));
  EXPECT_TRUE(Takes("ip.src in {192.0.2.0..192.0.2.9}", TlsFlow()));
  EXPECT_TRUE(Takes("rule in {\"syn_flood\", port_scan}", ScanAlert()));
  EXPECT_TRUE(Takes("tcp.port not in {80, 22}", TlsFlow()));
  EXPECT_FALSE(Takes("tcp.port not in {80, 443}", TlsFlow()));
  EXPECT_FALSE(Takes("udp.port not in {80}", TlsFlow()));
}

TEST(FilterLanguageTest, AnAddressIsComparedWithANetworkByItsPrefix) {
  EXPECT_TRUE(Takes("ip.dst == 198.51.0.0/16", TlsFlow()));
  EXPECT_TRUE(Takes("ip.dst == 198.51.100.9/24", TlsFlow())) << "host bits";
  EXPECT_FALSE(Takes("ip.dst != 198.51.0.0/16", TlsFlow()));
  EXPECT_TRUE(Takes("ip.src == 0.0.0.0/0", TlsFlow()));
  EXPECT_FALSE(Takes("ip.src == ::/0", TlsFlow())) << "another family";
  EXPECT_TRUE(Takes("ip.src == 2001:db8::/32", DnsEvent()));
  EXPECT_TRUE(Takes("ip.src == 2001:DB8:0::1", DnsEvent()));
  EXPECT_TRUE(Takes("ip.src < 192.0.2.2 and ip.src >= 192.0.2.1", TlsFlow()));
  EXPECT_FALSE(Takes("ip.src < 255.255.255.255", DnsEvent()));
}

TEST(FilterLanguageTest, VersionsOfAddressesHaveFieldsOfTheirOwn) {
  EXPECT_TRUE(Takes("ipv6.addr", DnsEvent()));
  EXPECT_FALSE(Takes("ipv6.addr", TlsFlow()));
  EXPECT_TRUE(Takes("ipv4.src == 192.0.2.1", TlsFlow()));
  EXPECT_TRUE(Takes("eth.src == 02-00-5E-10-00-01", ArpFlow()));
  EXPECT_TRUE(Takes("flow.originator.address == 02:00:5e:10:00:01", ArpFlow()));
  EXPECT_FALSE(Takes("ip.addr", ArpFlow()));
}

TEST(FilterLanguageTest, PortsBelongToTheirTransport) {
  EXPECT_TRUE(Takes("tcp.port == 443 and port == 443", TlsFlow()));
  EXPECT_FALSE(Takes("udp.port == 443", TlsFlow()));
  EXPECT_TRUE(Takes("udp.dstport == 53", DnsEvent()));
}

TEST(FilterLanguageTest, APartOfARuleIsAnyText) {
  for (const char* text : {"rule contains scn", "rule startswith x",
                           "rule matches \"^z\"", "rule == port_scan"}) {
    EXPECT_OK(Filter::Compile(text, {}).status()) << text;
  }
}

TEST(FilterLanguageTest, ProtocolsArePresentInWhatIsAboutThem) {
  EXPECT_TRUE(Takes("tcp and tls", TlsFlow()));
  EXPECT_TRUE(Takes("udp and dns", DnsEvent()));
  EXPECT_FALSE(Takes("dns or udp", TlsFlow()));
  EXPECT_TRUE(Takes("tcp", ScanAlert()));
  EXPECT_TRUE(Takes("arp", ArpFlow()));
  EXPECT_TRUE(Takes("flow and not event", TlsFlow()));
  EXPECT_TRUE(Takes("alert.evidence.port_scan", ScanAlert()));
}

TEST(FilterLanguageTest, ABareFieldHoldsWhenItSaysSomething) {
  EXPECT_TRUE(Takes("dns.qry.name", DnsEvent()));
  EXPECT_TRUE(Takes("dns.answers", DnsEvent()));
  EXPECT_FALSE(Takes("dns.rcode", DnsEvent())) << "zero";
  EXPECT_TRUE(Takes("dns.rcode == 0", DnsEvent()));
  EXPECT_FALSE(Takes("dns.rcode == 0", TlsFlow())) << "another kind";
  EXPECT_FALSE(Takes("alert.note", ScanAlert())) << "empty";
  EXPECT_FALSE(Takes("alert.note != \"x\"", ScanAlert())) << "empty is absent";
  EXPECT_FALSE(Takes("flow.end", TlsFlow())) << "not set";
  EXPECT_FALSE(Takes("flow.end_reason", TlsFlow())) << "unspecified";
  EXPECT_TRUE(Takes("NOT ack", ScanAlert()));
}

TEST(FilterLanguageTest, FlagsAreYesOrNo) {
  EXPECT_TRUE(Takes("tcp.flags.reset", TlsFlow()));
  EXPECT_TRUE(Takes("tcp.flags.reset == 1", TlsFlow()));
  EXPECT_TRUE(Takes("tcp.flags.reset == true", TlsFlow()));
  EXPECT_FALSE(Takes("tcp.flags.fin", TlsFlow()));
  EXPECT_TRUE(Takes("tcp.flags & 0x02", TlsFlow()));
  EXPECT_TRUE(Takes("tcp.flags & 0x12 == 0x12", TlsFlow()));
  EXPECT_FALSE(Takes("tcp.flags & 0x01", TlsFlow()));
}

TEST(FilterLanguageTest, TextIsComparedWholeAndInParts) {
  EXPECT_TRUE(Takes("dns.qry.name == \"www.example.com\"", DnsEvent()));
  EXPECT_TRUE(Takes("dns.name == 'www.example.com'", DnsEvent()));
  EXPECT_TRUE(Takes("dns.qry.name contains \"example\"", DnsEvent()));
  EXPECT_FALSE(Takes("dns.qry.name contains \"Example\"", DnsEvent()));
  EXPECT_TRUE(Takes("dns.qry.name startswith www", DnsEvent()));
  EXPECT_TRUE(Takes("dns.qry.name endswith \".com\"", DnsEvent()));
  EXPECT_TRUE(Takes("dns.qry.name > \"a\"", DnsEvent()));
}

TEST(FilterLanguageTest, PatternsAreFoundInAnyCaseUnlessTheySayOtherwise) {
  EXPECT_TRUE(Takes("dns.qry.name matches \"^WWW\\.\"", DnsEvent()));
  EXPECT_FALSE(Takes("dns.qry.name matches \"(?-i)^WWW\"", DnsEvent()));
  EXPECT_TRUE(Takes("dns.qry.name ~ r\"\\.com$\"", DnsEvent()));
  EXPECT_FALSE(Takes("dns.qry.name matches \"^$\"", DnsEvent()));
}

TEST(FilterLanguageTest, EnumsHaveShortAndFullNamesInAnyCase) {
  EXPECT_TRUE(Takes("alert.severity == high", ScanAlert()));
  EXPECT_TRUE(Takes("severity >= MEDIUM", ScanAlert()));
  EXPECT_TRUE(Takes("severity == \"SEVERITY_HIGH\"", ScanAlert()));
  EXPECT_TRUE(Takes("severity < critical and severity == 3", ScanAlert()));
  EXPECT_TRUE(Takes("transport == tcp", TlsFlow()));
}

TEST(FilterLanguageTest, NumbersHaveTheNamesPeopleKnow) {
  v1::Record record = DnsEvent();
  v1::Dns& dns = *record.mutable_event()->mutable_dns();
  dns.set_class_(1);
  dns.set_rcode(3);
  for (const char* text :
       {"dns.qry.type == A", "dns.qry.type in {MX, a}", "dns.rcode == NXDOMAIN",
        "dns.flags.rcode == nxdomain", "dns.flags.rcode >= SERVFAIL",
        "dns.flags.opcode == QUERY", "dns.qry.type == \"A\"",
        "udp.port in {domain..https}"}) {
    EXPECT_TRUE(Takes(text, record)) << text;
  }
  EXPECT_FALSE(Takes("dns.qry.type == AAAA", record));
  EXPECT_TRUE(Takes("tcp.dstport == https", TlsFlow()));
  EXPECT_TRUE(Takes("ip.proto == TCP", TlsFlow()));
}

TEST(FilterLanguageTest, AnOperatorIsAWordWhereAValueMustStand) {
  v1::Record record = DnsEvent();
  v1::Dns& dns = *record.mutable_event()->mutable_dns();
  dns.set_class_(1);
  dns.set_type(255);
  for (const char* text :
       {"dns.qry.class == IN", "dns.qry.type == ANY and dns.qry.class eq in",
        "dns.qry.type in {A, ANY}", "dns.qry.class in {IN..ANY}",
        "dns.qry.class in {IN} and dns"}) {
    EXPECT_TRUE(Takes(text, record)) << text;
  }
}

TEST(FilterLanguageTest, FramesHaveANumberFromOneAndAnOrdinalFromZero) {
  v1::Record record;
  record.mutable_packet()->set_ordinal(17);
  EXPECT_TRUE(Takes("frame.number == 18 and frame.ordinal == 17", record));
  EXPECT_TRUE(Takes("frame.number in {18} and packet.ordinal == 17", record));
  EXPECT_FALSE(Takes("frame.number == 17", record));
}

TEST(FilterLanguageTest, NumbersTakeUnits) {
  EXPECT_TRUE(Takes("flow.from_originator.payload_bytes == 1.5k", TlsFlow()));
  EXPECT_TRUE(Takes("flow.from_originator.payload_bytes < 2KiB", TlsFlow()));
  EXPECT_TRUE(Takes("flow.ip_protocol == 0x6", TlsFlow()));
  EXPECT_TRUE(Takes("alert.coverage <= 0.5", ScanAlert()));
  EXPECT_TRUE(Takes("dns.rtt_ns == 5ms", DnsEvent()));
  EXPECT_TRUE(Takes("dns.resp.ttl == 5m", DnsEvent()));
}

TEST(FilterLanguageTest, DurationsArePlainSecondsOrHaveUnits) {
  EXPECT_TRUE(Takes("dns.time > 0.004 and dns.time < 6ms", DnsEvent()));
  EXPECT_TRUE(Takes("alert.suppress_window == 5m", ScanAlert()));
  EXPECT_TRUE(Takes("alert.suppress_window in {4m30s..1h}", ScanAlert()));
  EXPECT_TRUE(Takes("tcp.analysis.initial_rtt == 20ms", TlsFlow()));
}

TEST(FilterLanguageTest, TimesAreDatesOrCountFromNow) {
  EXPECT_TRUE(Takes("flow.start == 2023-11-14T22:13:20Z", TlsFlow()));
  EXPECT_TRUE(Takes("flow.start == \"2023-11-14 22:13:20\"", TlsFlow()));
  EXPECT_TRUE(Takes("flow.start == 2023-11-14T23:13:20+01:00", TlsFlow()));
  EXPECT_TRUE(Takes("flow.start > 2023-11-14", TlsFlow()));
  EXPECT_TRUE(Takes("flow.start == 1700000000", TlsFlow()));
  EXPECT_TRUE(Takes("frame.time > now-91s and frame.time < now", TlsFlow()));
  EXPECT_FALSE(Takes("frame.time > now-89s", TlsFlow()));
}

TEST(FilterLanguageTest, AFlowHasSumsAndADuration) {
  v1::Record record = TlsFlow();
  v1::Flow& flow = *record.mutable_flow();
  flow.mutable_from_originator()->set_frame_bytes(2'000);
  flow.mutable_from_responder()->set_packets(5);
  flow.mutable_from_responder()->set_frame_bytes(10'000'000'000);
  flow.mutable_end()->set_seconds(1'700'000'090);
  flow.mutable_end()->set_nanos(500'000'000);
  EXPECT_TRUE(Takes("flow.packets == 15", record));
  EXPECT_TRUE(Takes("flow.bytes == 10000002000", record));
  EXPECT_TRUE(Takes("flow.bytes > 10GB and flow.bytes in {1..11GB}", record));
  EXPECT_TRUE(Takes("flow.duration == 90.5s", record));
  EXPECT_TRUE(Takes("flow.duration > 90", record));
  EXPECT_FALSE(Takes("flow.duration > 1m31s", record));
  EXPECT_TRUE(Takes("flow.packets > flow.from_originator.packets", record));
  EXPECT_TRUE(Takes("count(flow.packets) == 1", record));
  // What has no end yet has no duration; what is no flow has none of them.
  flow.clear_end();
  EXPECT_FALSE(Takes("flow.duration >= 0", record));
  EXPECT_FALSE(Takes("flow.packets >= 0", DnsEvent()));
  // A clock that went back is no time below zero.
  flow.mutable_end()->set_seconds(1'600'000'000);
  EXPECT_TRUE(Takes("flow.duration == 0", record));
  flow.clear_from_originator();
  EXPECT_TRUE(Takes("flow.packets == 5", record));
}

TEST(FilterLanguageTest, AFlowIsKnownByItsState) {
  v1::Record record = TlsFlow();
  record.mutable_flow()->set_state(v1::FLOW_STATE_ESTABLISHED);
  EXPECT_TRUE(Takes("flow.state == established", record));
  EXPECT_TRUE(Takes("state in {established, connected}", record));
  EXPECT_FALSE(Takes("state == asked", record));
  EXPECT_TRUE(Takes("app_protocol == tls", record));
}

TEST(FilterLanguageTest, FunctionsWorkOnEachValue) {
  EXPECT_TRUE(Takes("len(dns.qry.name) == 15", DnsEvent()));
  EXPECT_TRUE(Takes("upper(dns.qry.name) contains \"EXAMPLE\"", DnsEvent()));
  EXPECT_TRUE(Takes("count(dns.answers) == 2", DnsEvent()));
  EXPECT_TRUE(Takes("count(dns.resp.ttl) == 2", DnsEvent()));
  EXPECT_FALSE(Takes("count(dns.answers) == 0", TlsFlow()));
  EXPECT_TRUE(Takes("count(alert.note) == 0", ScanAlert()));
  EXPECT_TRUE(Takes("string(ip.src) startswith \"192.0.\"", TlsFlow()));
  EXPECT_TRUE(Takes("string(tcp.dstport) matches \"^44\"", TlsFlow()));
  EXPECT_TRUE(Takes("string(severity) == \"high\"", ScanAlert()));
  EXPECT_TRUE(Takes("len(lower(dns.qry.name)) > 3", DnsEvent()));
}

TEST(FilterLanguageTest, OnlyWhatWasSeenOnTheWireIsObserved) {
  EXPECT_FALSE(Takes("observed(protocol)", TlsFlow()));
  v1::Record seen = TlsFlow();
  seen.mutable_flow()->mutable_application()->set_basis(v1::BASIS_SIGNATURE);
  EXPECT_TRUE(Takes("observed(protocol)", seen));
  EXPECT_TRUE(Takes("observed(ip.src)", TlsFlow()));
  EXPECT_FALSE(Takes("observed(dns.qry.name)", TlsFlow()));
}

TEST(FilterLanguageTest, FieldsCanBeComparedWithOneAnother) {
  v1::Record record = TlsFlow();
  EXPECT_FALSE(Takes("ip.src == ip.dst", record));
  EXPECT_TRUE(Takes("ip.src != ip.dst", record));
  EXPECT_TRUE(Takes("tcp.srcport > tcp.dstport", record));
  EXPECT_TRUE(Takes("any vlan.id == vlan.id", record));
  EXPECT_FALSE(Takes("all vlan.id == vlan.id", record));
  record.mutable_flow()->mutable_responder()->set_address("192.0.2.1");
  EXPECT_TRUE(Takes("ip.src == ip.dst", record));
  EXPECT_FALSE(Takes("ip.src == ip.dst", ScanAlert()));
  EXPECT_FALSE(Takes("dns.qry.name != dns.qry.name", TlsFlow()));
}

TEST(FilterLanguageTest, PathsAndOptionNamesAreBothUnderstood) {
  EXPECT_TRUE(Takes("dns.name == dns.qry.name", DnsEvent()));
  EXPECT_TRUE(Takes("flow.application.protocol == tls", TlsFlow()));
  EXPECT_TRUE(Takes("source_id == live", TlsFlow()));
  EXPECT_TRUE(Takes("alert.evidence.port_scan.ports == 22", ScanAlert()));
}

TEST(FilterLanguageTest, SavedFiltersStandWhereAnExpressionDoes) {
  Filter::Options options;
  options.saved = [](absl::string_view name) -> std::optional<std::string> {
    if (name == "web") return "tcp.port in {80, 443}";
    if (name == "both") return "@web or dns";
    return std::nullopt;
  };
  const auto filter = Filter::Compile("not @both or @web and tcp", options);
  ASSERT_OK(filter.status());
  EXPECT_TRUE((*filter)->Matches(TlsFlow()));
  EXPECT_FALSE((*filter)->Matches(DnsEvent()));
  EXPECT_EQ((*filter)->canonical(),
            "not (tcp.port in {80, 443} or dns) or tcp.port in {80, 443} and "
            "tcp");
}

TEST(FilterLanguageTest, ARecordWithoutArmMatchesOnlyNegations) {
  const v1::Record empty;
  EXPECT_FALSE(Takes("tcp or dns.rcode == 0 or ip.addr", empty));
  EXPECT_TRUE(Takes("not tcp", empty));
}

TEST(FilterLanguageTest, ARecordThatCostsTooMuchDoesNotMatchAndIsCounted) {
  v1::Record record = DnsEvent();
  v1::Dns& dns = *record.mutable_event()->mutable_dns();
  for (int i = 0; i < 2000; ++i) {
    dns.add_answers()->set_name(std::string(1000, 'a'));
  }
  const auto filter = Filter::Compile(
      "not dns.resp.name matches \"b\" and dns.resp.name != dns.resp.name or "
      "dns",
      {});
  ASSERT_OK(filter.status());
  EXPECT_FALSE((*filter)->Matches(record));
  EXPECT_EQ((*filter)->given_up(), 1u);
  EXPECT_TRUE((*filter)->Matches(DnsEvent()));
  EXPECT_EQ((*filter)->given_up(), 1u);
}

TEST(FilterLanguageTest, KindsThatCannotMatchAreKnown) {
  const auto filter = Filter::Compile("dns.qry.name contains \"a\"", {});
  ASSERT_OK(filter.status());
  EXPECT_TRUE((*filter)->CanMatch(v1::RECORD_KIND_EVENT));
  EXPECT_FALSE((*filter)->CanMatch(v1::RECORD_KIND_FLOW));
  const auto negated = Filter::Compile("not dns.qry.name contains \"a\"", {});
  ASSERT_OK(negated.status());
  EXPECT_TRUE((*negated)->CanMatch(v1::RECORD_KIND_FLOW));
}

TEST(FilterLanguageTest, ExplanationNamesFieldsKindsAndTheSearch) {
  const auto filter = Filter::Compile(
      "dns.qry.name contains \"example\" and not ip.dst == 10.0.0.0/8", {});
  ASSERT_OK(filter.status());
  const std::string text = ExplainFilter(**filter);
  for (const char* part :
       {"all of these:", "dns.qry.name has \"example\" in it",
        "not this:", "any value of ip.dst is within 10.0.0.0/8",
        "First question: lower case", "It can take: events",
        "events WHERE (arm=dns AND NOT b BETWEEN 10.0.0.0 AND "
        "10.255.255.255)"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

}  // namespace
}  // namespace tapline::testing
