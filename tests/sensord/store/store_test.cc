#include "sensord/store/store.h"

#include "tests/sensord/store/store_fixture.h"

namespace tapline::testing {
namespace {

constexpr auto kAlert = v1::RECORD_KIND_ALERT;
constexpr auto kFlow = v1::RECORD_KIND_FLOW;
constexpr auto kEvent = v1::RECORD_KIND_EVENT;

class StoreTest : public StoreFixture {};

TEST_F(StoreTest, RecordsAreThereAfterARestart) {
  Boot();
  Accept(AlertRecord(1));
  AcceptFlows(1, 10);
  Reboot();
  EXPECT_EQ(ListAll(Query(kAlert)).size(), 1u);
  EXPECT_EQ(ListAll(Query(kFlow)).size(), 10u);
  EXPECT_EQ(store_->Status().flows(), 10u);
  EXPECT_EQ(store_->Status().alerts(), 1u);
}

TEST_F(StoreTest, WhoAwaitsTheStoreListsEverythingAtOnce) {
  config_.mutable_flush_interval()->set_seconds(3600);
  Boot();
  Accept(AlertRecord(1));
  AcceptFlows(1, 1500);
  ASSERT_TRUE(journal_->AwaitStored(absl::Seconds(30)));
  EXPECT_EQ(ListAll(Query(kAlert)).size(), 1u);
  EXPECT_EQ(ListAll(Query(kFlow)).size(), 1500u);
  AcceptFlows(2001, 2001);
  ASSERT_TRUE(journal_->AwaitStored(absl::Seconds(30)));
  EXPECT_EQ(ListAll(Query(kFlow)).size(), 1501u);
}

TEST_F(StoreTest, StoredRecordEqualsTheJournalledOne) {
  Boot();
  Accept(FlowRecord(0xabc));
  ASSERT_TRUE(Settle());
  const auto read = journal_->Read(kFlow, 1, 1);
  const auto got = store_->Get(kFlow, "0000000000000abc", "");
  ASSERT_OK(got.status());
  EXPECT_EQ(got->SerializeAsString(),
            read.entries.at(0)->record.SerializeAsString());
}

TEST_F(StoreTest, SensorIdStaysAndEpochGrows) {
  Boot();
  const std::string id = store_->sensor_id();
  const uint64_t epoch = journal_->epoch();
  EXPECT_EQ(id.size(), 32u);
  Reboot();
  EXPECT_EQ(store_->sensor_id(), id);
  EXPECT_EQ(journal_->epoch(), epoch + 1);
}

TEST_F(StoreTest, AlertIsVisibleOnlyOnceItIsOnDisk) {
  Boot();
  Accept(AlertRecord(1));
  ASSERT_TRUE(Eventually([&] { return journal_->visible_end(kAlert) == 2; }));
  EXPECT_OK(store_->Get(kAlert, "0000000000000001", "").status());
}

TEST_F(StoreTest, LaterRevisionReplacesTheAlertInItsPlace) {
  Boot();
  Accept(AlertRecord(1));
  Accept(AlertRecord(2));
  ASSERT_TRUE(Settle());
  clock_.Advance(absl::Seconds(60));
  Accept(AlertRecord(1, 2));
  ASSERT_TRUE(Settle());
  const auto all = ListAll(Query(kAlert));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].alert().id(), "0000000000000001");
  EXPECT_EQ(all[1].alert().count(), 20u);
  EXPECT_EQ(all[1].sequence(), 3u);
  EXPECT_EQ(all[1].received_at().seconds(), 1'700'000'000);
}

TEST_F(StoreTest, AcknowledgementSurvivesLaterRevisionsAndKeepsItsFirstUser) {
  Boot();
  Accept(AlertRecord(1));
  ASSERT_TRUE(Settle());
  EXPECT_EQ(store_->unacknowledged_alerts(), 1u);
  ASSERT_OK(
      store_->Acknowledge("0000000000000001", "", "anna", "seen").status());
  clock_.Advance(absl::Seconds(5));
  ASSERT_OK(
      store_->Acknowledge("0000000000000001", "", "ben", "again").status());
  Accept(AlertRecord(1, 2));
  ASSERT_TRUE(Settle());
  const auto got = store_->Get(kAlert, "0000000000000001", "");
  ASSERT_OK(got.status());
  EXPECT_TRUE(got->alert().acknowledged());
  EXPECT_EQ(got->alert().acknowledged_by(), "anna");
  EXPECT_EQ(got->alert().acknowledged_at().seconds(), 1'700'000'000);
  EXPECT_EQ(got->alert().note(), "again");
  // Without a new note the last one stays.
  ASSERT_OK(store_->Acknowledge("0000000000000001", "", "eve", std::nullopt)
                .status());
  EXPECT_EQ(store_->Get(kAlert, "0000000000000001", "")->alert().note(),
            "again");
  EXPECT_EQ(got->alert().revision(), 2u);
  EXPECT_EQ(store_->unacknowledged_alerts(), 0u);
  StoreQuery open = Query(kAlert);
  open.selector.set_unacknowledged(true);
  EXPECT_TRUE(ListAll(open).empty());
}

TEST_F(StoreTest, AcknowledgingWhatIsNotThereIsNotFound) {
  Boot();
  EXPECT_THAT(store_->Acknowledge("0000000000000001", "", "anna", "").status(),
              StatusIs(absl::StatusCode::kNotFound, "no alerts"));
}

TEST_F(StoreTest, IdIsFoundByUniquePrefix) {
  Boot();
  Accept(AlertRecord(0xabcd000000000001));
  Accept(AlertRecord(0xabce000000000001));
  ASSERT_TRUE(Settle());
  EXPECT_OK(store_->Get(kAlert, "abcd", "").status());
  EXPECT_OK(store_->Get(kAlert, "ABCE00", "").status());
  EXPECT_THAT(store_->Get(kAlert, "abc", "").status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "4 to 16"));
  Accept(AlertRecord(0xabcd000000000002));
  ASSERT_TRUE(Settle());
  EXPECT_THAT(store_->Get(kAlert, "abcd", "").status(),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "live/abcd000000000002, live/abcd000000000001"));
}

