#include "sensord/store/selector_match.h"

#include <functional>
#include <random>

#include "sensord/store/columns.h"
#include "tests/sensord/store/store_fixture.h"

namespace tapline::testing {
namespace {

constexpr auto kAlert = v1::RECORD_KIND_ALERT;
constexpr auto kFlow = v1::RECORD_KIND_FLOW;

bool Matches(const std::function<void(v1::Selector&)>& set,
             const v1::Record& record) {
  v1::Selector selector;
  set(selector);
  auto matcher = SelectorMatcher::Compile(selector);
  EXPECT_OK(matcher.status());
  return matcher.ok() && (*matcher)->Matches(record);
}

// 192.0.2.1:40000 -> 198.51.100.7:443, TCP, tls.
const v1::Record& Flow() {
  static const v1::Record flow = FlowRecord(1);
  return flow;
}

TEST(SelectorMatchTest, EmptySelectorMatchesLiveRecordsOnly) {
  v1::Record replayed = Flow();
  replayed.set_source_id("replay-1");
  EXPECT_TRUE(Matches([](auto&) {}, Flow()));
  EXPECT_FALSE(Matches([](auto&) {}, replayed));
  EXPECT_TRUE(Matches([](auto& s) { s.add_source_ids("replay-1"); }, replayed));
  EXPECT_FALSE(Matches([](auto& s) { s.add_source_ids("replay-1"); }, Flow()));
}

TEST(SelectorMatchTest, AddressFitsOnEitherSide) {
  for (const char* text : {"192.0.2.1", "198.51.100.7", "192.0.2.0/24",
                           "198.51.0.0/16", "0.0.0.0/0", "::/0"}) {
    EXPECT_TRUE(Matches([&](auto& s) { s.add_addresses(text); }, Flow()))
        << text;
  }
  EXPECT_FALSE(Matches([](auto& s) { s.add_addresses("192.0.2.2"); }, Flow()));
}

TEST(SelectorMatchTest, SourceAndTargetFitOnTheirSideOnly) {
  EXPECT_TRUE(Matches([](auto& s) { s.add_sources("192.0.2.1"); }, Flow()));
  EXPECT_FALSE(Matches([](auto& s) { s.add_targets("192.0.2.1"); }, Flow()));
  EXPECT_TRUE(Matches([](auto& s) { s.add_targets("198.51.100.7"); }, Flow()));
}

TEST(SelectorMatchTest, PortFitsOnEitherSide) {
  EXPECT_TRUE(Matches([](auto& s) { s.add_ports(443); }, Flow()));
  EXPECT_TRUE(Matches([](auto& s) { s.add_ports(40000); }, Flow()));
  EXPECT_FALSE(Matches([](auto& s) { s.add_ports(80); }, Flow()));
}

TEST(SelectorMatchTest, ProtocolIsNamedByTransportOrApplication) {
  for (const char* text : {"tcp", "TCP", "TRANSPORT_TCP", "tls", "TLS"}) {
    EXPECT_TRUE(Matches([&](auto& s) { s.add_protocols(text); }, Flow()))
        << text;
  }
  EXPECT_FALSE(Matches([](auto& s) { s.add_protocols("udp"); }, Flow()));
  EXPECT_TRUE(Matches(
      [](auto& s) {
        s.add_protocols("udp");
        s.add_protocols("tls");
      },
      Flow()));
}

TEST(SelectorMatchTest, SeverityMeansThisOrWorse) {
  const v1::Record alert = AlertRecord(1);  // HIGH
  EXPECT_TRUE(
      Matches([](auto& s) { s.set_min_severity(v1::SEVERITY_MEDIUM); }, alert));
  EXPECT_TRUE(
      Matches([](auto& s) { s.set_min_severity(v1::SEVERITY_HIGH); }, alert));
  EXPECT_FALSE(Matches(
      [](auto& s) { s.set_min_severity(v1::SEVERITY_CRITICAL); }, alert));
}

TEST(SelectorMatchTest, FieldsAreAndedAndValuesOred) {
  const v1::Record alert = AlertRecord(1);
  EXPECT_TRUE(Matches(
      [](auto& s) {
        s.add_rules("syn_flood");
        s.add_rules("port_scan");
        s.add_sources("192.0.2.1");
      },
      alert));
  EXPECT_FALSE(Matches(
      [](auto& s) {
        s.add_rules("port_scan");
        s.add_sources("192.0.2.9");
      },
      alert));
}

TEST(SelectorMatchTest, WhatIsNotKnownIsNamed) {
  v1::Selector selector;
  selector.add_rules("no_such_rule");
  EXPECT_THAT(SelectorMatcher::Compile(selector).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "no_such_rule"));
  selector.Clear();
  selector.add_protocols("carrier-pigeon");
  EXPECT_THAT(SelectorMatcher::Compile(selector).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "carrier-pigeon"));
  selector.Clear();
  selector.add_addresses("10.0.0.300");
  EXPECT_THAT(SelectorMatcher::Compile(selector).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "10.0.0.300"));
  selector.Clear();
  selector.add_ports(65536);
  EXPECT_THAT(SelectorMatcher::Compile(selector).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "65536"));
}

