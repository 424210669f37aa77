// Lists with a filter, over real SQLite.

#include <map>

#include "common/schema/record_kind.h"
#include "common/sync/work.h"
#include "sensord/store/filter_sql.h"
#include "tests/sensord/store/store_fixture.h"
#include "tests/support/random_filters.h"

namespace tapline::testing {
namespace {

constexpr v1::RecordKind kKinds[] = {
    v1::RECORD_KIND_ALERT, v1::RECORD_KIND_FLOW, v1::RECORD_KIND_EVENT,
    v1::RECORD_KIND_STATS};

FilterPtr Compiled(absl::string_view text) {
  auto filter = Filter::Compile(text, {});
  EXPECT_OK(filter.status()) << text;
  return filter.ok() ? *std::move(filter) : nullptr;
}

class StoreFilterTest : public StoreFixture {
 protected:
  std::vector<v1::Record> ListWith(v1::RecordKind kind, const Filter* filter) {
    StoreQuery query = Query(kind);
    query.limit = 1000;
    query.filter = filter;
    return ListAll(query);
  }
};

TEST_F(StoreFilterTest, AListGivesWhatSelectorAndFilterBothTake) {
  Boot();
  for (uint64_t id = 1; id <= 20; ++id) {
    v1::Record record = FlowRecord(id);
    record.mutable_flow()->mutable_responder()->set_port(id % 2 ? 443 : 80);
    record.mutable_flow()->mutable_from_originator()->set_packets(id);
    Accept(record);
  }
  ASSERT_TRUE(Settle());
  const FilterPtr filter =
      Compiled("flow.from_originator.packets > 10 and tcp.port != 22");
  EXPECT_EQ(ListWith(v1::RECORD_KIND_FLOW, filter.get()).size(), 10u);
  StoreQuery query = Query(v1::RECORD_KIND_FLOW);
  query.filter = filter.get();
  query.selector.add_ports(443);
  EXPECT_EQ(ListAll(query).size(), 5u);
  query.limit = 2;
  EXPECT_EQ(ListAll(query).size(), 5u) << "page by page";
}

TEST_F(StoreFilterTest, AnAlertIsJudgedAsItIsShown) {
  Boot();
  Accept(AlertRecord(1, 1));
  Accept(AlertRecord(1, 2));
  ASSERT_TRUE(Settle());
  ASSERT_OK(store_->Acknowledge("0000000000000001", "live", "ann", "seen"));
  for (const char* text :
       {"alert.revision == 2", "ack", "alert.note == \"seen\"",
        "received_at > 2023-01-01 and epoch == 1"}) {
    EXPECT_EQ(ListWith(v1::RECORD_KIND_ALERT, Compiled(text).get()).size(), 1u)
        << text;
  }
  EXPECT_EQ(ListWith(v1::RECORD_KIND_ALERT, Compiled("not ack").get()).size(),
            0u);
  // Who gets updates from the stream is given the first revision here, though
  // the columns are the second's.
  StoreQuery query = Query(v1::RECORD_KIND_ALERT);
  query.as_of_epoch = journal_->epoch();
  query.as_of_sequence = 2;
  query.updates_follow = true;
  const FilterPtr first = Compiled("alert.revision == 1 and ip.src");
  query.filter = first.get();
  EXPECT_EQ(ListAll(query).size(), 1u);
}

TEST_F(StoreFilterTest, APageWithoutTimeStillGoesOn) {
  Boot();
  AcceptFlows(1, 10);
  ASSERT_TRUE(Settle());
  StoreQuery query = Query(v1::RECORD_KIND_FLOW);
  query.time = absl::ZeroDuration();
  const auto page = store_->List(query);
  ASSERT_OK(page.status());
  EXPECT_EQ(page->records.size(), 1u);
  EXPECT_EQ(ListAll(query).size(), 10u);
}

TEST_F(StoreFilterTest, AListEndsWhenNobodyWantsItsResult) {
  class Gone final : public Work {
    absl::Status GoesOn() override { return absl::CancelledError("gone"); }
  } gone;
  Boot();
  AcceptFlows(1, 10);
  ASSERT_TRUE(Settle());
  const WorkScope scope(gone);
  EXPECT_EQ(store_->List(Query(v1::RECORD_KIND_FLOW)).status(),
            absl::CancelledError("gone"));
}

TEST_F(StoreFilterTest, APageEndsBeforeARecordThatCannotBeJudged) {
  Boot();
  for (uint64_t id = 1; id <= 3; ++id) {
    v1::Record record;
    record.set_source_id("live");
    record.mutable_event()->set_id(absl::StrFormat("%016x", id));
    v1::Dns& dns = *record.mutable_event()->mutable_dns();
    dns.set_name("a.example.com");
    // The second costs more than a record may.
    for (int i = 0; id == 2 && i < 1000; ++i) {
      dns.add_answers()->set_name(std::string(60, 'a'));
    }
    Accept(record);
  }
  ASSERT_TRUE(Settle());
  const FilterPtr filter =
      Compiled("dns.resp.name === dns.resp.name or not count(dns.resp.name)");
  StoreQuery query = Query(v1::RECORD_KIND_EVENT);
  query.order_by = "received_at";
  query.filter = filter.get();
  const auto page = store_->List(query);
  ASSERT_OK(page.status());
  ASSERT_EQ(page->records.size(), 1u);
  EXPECT_EQ(page->records[0].event().id(), "0000000000000001");
  query.position = page->next_position;
  EXPECT_TRUE(IsTooCostly(store_->List(query).status()));
}

TEST(FilterSqlTest, ConditionsNarrowByColumnsAndAreNeverUnknown) {
  const auto sql = [](absl::string_view text, v1::RecordKind kind) {
    return FilterSql(Compiled(text)->BoundOf(kind)).where;
  };
  EXPECT_EQ(sql("tcp.dstport == 443", v1::RECORD_KIND_FLOW),
            "(ifnull(b_port BETWEEN ? AND ?,0) AND ((protocol IN(?)) OR "
            "(transport BETWEEN ? AND ?)))");
  EXPECT_EQ(sql("not ip.src == 10.0.0.0/8", v1::RECORD_KIND_FLOW),
            "NOT(ifnull((length(a)=? AND a BETWEEN ? AND ?),0))");
  EXPECT_EQ(sql("dns.rcode == 3", v1::RECORD_KIND_EVENT), "protocol=?");
  EXPECT_EQ(sql("dns.rcode == 3", v1::RECORD_KIND_FLOW), "0");
  EXPECT_EQ(
      sql("severity >= high and rule == syn_flood", v1::RECORD_KIND_ALERT),
      "((severity BETWEEN ? AND ?) AND (rule IN(?)))");
}

// What a list gives is what the matcher takes of all there is, for any filter:
// the SQL never loses a record.
TEST_F(StoreFilterTest, RandomFiltersOverRandomRecordsLoseNothing) {
  Boot();
  RandomRecords dice(20260801);
  std::vector<v1::Record> made;
  for (uint64_t id = 1; id <= 150; ++id) {
    for (const v1::RecordKind kind : kKinds) {
      made.push_back(dice.Make(kind, id << 40 | id));
      Accept(made.back());
    }
  }
  ASSERT_TRUE(Settle());
  std::map<v1::RecordKind, std::vector<v1::Record>> stored;
  for (const v1::RecordKind kind : kKinds) {
    stored[kind] = ListWith(kind, nullptr);
    ASSERT_EQ(stored[kind].size(), 150u);
  }
  RandomFilters filters(dice, made);
  size_t taken = 0, narrowed = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::string text = filters.Make();
    const FilterPtr filter = Compiled(text);
    ASSERT_NE(filter, nullptr);
    const v1::RecordKind kind = kKinds[round % 4];
    size_t expected = 0;
    for (const v1::Record& record : stored[kind]) {
      expected += filter->Matches(record);
    }
    ASSERT_EQ(ListWith(kind, filter.get()).size(), expected)
        << v1::RecordKind_Name(kind) << ": " << text << "\n"
        << BoundText(filter->BoundOf(kind));
    taken += expected;
    narrowed += !filter->BoundOf(kind).is_true() && expected > 0;
  }
  // The dice met: neither all nor nothing.
  EXPECT_GT(taken, 50'000u);
  EXPECT_LT(taken, 250'000u);
  EXPECT_GT(narrowed, 100u);
}

}  // namespace
}  // namespace tapline::testing