TEST_F(StoreTest, AnIdThatSeveralSourcesHaveNeedsTheSource) {
  Boot();
  v1::Record replayed = AlertRecord(0xabcd000000000001);
  replayed.set_source_id("r1");
  replayed.mutable_alert()->set_count(99);
  v1::Record flow = FlowRecord(7), replayed_flow = FlowRecord(7);
  replayed_flow.set_source_id("r1");
  for (const v1::Record& record :
       {AlertRecord(0xabcd000000000001), replayed, flow, replayed_flow}) {
    Accept(record);
  }
  ASSERT_TRUE(Settle());
  const std::string id = "abcd000000000001";
  for (const absl::Status& status :
       {store_->Get(kAlert, id, "").status(),
        store_->Get(kAlert, "abcd", "").status(),
        store_->Acknowledge(id, "", "anna", "").status()}) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition,
                                 "r1/abcd000000000001, live/abcd000000000001"));
    EXPECT_EQ(status.GetPayload(kCandidatesUrl),
              absl::Cord("r1/abcd000000000001,live/abcd000000000001"));
  }
  EXPECT_EQ(store_->Get(kAlert, "abcd", "r1")->alert().count(), 99u);
  EXPECT_EQ(store_->Get(kAlert, "abcd", "live")->alert().count(), 10u);
  EXPECT_THAT(store_->Get(kAlert, "abcd", "r2").status(),
              StatusIs(absl::StatusCode::kNotFound, "of source r2"));
  EXPECT_THAT(store_->Get(kFlow, "0000000000000007", "").status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "r1/"));
  EXPECT_EQ(store_->Get(kFlow, "0000000000000007", "r1")->source_id(), "r1");

  ASSERT_OK(store_->Acknowledge(id, "r1", "anna", "").status());
  EXPECT_TRUE(store_->Get(kAlert, id, "r1")->alert().acknowledged());
  EXPECT_FALSE(store_->Get(kAlert, id, "live")->alert().acknowledged());
}

TEST_F(StoreTest, PagesCoverEverythingOnceWhileRecordsArrive) {
  Boot();
  AcceptFlows(1, 250);
  ASSERT_TRUE(Settle());
  for (const char* order :
       {"received_at desc", "received_at", "observed_at desc", "observed_at"}) {
    StoreQuery query = Query(kFlow);
    query.order_by = order;
    query.limit = 40;
    query.as_of_epoch = journal_->epoch();
    query.as_of_sequence = 251;
    std::set<std::string> seen;
    uint64_t extra = 1000;
    for (;;) {
      auto page = store_->List(query);
      ASSERT_OK(page.status());
      EXPECT_LE(page->records.size(), 40u);
      for (const v1::Record& record : page->records) {
        EXPECT_TRUE(seen.insert(record.flow().id()).second) << order;
      }
      if (page->next_position.empty()) break;
      query.position = page->next_position;
      Accept(FlowRecord(++extra));
      ASSERT_TRUE(Settle());
    }
    EXPECT_EQ(seen.size(), 250u) << order;
  }
}