TEST(SelectorMatchTest, IdsKeepTheOrderOfTheirText) {
  EXPECT_LT(OrderedId("7fffffffffffffff"), OrderedId("8000000000000000"));
  EXPECT_EQ(IdText(OrderedId("fedcba9876543210")), "fedcba9876543210");
}

// Small alphabets, so that selectors and records meet often.
class PreFilterTest : public StoreFixture {
 protected:
  template <size_t kCount>
  const char* Any(const char* const (&values)[kCount]) {
    return values[dice_() % kCount];
  }
  bool Chance(int percent) { return static_cast<int>(dice_() % 100) < percent; }

  const char* Address() {
    return Any({"10.0.0.1", "10.0.0.200", "10.1.0.1", "192.0.2.1",
                "2001:db8::1", "2001:db8::ffff", "fe80::1", "::1",
                "255.255.255.255", "0.0.0.0", "02:00:00:00:00:01", ""});
  }
  const char* CidrText() {
    return Any({"10.0.0.1", "10.0.0.0/24", "10.0.0.0/8", "0.0.0.0/0",
                "2001:db8::/32", "2001:db8::1", "::/0", "::/64", "::/96",
                "fe80::/10", "255.255.255.255", "10.0.0.128/25"});
  }
  void FillEndpoint(v1::Endpoint& endpoint) {
    endpoint.set_address(Address());
    endpoint.set_port(dice_() % 4);
  }

  v1::Record RandomFlow(uint64_t id) {
    v1::Record record = FlowRecord(id);
    v1::Flow& flow = *record.mutable_flow();
    flow.set_transport(static_cast<v1::Transport>(dice_() % 4));
    flow.mutable_application()->set_protocol(
        Any({"dns", "tls", "unknown", "igmp", ""}));
    flow.clear_originator();
    flow.clear_responder();
    if (Chance(90)) FillEndpoint(*flow.mutable_originator());
    if (Chance(90)) FillEndpoint(*flow.mutable_responder());
    record.set_source_id(Any({"live", "live", "replay-1", ""}));
    return record;
  }
  v1::Record RandomAlert(uint64_t id) {
    v1::Record record = AlertRecord(id);
    v1::Alert& alert = *record.mutable_alert();
    alert.set_severity(static_cast<v1::Severity>(dice_() % 5));
    alert.set_rule(Any({"port_scan", "syn_flood", "dns_tunnel"}));
    alert.clear_source();
    alert.clear_target();
    if (Chance(80)) FillEndpoint(*alert.mutable_source());
    if (Chance(80)) FillEndpoint(*alert.mutable_target());
    if (Chance(50)) {
      alert.mutable_evidence()->mutable_port_scan()->set_transport(
          static_cast<v1::Transport>(dice_() % 4));
    } else {
      alert.mutable_evidence()->mutable_dns_tunnel();
    }
    record.set_source_id(Any({"live", "replay-1"}));
    return record;
  }
  v1::Selector RandomSelector() {
    v1::Selector s;
    if (Chance(30)) s.set_min_severity(static_cast<v1::Severity>(dice_() % 5));
    if (Chance(30)) s.add_rules(Any({"port_scan", "syn_flood"}));
    while (Chance(40)) s.add_addresses(CidrText());
    while (Chance(25)) s.add_sources(CidrText());
    while (Chance(25)) s.add_targets(CidrText());
    while (Chance(30)) s.add_ports(dice_() % 4);
    while (Chance(30)) s.add_protocols(Any({"tcp", "udp", "dns", "icmp"}));
    while (Chance(40)) s.add_source_ids(Any({"live", "replay-1", "none"}));
    if (Chance(20)) s.set_unacknowledged(true);
    return s;
  }

  std::mt19937 dice_{20260517};
};

// The matcher alone decides what a list gives: the SQL never hides a match.
TEST_F(PreFilterTest, ListGivesExactlyWhatTheMatcherSays) {
  Boot();
  std::vector<v1::Record> alerts, flows;
  for (uint64_t id = 1; id <= 400; ++id) {
    flows.push_back(RandomFlow(id));
    Accept(flows.back());
    alerts.push_back(RandomAlert(id));
    Accept(alerts.back());
  }
  ASSERT_TRUE(Settle());
  size_t found = 0;
  for (int round = 0; round < 1500; ++round) {
    const bool alert = round % 2 == 0;
    StoreQuery query = Query(alert ? kAlert : kFlow);
    query.selector = RandomSelector();
    query.limit = 1000;
    auto matcher = SelectorMatcher::Compile(query.selector);
    ASSERT_OK(matcher.status());
    size_t expected = 0;
    for (const v1::Record& record : alert ? alerts : flows) {
      expected += (*matcher)->Matches(record);
    }
    EXPECT_EQ(ListAll(query).size(), expected)
        << query.selector.ShortDebugString();
    found += expected;
  }
  EXPECT_GT(found, 10000u);
}

}  // namespace
}  // namespace tapline::testing
