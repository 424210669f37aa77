// A filter that is wrong says where and what would be right.

#include "filter_records.h"

namespace tapline::testing {
namespace {

struct Wrong {
  const char* text;
  size_t column;
  const char* says;
};

class FilterErrorTest : public ::testing::TestWithParam<Wrong> {};

TEST_P(FilterErrorTest, SaysWhereAndWhat) {
  const Wrong& wrong = GetParam();
  const auto filter = Filter::Compile(wrong.text, {});
  ASSERT_FALSE(filter.ok()) << wrong.text;
  EXPECT_THAT(filter.status(),
              StatusIs(absl::StatusCode::kInvalidArgument, wrong.says));
  EXPECT_EQ(FilterErrorOf(filter.status()).column, wrong.column)
      << filter.status();
}

constexpr Wrong kWrongs[] = {
    // Fields and functions.
    {"dns.qry.nam == \"x\"", 1, "did you mean dns.qry.name?"},
    {"tcp and ip.adr == 1.2.3.4", 9, "did you mean ip.addr?"},
    {"nothing.like.this", 1, "there is no field nothing.like.this"},
    {"ssl.sni == \"x\"", 1, "did you mean tls.sni?"},
    {"ssl.handshake.version == \"x\"", 1,
     "did you mean tls.handshake.version?"},
    {"bootp.hostname == \"x\"", 1, "did you mean dhcp.host_name?"},
    {"ip.ttl < 5", 1, "no field ip.ttl: `get packet` and"},
    {"tcp.window_size == 0", 1, "tcp.analysis.zero_window counts"},
    {"smtp.req.command == \"MAIL\"", 1, "ask smtp.mail_from"},
    {"arp.opcode == 1", 1, "there is no field arp.opcode: `get packet`"},
    {"\"x\"", 1, "a string stands where a field should"},
    {"size(dns.qry.name) > 1", 1, "there is no function size"},
    {"len(tcp.port) > 1", 1, "len() asks for text"},
    {"len() > 1", 1, "takes one field"},
    {"count(lower(dns.qry.name)) > 1", 1, "asks for a field"},
    {"443 == TCP.PORT", 8, "did you mean tcp.port?"},
    {"ip.src == ip.dts", 11, "did you mean ip.dst?"},
    // A misspelt field is told, whatever stands behind the operator.
    {"protocl == dns", 1, "did you mean protocol?"},
    {"dns.qry.nam == tls", 1, "did you mean dns.qry.name?"},
    {"frame.nmber == tcp", 1, "did you mean frame.number?"},
    {"tcp and protocl != dns", 9, "did you mean protocol?"},
    {"udp.prt < tcp.port", 1, "did you mean udp.port?"},
    {"tcp.prot == len(http.host)", 1, "did you mean tcp.port?"},
    {"hihg == severity", 1, "there is no field hihg"},
    {"443 == tcp", 5, "is there or not"},
    // Types.
    {"tcp.port == gopher", 13, "no name of one; such are ftp-data, ftp"},
    {"tcp.port == 65536", 13, "can never be: it is 0 to 65535"},
    {"tcp.port in {80, 65530..65537}", 25, "can never be"},
    {"vlan.id == 4096", 12, "can never be: it is 0 to 4095"},
    {"tcp.flags == 256", 14, "can never be: it is 0 to 255"},
    {"dns.qry.type == 70000", 17, "can never be: it is 0 to 65535"},
    {"dns.qry.type == AAA", 17, "did you mean AAAA?"},
    {"dns.rcode == NXDOMIAN", 14, "did you mean NXDOMAIN?"},
    {"dns.rcode == and", 14, "is no whole number"},
    {"tcp.port == \"x\"", 13, "is no whole number"},
    {"tcp.port == -1", 13, "can never be"},
    {"tcp.port == 99999999999", 13, "can never be"},
    {"tcp.port in {1-5}", 14, "a range is written 1..5"},
    {"ip.src == \"abc\"", 11, "is no address"},
    {"ip.src == 10.0.0.0/33", 11, "its prefix has 0 to 32 bits"},
    {"ip.src < 10.0.0.0/8", 8, "needs an order"},
    {"ip.src contains \"10\"", 8, "contains asks for text"},
    {"ip.src matches \"10\"", 8, "string() makes text of it"},
    {"severity == hihg", 13, "did you mean high?"},
    {"rule == port_scn", 9, "did you mean port_scan?"},
    {"rule in {port_scan, \"beacon\"}", 21, "is none of port_scan, "},
    {"flow.start > yesterday", 14, "is no time"},
    {"flow.start > 10000-01-01", 14, "the years 1 to 9999"},
    {"dns.time > fast", 12, "is no duration"},
    {"tcp.flags.reset == 2", 20, "is neither true nor false"},
    {"tcp.flags.reset > 0", 17, "needs an order"},
    {"dns.qry.name == example.com", 17, "did you mean \"example.com\"?"},
    {"dns.qry.name == \"\"", 17, "is never the value"},
    {"tls == 1", 5, "is there or not"},
    {"ip.src == tcp.port", 11, "cannot be compared"},
    {"tcp.port in {5..1}", 14, "ends before it begins"},
    {"ip.src in {10.0.0.1..::1}", 12, "no range between these"},
    {"dns.qry.name in {\"a\"..\"b\"}", 18, "no range between these"},
    {"ip.src & 1", 10, "& asks for a whole number"},
    {"tcp.port & x == 1", 12, "the mask after &"},
    {"any tcp.port", 1, "any and all need a comparison"},
    // Form.
    {"", 1, "the filter is empty"},
    {"   ", 1, "the filter is empty"},
    {"tcp and", 8, "the filter ends where"},
    {"tcp udp", 5, "udp stands where and or or should follow"},
    {"(tcp or udp", 1, "never closed"},
    {"tcp)", 4, ") stands where"},
    {"tcp.port = 80", 10, "did you mean ==?"},
    {"tcp.port in 80", 13, "80 stands where { should follow"},
    {"tcp.port in {80", 13, "never closed"},
    {"tcp.port in {}", 13, "holds nothing"},
    {"tcp.port in {80,}", 17, "stands where a value"},
    {"dns.qry.class == IN IN", 21, "in stands where and or or"},
    {"dns.qry.name == \"abc", 17, "this string has no end"},
    {"dns.qry.name == \"\\xZZ\"", 18, "two hexadecimal digits"},
    {"dns.qry.name matches \"(\"", 22, "the pattern is none"},
    {"dns.qry.name matches abc", 22, "a pattern stands in quotes"},
    {"tcp | udp", 5, "did you mean ||?"},
    {"tcp.port == 80 $", 16, "$ cannot stand here"},
    {"dns.qry.name == \u201cx\u201d", 17, "straight quotes"},
    {"@", 1, "name of a saved filter"},
    {"tcp and @nobody", 9, "no saved filter @nobody"},
    {"tcp.port == 80 == 90", 16, "== stands where"},
};

INSTANTIATE_TEST_SUITE_P(Filters, FilterErrorTest,
                         ::testing::ValuesIn(kWrongs));

TEST(FilterErrorsTest, ColumnsCountCharactersNotBytes) {
  const auto filter = Filter::Compile("dns.qry.name == \"\u00e4\u00f6\" x", {});
  EXPECT_EQ(FilterErrorOf(filter.status()).column, 22u);
}

TEST(FilterErrorsTest, AnUnknownFieldComesWithThoseNearIt) {
  const auto filter = Filter::Compile("dns.flags.anything", {});
  const FilterError error = FilterErrorOf(filter.status());
  EXPECT_EQ(error.suggestion, "");
  EXPECT_THAT(error.near, ::testing::Contains("dns.flags.truncated"));
  EXPECT_LE(error.near.size(), 8u);
}

TEST(FilterErrorsTest, AMisspeltFieldBeforeAProtocolComesWithThoseNearIt) {
  const auto filter = Filter::Compile("dns.flags.trunc == dns", {});
  const FilterError error = FilterErrorOf(filter.status());
  EXPECT_EQ(error.column, 1u);
  EXPECT_THAT(error.near, ::testing::Contains("dns.flags.response"));
}

TEST(FilterErrorsTest, AMarkStandsUnderTheColumn) {
  const char* const text = "tcp and ip.adr == 1.2.3.4";
  EXPECT_EQ(PointAt(text, Filter::Compile(text, {}).status()),
            "  tcp and ip.adr == 1.2.3.4\n"
            "          ^\n");
  EXPECT_EQ(PointAt(text, absl::OkStatus()), "");
}

TEST(FilterErrorsTest, AMistakeInASavedFilterIsToldAtItsName) {
  Filter::Options options;
  options.saved = [](absl::string_view) { return std::string("tcp.prot"); };
  const auto filter = Filter::Compile("dns or @mine", options);
  EXPECT_THAT(filter.status(), StatusIs(absl::StatusCode::kInvalidArgument,
                                        "in @mine: there is no field"));
  EXPECT_EQ(FilterErrorOf(filter.status()).column, 8u);
}

}  // namespace
}  // namespace tapline::testing