TEST_F(StoreTest, OrderIsAsAskedFor) {
  Boot();
  AcceptFlows(1, 50);
  ASSERT_TRUE(Settle());
  StoreQuery query = Query(kFlow);
  query.order_by = "observed_at";
  query.limit = 7;
  const auto all = ListAll(query);
  ASSERT_EQ(all.size(), 50u);
  for (size_t i = 1; i < all.size(); ++i) {
    EXPECT_LE(all[i - 1].observed_at().seconds(),
              all[i].observed_at().seconds());
  }
}

TEST_F(StoreTest, PositionOfAnotherRequestIsRefused) {
  Boot();
  AcceptFlows(1, 5);
  ASSERT_TRUE(Settle());
  StoreQuery query = Query(kFlow);
  query.limit = 2;
  auto page = store_->List(query);
  ASSERT_OK(page.status());
  query.position = page->next_position;
  query.selector.add_ports(443);
  EXPECT_THAT(store_->List(query).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "another request"));
  query.position = "garbage";
  EXPECT_THAT(store_->List(query).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "malformed"));
}

TEST_F(StoreTest, TimeRangeIncludesItsBeginAndNotItsEnd) {
  Boot();
  for (int i = 0; i < 3; ++i) {
    Accept(FlowRecord(static_cast<uint64_t>(i) + 1));
    clock_.Advance(absl::Seconds(10));
  }
  ASSERT_TRUE(Settle());
  StoreQuery query = Query(kFlow);
  query.range.mutable_since()->set_seconds(1'700'000'010);
  query.range.mutable_until()->set_seconds(1'700'000'020);
  const auto found = ListAll(query);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].flow().id(), "0000000000000002");
}

TEST_F(StoreTest, ReplayedRecordsAppearOnlyWhenTheirSourceIsNamed) {
  Boot();
  v1::Record replayed = FlowRecord(1);
  replayed.set_source_id("replay-1");
  Accept(replayed);
  Accept(FlowRecord(2));
  ASSERT_TRUE(Settle());
  EXPECT_EQ(ListAll(Query(kFlow)).size(), 1u);
  StoreQuery query = Query(kFlow);
  query.selector.add_source_ids("replay-1");
  EXPECT_EQ(ListAll(query).size(), 1u);
  query.selector.add_source_ids("live");
  EXPECT_EQ(ListAll(query).size(), 2u);
}

TEST_F(StoreTest, MissedSequencesComeBackInOrder) {
  Boot();
  AcceptFlows(1, 20);
  ASSERT_TRUE(Settle());
  const uint64_t epoch = journal_->epoch();
  auto found = store_->ReadSequences(kFlow, epoch, 5, 12, 100);
  ASSERT_OK(found.status());
  ASSERT_EQ(found->size(), 8u);
  EXPECT_EQ(found->front().sequence(), 5u);
  EXPECT_EQ(found->back().sequence(), 12u);
  EXPECT_EQ(store_->ReadSequences(kFlow, epoch, 5, 12, 3)->size(), 3u);
  EXPECT_TRUE(store_->ReadSequences(kFlow, epoch + 1, 1, 9, 9)->empty());
}

TEST_F(StoreTest, MissedAlertComesBackAsRaisedAndAsUpdated) {
  Boot();
  Accept(AlertRecord(1));
  Accept(AlertRecord(2));
  Accept(AlertRecord(1, 2));
  Accept(AlertRecord(1, 3));
  ASSERT_TRUE(Settle());
  auto found = store_->ReadSequences(kAlert, journal_->epoch(), 1, 9, 100);
  ASSERT_OK(found.status());
  std::vector<std::pair<uint64_t, uint32_t>> got;
  for (const v1::Record& record : *found) {
    got.emplace_back(record.sequence(), record.alert().revision());
  }
  EXPECT_EQ(got, (std::vector<std::pair<uint64_t, uint32_t>>{
                     {1, 1}, {2, 1}, {4, 3}}));
}

