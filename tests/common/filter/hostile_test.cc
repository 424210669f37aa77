// Filters made to hurt, and costly ones that are allowed.

#include <chrono>
#include <set>

#include "absl/strings/str_join.h"
#include "common/filter/limits.h"
#include "common/net/wire_text.h"
#include "filter_records.h"
#include "hostile_filters.h"

namespace tapline::testing {
namespace {

TEST(HostileFilterTest, TwoHundredHostileFiltersAreRefusedWithAPlace) {
  const std::vector<std::string> filters = HostileFilters::All();
  const std::set<std::string> different(filters.begin(), filters.end());
  EXPECT_GE(different.size(), 200u);
  for (const std::string& text : different) {
    const auto filter = Filter::Compile(text, {});
    const std::string shown = WireText(text.substr(0, 100));
    ASSERT_FALSE(filter.ok()) << shown;
    EXPECT_EQ(filter.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_GE(FilterErrorOf(filter.status()).column, 1u) << shown;
    // What is told can be printed and is short.
    const std::string message(filter.status().message());
    EXPECT_EQ(PrintableText(message), message) << shown;
    EXPECT_LT(message.size(), 600u) << shown;
  }
}

TEST(HostileFilterTest, AFilterThatNamesItselfIsRefused) {
  Filter::Options options;
  options.saved = [](absl::string_view name) -> std::optional<std::string> {
    if (name == "self") return "tcp or @self";
    return "@a and @a and @a and @a";
  };
  for (const char* text : {"@self", "@a"}) {
    EXPECT_THAT(Filter::Compile(text, options).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, "in @"));
  }
}

TEST(HostileFilterTest, SavedFiltersCannotMultiplyPastTheBounds) {
  Filter::Options options;
  options.saved = [](absl::string_view) -> std::optional<std::string> {
    return std::string(4000, ' ') + "tcp";
  };
  std::string text = "@a";
  for (int i = 0; i < 20; ++i) text += " or @a";
  EXPECT_THAT(Filter::Compile(text, options).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "too long"));
}

// A record near the bounds of what analyzers make.
v1::Record FatEvent() {
  v1::Record record = DnsEvent();
  v1::Dns& dns = *record.mutable_event()->mutable_dns();
  for (int i = 0; i < 1000; ++i) {
    v1::DnsAnswer& answer = *dns.add_answers();
    answer.set_name(absl::StrCat(std::string(60, 'a'), i));
    answer.set_data("192.0.2.1");
  }
  return record;
}

double SecondsOf(const Filter& filter, const v1::Record& record) {
  const auto begin = std::chrono::steady_clock::now();
  filter.Matches(record);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

TEST(HostileFilterTest, TheCostliestFilterGivesUpOnARecordInTime) {
  std::vector<std::string> parts;
  for (int i = 0; i < 15; ++i) {
    parts.push_back(absl::StrCat("dns.resp.name matches \"(a|aa)+",
                                 std::string(100, 'b'), i, "\""));
  }
  const v1::Record record = FatEvent();
  for (const std::string& text :
       {absl::StrJoin(parts, " or "),
        std::string("dns.resp.name == upper(dns.resp.name)"),
        std::string("not (count(dns.resp.name) == 3 or upper(dns.resp.name) == "
                    "lower(dns.resp.name))")}) {
    const auto filter = Filter::Compile(text, {});
    ASSERT_OK(filter.status()) << text;
    // Some 10 ms; much less than without the budget even under sanitizers.
    EXPECT_LT(SecondsOf(**filter, record), 2.0) << text;
    EXPECT_TRUE(IsTooCostly((*filter)->Judge(record).status())) << text;
    EXPECT_EQ((*filter)->given_up(), 2u);
  }
}

TEST(HostileFilterTest, APatternThatComesToTooMuchIsRefusedAtItsPlace) {
  // Each state of such a program is new, so no cache of states helps.
  const std::string costly = "(a?|[a-z]?|\\w?){40}[^.]{50,60}Q";
  const auto one = Filter::Compile(
      absl::StrCat("dns and dns.qry.name matches r\"", costly, "\""), {});
  EXPECT_THAT(one.status(), StatusIs(absl::StatusCode::kInvalidArgument,
                                     "the pattern costs too much"));
  EXPECT_EQ(FilterErrorOf(one.status()).column, 30u);
  std::string many = "dns";
  for (int i = 0; i < 12; ++i) {
    absl::StrAppend(&many, " or dns.qry.name matches \"[a-z]{40}", i, "\"");
  }
  EXPECT_THAT(Filter::Compile(many, {}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "the patterns up to here cost too much"));
}

TEST(HostileFilterTest, UsualPatternsAreFarFromTheBound) {
  for (const char* pattern :
       {"^(mail|www|smtp)[0-9]{1,3}\\.example\\.(com|net|org)$",
        "^[a-z0-9]{20,40}\\.", "(union|select|insert).*(from|into)",
        "^/(admin|login|wp-login)\\.php(\\?|$)",
        "[0-9]{1,3}-[0-9]{1,3}-[0-9]{1,3}-[0-9]{1,3}\\.dyn"}) {
    EXPECT_OK(Filter::Compile(
                  absl::StrCat("dns.qry.name matches \"", pattern, "\""), {})
                  .status())
        << pattern;
  }
}

TEST(HostileFilterTest, TheWidestFilterIsStillTakenAndBounded) {
  std::string text = "ip.addr == 10.0.0.1";
  while (text.size() + 30 < filter::kMaxTextBytes) text += " or port == 77";
  const auto filter = Filter::Compile(text, {});
  ASSERT_OK(filter.status());
  EXPECT_FALSE((*filter)->Matches(TlsFlow()));
  // So many conditions narrow nothing, but they are no error.
  EXPECT_TRUE((*filter)->CanMatch(v1::RECORD_KIND_FLOW));
}

}  // namespace
}  // namespace tapline::testing
