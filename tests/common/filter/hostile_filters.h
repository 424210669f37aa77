// Filters made to hurt: each of them must be refused.

#ifndef TAPLINE_TESTS_COMMON_FILTER_HOSTILE_FILTERS_H_
#define TAPLINE_TESTS_COMMON_FILTER_HOSTILE_FILTERS_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace tapline::testing {

class HostileFilters {
 public:
  static std::vector<std::string> All() {
    HostileFilters made;
    made.Deep();
    made.Large();
    made.Strings();
    made.Bytes();
    made.Patterns();
    made.Types();
    made.Unknown();
    made.Numbers();
    made.Addresses();
    made.Times();
    made.Grammar();
    made.Injections();
    return std::move(made.all_);
  }

 private:
  void Add(std::string text) { all_.push_back(std::move(text)); }
  static std::string Times(absl::string_view text, size_t count) {
    std::string out;
    for (size_t i = 0; i < count; ++i) absl::StrAppend(&out, text);
    return out;
  }

  void Deep() {
    for (const size_t depth : {65u, 100u, 500u, 1000u, 2000u}) {
      Add(absl::StrCat(Times("(", depth), "tcp", Times(")", depth)));
      Add(Times("(", depth));
      Add(absl::StrCat(Times("(", depth), "tcp"));
      Add(absl::StrCat(Times("!", depth), "tcp"));
      Add(absl::StrCat(Times("lower(", depth), "dns.qry.name",
                       Times(")", depth)));
      Add(absl::StrCat(Times("not ", depth), "tcp"));
      Add(absl::StrCat("tcp.flags", Times("&1", depth)));
    }
  }

