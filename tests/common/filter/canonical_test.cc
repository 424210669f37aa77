#include "filter_records.h"

namespace tapline::testing {
namespace {

std::string Canonical(absl::string_view text) {
  const auto filter = Filter::Compile(text, At(1'700'000'000));
  EXPECT_OK(filter.status()) << text;
  return filter.ok() ? (*filter)->canonical() : "";
}

TEST(FilterCanonicalTest, OneWayToWriteEachThing) {
  EXPECT_EQ(Canonical("dns.name=='a'&&!tcp"),
            "dns.qry.name == \"a\" and not tcp");
  EXPECT_EQ(Canonical("443 lt tcp.port OR tcp.port ge 443"),
            "tcp.port > 443 or tcp.port >= 443");
}

TEST(FilterCanonicalTest, ParenthesesStandOnlyWhereTheyAreNeeded) {
  EXPECT_EQ(Canonical("((tcp) and ((udp or dns)))"), "tcp and (udp or dns)");
  EXPECT_EQ(Canonical("(tcp and udp) or dns"), "tcp and udp or dns");
  EXPECT_EQ(Canonical("not (tcp and udp)"), "not (tcp and udp)");
  EXPECT_EQ(Canonical("tcp xor (udp xor dns)"), "tcp xor (udp xor dns)");
}

TEST(FilterCanonicalTest, ValuesHaveOneForm) {
  EXPECT_EQ(Canonical("tcp.port in {0x50, 1..2}"), "tcp.port in {80, 1..2}");
  EXPECT_EQ(Canonical("ip.src == 2001:DB8:0:0::1"), "ip.src == 2001:db8::1");
  EXPECT_EQ(Canonical("ip.src == 10.1.2.3/8"), "ip.src == 10.0.0.0/8");
  EXPECT_EQ(Canonical("severity == SEVERITY_HIGH"), "severity == high");
  EXPECT_EQ(Canonical("dns.time > 0.005"), "dns.time > 5ms");
  EXPECT_EQ(Canonical("frame.time > now-1d"),
            "frame.time > \"2023-11-13T22:13:20Z\"");
  EXPECT_EQ(Canonical("dns.rtt_ns > 1us"), "dns.rtt_ns > 1000");
}

// Whatever is printed compiles, prints the same, and means the same.
TEST(FilterCanonicalTest, PrintedFiltersCompileToThemselves) {
  const char* const texts[] = {
      "tcp.port in {80, 443, 8000..8100} and not ip.src == 10.0.0.0/8",
      "any tcp.port != 443 or all tcp.port !== 443",
      "any tcp.port in {1, 2} xor all tcp.port not in {443}",
      "dns.qry.name matches \"^\\\\w+\\\\.(com|net)$\"",
      "dns.qry.name contains \"\\\"\\x07\\\\\"",
      "len(lower(dns.qry.name)) >= 10 && count(dns.answers) == 2",
      "tcp.flags & 0x12 == 18 || tcp.flags & 4",
      "frame.time in {2023-01-01..2024-01-01}",
      "alert.coverage < 0.75 and alert.coverage >= -1e-3",
      "alert.suppress_window > 1h30m",
      "eth.addr == 02-00-5e-10-00-01",
      "ip.src == ip.dst or tcp.srcport >= tcp.dstport",
      "dns.qry.name startswith \"\u00e4\"",
      "vlan.id === 100 or vlan.id !== 100",
      "observed(protocol) and string(ip.src) == \"192.0.2.1\"",
  };
  for (const char* text : texts) {
    const auto first = Filter::Compile(text, At(1'700'000'000));
    ASSERT_OK(first.status()) << text;
    const auto second = Filter::Compile((*first)->canonical(), At(0));
    ASSERT_OK(second.status()) << (*first)->canonical();
    EXPECT_EQ((*second)->canonical(), (*first)->canonical()) << text;
    for (const v1::Record& record :
         {TlsFlow(), DnsEvent(), ScanAlert(), ArpFlow()}) {
      EXPECT_EQ((*first)->Matches(record), (*second)->Matches(record)) << text;
    }
  }
}

}  // namespace
}  // namespace tapline::testing