TEST_F(StoreTest, HistoryAsOfASequenceShowsAlertsInTheirPlace) {
  Boot();
  Accept(AlertRecord(1));
  Accept(AlertRecord(1, 2));
  Accept(AlertRecord(2));
  ASSERT_TRUE(Settle());
  StoreQuery query = Query(kAlert);
  query.as_of_epoch = journal_->epoch();
  query.as_of_sequence = 2;
  for (const bool updates_follow : {false, true}) {
    query.updates_follow = updates_follow;
    const auto found = ListAll(query);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].alert().revision(), updates_follow ? 1u : 2u);
    EXPECT_EQ(found[0].epoch(), journal_->epoch());
    EXPECT_EQ(found[0].sequence(), 1u);
  }
}

TEST_F(StoreTest, EventsAndStatsAreKept) {
  Boot();
  v1::Record event;
  event.mutable_event()->set_id("00000000000000aa");
  event.mutable_event()->mutable_dns()->set_name("example.com");
  Accept(event);
  v1::Record stats;
  stats.mutable_stats()->set_packets(5);
  Accept(stats);
  ASSERT_TRUE(Settle());
  EXPECT_EQ(ListAll(Query(kEvent)).size(), 1u);
  EXPECT_EQ(ListAll(Query(v1::RECORD_KIND_STATS)).size(), 1u);
  EXPECT_THAT(store_->List(Query(v1::RECORD_KIND_PACKET)).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "not stored"));
}

TEST_F(StoreTest, OldRecordsAreForgottenAndTheHoleIsTold) {
  config_.mutable_keep_flows()->set_seconds(60);
  Boot();
  AcceptFlows(1, 10);
  ASSERT_TRUE(Settle());
  clock_.Advance(absl::Seconds(61));
  AcceptFlows(11, 12);
  ASSERT_TRUE(Eventually([&] { return ListAll(Query(kFlow)).size() == 2; }));
  EXPECT_EQ(store_->Status().flows(), 2u);
  const std::vector<v1::Gap> gaps = AllGaps(kFlow);
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].reason(), "retention");
  EXPECT_EQ(gaps[0].count(), 10u);
  EXPECT_EQ(gaps[0].last_sequence(), 10u);
  EXPECT_EQ(gaps[0].available_from().seconds(), 1'700'000'000);
  EXPECT_EQ(store_->SequenceGaps(kFlow, journal_->epoch(), 3, 20)->size(), 1u);
  EXPECT_TRUE(store_->SequenceGaps(kFlow, journal_->epoch(), 11, 20)->empty());
}

TEST_F(StoreTest, FileStaysWithinItsSizeAndKeepsTheNewest) {
  config_.set_max_mebibytes(2);
  Boot();
  for (int round = 0; round < 20; ++round) {
    AcceptFlows(static_cast<uint64_t>(round) * 1000 + 1,
                static_cast<uint64_t>(round) * 1000 + 1000);
    ASSERT_TRUE(Settle());
  }
  ASSERT_TRUE(Eventually([&] { return store_->Status().flows() < 9000; }));
  Reboot();  // checkpoints
  EXPECT_LT(std::filesystem::file_size(directory_ + "/flows.db"), 4u << 20);
  StoreQuery query = Query(kFlow);
  query.limit = 1;
  EXPECT_EQ(store_->List(query)->records.at(0).flow().id(),
            absl::StrFormat("%016x", 20000));
}

TEST_F(StoreTest, FilesArePrivate) {
  Boot();
  namespace fs = std::filesystem;
  for (const char* name : {"alerts.db", "flows.db"}) {
    EXPECT_EQ(fs::status(directory_ + "/" + name).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
  }
}

TEST_F(StoreTest, LedgerOfTheStoreAddsUp) {
  Boot();
  Accept(AlertRecord(1));
  AcceptFlows(1, 5);
  ASSERT_TRUE(Settle());
  uint64_t out = 0;
  for (const v1::StageLoss& loss : store_->Loss()) {
    EXPECT_EQ(loss.stage(), "store");
    EXPECT_EQ(loss.in(), loss.out() + loss.in_flight());
    out += loss.out();
  }
  EXPECT_EQ(out, 6u);
}

}  // namespace
}  // namespace tapline::testing