  void Large() {
    std::string set = "tcp.port in {";
    for (int i = 0; i < 300; ++i) absl::StrAppend(&set, i, " ");
    Add(set + "}");
    std::string sets = "tcp";
    for (int i = 0; i < 200; ++i) sets += " or port in {1 2 3 4 5 6}";
    Add(sets);
    Add(std::string(4097, 'a'));
    Add(absl::StrCat("dns.qry.name == \"", std::string(8000, 'x'), "\""));
    Add(absl::StrCat("tcp", Times(" or tcp", 700)));
    Add(std::string(1 << 20, '('));
    Add(std::string(100'000, ' '));
    Add(Times("1 ", 2047));
    Add(Times(",", 4000));
    Add(absl::StrCat("ip.addr == ", std::string(3000, ':')));
    Add(absl::StrCat(std::string(3000, '.'), " == 1"));
    Add(absl::StrCat("a", Times(".a", 2000)));
  }

  void Strings() {
    for (const char* end :
         {"\"", "'", "r\"", "\"\\", "\"\\x", "\"\\x1", "\"\\xg0\"", "\"\\x0g\"",
          "\"\\\"", "\"abc'", "'abc\"", "\"\n", "\"\\xZZ\" or tcp"}) {
      Add(absl::StrCat("dns.qry.name == ", end));
      Add(absl::StrCat("tcp and dns.qry.name contains ", end));
    }
  }

  void Bytes() {
    for (const absl::string_view bytes :
         {absl::string_view("\0", 1), absl::string_view("\x01"),
          absl::string_view("\x1b[2J"), absl::string_view("\x7f"),
          absl::string_view("\xff"), absl::string_view("\xc0\x80"),
          absl::string_view("\xed\xa0\x80"),
          absl::string_view("\xf4\x90\x80\x80"),
          absl::string_view("\xe2\x80\xae"), absl::string_view("\xc2\x85")}) {
      Add(std::string(bytes));
      Add(absl::StrCat("tcp ", bytes, " and udp"));
      Add(absl::StrCat("dns.qry.name == \"", bytes, "\""));
    }
  }

  void Patterns() {
    for (const char* pattern :
         {"(", ")", "[", "*", "+", "a{1001}", "((a{100}){100}){100}",
          "(x{500}){500}", "(?P<n", "[b-a]", "(?<!a)", "a**", "(.{1000}){10}",
          "\\\\p{Nope}", "\\xff", "(a)\\\\1", "(?=a)"}) {
      Add(absl::StrCat("dns.qry.name matches \"", pattern, "\""));
    }
    Add(absl::StrCat("dns.qry.name matches \"", std::string(600, 'a'), "\""));
    Add(absl::StrCat("dns.qry.name matches \"", Times("(a|b)*", 300), "\""));
    Add(absl::StrCat("dns.qry.name matches \"", Times("\u00e4{200}", 20),
                     "\""));
    Add(absl::StrCat("tcp", Times(" or dns.qry.name matches \"a\"", 17)));
  }

  void Types() {
    for (const char* field :
         {"ip.addr", "tcp.port", "dns.time", "flow.start", "tcp.flags.reset",
          "severity", "alert.coverage"}) {
      Add(absl::StrCat(field, " matches \"a\""));
      Add(absl::StrCat(field, " contains \"a\""));
      Add(absl::StrCat(field, " == \"certainly not\""));
      Add(absl::StrCat(field, " == dns.qry.name"));
      Add(absl::StrCat("len(", field, ") == 1"));
    }
    for (const char* presence : {"tcp", "dns", "flow", "alert.evidence"}) {
      Add(absl::StrCat(presence, " == 1"));
      Add(absl::StrCat(presence, " in {1}"));
      Add(absl::StrCat("string(", presence, ") == \"a\""));
    }
  }

  void Unknown() {
    for (const char* name :
         {"frame.", ".frame", "a", "tls.handshake.nothing", "flow.flow.flow",
          "google.protobuf", "gap.count", "checkpoint.cursor", "__proto__",
          "ip.addr.ip.addr", "TCP.PORT", "-tcp", "tcp.port.", "flow..id"}) {
      Add(absl::StrCat(name, " == 1"));
    }
    Add("@nobody");
    Add("@@");
    Add("@../../etc/passwd");
    Add("exec(\"rm\")");
    Add("len(len(dns.qry.name))");
    Add("count(count(dns.answers)) > 1");
  }

  void Numbers() {
    for (const char* number :
         {"-1", "4294967296", "18446744073709551616", "1e9", "0x", "0xg",
          "0x1ffffffffffffffff", "00001", "1.5", "1,5", "1k1", "9999999T",
          "--1", "NaN", "inf", "1/0", "0b", "0b2",
          "99999999999999999999999999999999999999999999999999"}) {
      Add(absl::StrCat("tcp.port == ", number));
    }
    for (const char* number : {"nan", "inf", "1e999", "-inf", "0x1p4"}) {
      Add(absl::StrCat("alert.coverage == ", number));
    }
  }

  void Addresses() {
    for (const char* address :
         {"1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4/33", "1.2.3.4/-1",
          "1.2.3.4/", "1.2.3.4/8/8", "01.2.3.4", "::g", "1::2::3", "::/129",
          "fe80::1%eth0", "[::1]", "02:00:00:00:00", "02:00:00:00:00:01/8", ":",
          "1.2.3.4/99999999999"}) {
      Add(absl::StrCat("ip.addr == ", address));
    }
  }

  void Times() {
    for (const char* time :
         {"2026-13-01", "2026-02-30", "0000-00-00", "99999-01-01", "now-",
          "now-1y", "now-99999999999999999999d", "nowhere", "1e12",
          "infinite-future", "\"infinite-past\"", "9999999999999999999"}) {
      Add(absl::StrCat("flow.start > ", time));
    }
    for (const char* duration : {"5", "1x", "ms", "1h30"}) {
      Add(absl::StrCat("dns.time > ", duration, "q"));
    }
  }

  void Grammar() {
    for (const char* text : {"and",
                             "or",
                             "not",
                             "xor",
                             "in",
                             "==",
                             "(",
                             ")",
                             "{",
                             "}",
                             ",",
                             "..",
                             "&",
                             "any",
                             "all",
                             "tcp and",
                             "and tcp",
                             "tcp or or udp",
                             "tcp not",
                             "not not",
                             "tcp ()",
                             "() tcp",
                             "tcp.port ==",
                             "== 80",
                             "tcp.port == == 80",
                             "tcp.port in",
                             "tcp.port in {80..}",
                             "tcp.port in {..80}",
                             "tcp.port in {80 .. 90 .. 100}",
                             "tcp.port in {{80}}",
                             "tcp.port not 80",
                             "any all tcp.port == 1",
                             "tcp.port == 80 == tcp",
                             "1 == 1",
                             "80",
                             "true",
                             "\"a\" == \"a\"",
                             "tcp.port == {80}",
                             "len(",
                             "len)",
                             "len(,)",
                             "len(dns.qry.name,)",
                             "len(dns.qry.name dns.qry.name)",
                             "tcp;udp",
                             "tcp # comment"}) {
      Add(text);
    }
  }

  void Injections() {
    for (const char* text :
         {"tcp.port == 80; DROP TABLE flows", "1) OR (1=1", "' OR '1'='1",
          "tcp.port == 80) --", "rule == \"x\" UNION SELECT * FROM alerts",
          "${IFS}", "$(id)", "`id`", "%s%s%n", "<script>"}) {
      Add(text);
    }
  }

  std::vector<std::string> all_;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_COMMON_FILTER_HOSTILE_FILTERS_H_
