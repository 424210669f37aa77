// A store in a directory of its own, and records to put into it.

#ifndef TAPLINE_TESTS_SENSORD_STORE_STORE_FIXTURE_H_
#define TAPLINE_TESTS_SENSORD_STORE_STORE_FIXTURE_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "sensord/journal/journal.h"
#include "sensord/store/store.h"
#include "sensord/store/store_impl.h"
#include "tests/support/log_capture.h"
#include "tests/support/rings.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {

inline v1::Record AlertRecord(uint64_t id, uint32_t revision = 1) {
  v1::Record record;
  v1::Alert& alert = *record.mutable_alert();
  alert.set_id(absl::StrFormat("%016x", id));
  alert.set_rule("port_scan");
  alert.set_severity(v1::SEVERITY_HIGH);
  alert.set_revision(revision);
  alert.set_count(revision * 10);
  alert.mutable_source()->set_address("192.0.2.1");
  alert.mutable_target()->set_address("10.0.0.1");
  record.set_source_id("live");
  record.mutable_observed_at()->set_seconds(500);
  return record;
}

inline v1::Record FlowRecord(uint64_t id) {
  v1::Record record;
  v1::Flow& flow = *record.mutable_flow();
  flow.set_id(absl::StrFormat("%016x", id));
  flow.set_transport(v1::TRANSPORT_TCP);
  flow.mutable_originator()->set_address("192.0.2.1");
  flow.mutable_originator()->set_port(40000);
  flow.mutable_responder()->set_address("198.51.100.7");
  flow.mutable_responder()->set_port(443);
  flow.mutable_application()->set_protocol("tls");
  record.set_source_id("live");
  record.mutable_observed_at()->set_seconds(1000 - static_cast<int>(id % 100));
  return record;
}

class StoreFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "tapline-store-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    config_.set_directory(directory_);
    config_.set_batch(1000);
    config_.mutable_flush_interval()->set_nanos(1'000'000);
    config_.set_max_mebibytes(1024);
  }
  void TearDown() override {
    Shut();
    std::filesystem::remove_all(directory_);
  }

  // A store over `directory_` and a journal of the next epoch that it writes.
  void Boot(uint32_t ring = 100000, FaultHook fault = nullptr) {
    auto store = OpenStore(config_, clock_, std::move(fault), log_.log());
    ASSERT_OK(store.status());
    store_ = *std::move(store);
    journal_ = Journal::Create(Rings(ring), store_->last_epoch() + 1, clock_);
    store_->StartWriting(*journal_);
  }
  // Ends as the daemon does.
  void Shut() {
    if (journal_) journal_->Close();
    if (store_) store_->StopWriting();
    store_ = nullptr;
    journal_ = nullptr;
  }
  void Reboot() {
    Shut();
    Boot();
  }

  void Accept(v1::Record record) {
    v1::Record* pointer = &record;
    journal_->Accept({&pointer, 1});
  }
  void AcceptFlows(uint64_t first, uint64_t last) {
    for (uint64_t id = first; id <= last; ++id) Accept(FlowRecord(id));
  }

  // Waits until nothing of the kind is in flight.
  ::testing::AssertionResult Settle() {
    for (int i = 0; i < 10000; ++i) {
      uint64_t in_flight = 0;
      for (const v1::StageLoss& loss : journal_->Loss()) {
        in_flight += loss.in_flight();
      }
      if (in_flight == 0) return ::testing::AssertionSuccess();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return ::testing::AssertionFailure() << "still in flight after 10 s";
  }
  template <typename Condition>
  ::testing::AssertionResult Eventually(const Condition& condition) {
    for (int i = 0; i < 10000; ++i) {
      if (condition()) return ::testing::AssertionSuccess();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return ::testing::AssertionFailure() << "not within 10 s";
  }

  std::vector<v1::Record> ListAll(StoreQuery query) {
    std::vector<v1::Record> all;
    for (;;) {
      auto page = store_->List(query);
      EXPECT_OK(page.status());
      if (!page.ok()) return all;
      for (v1::Record& record : page->records) all.push_back(record);
      if (page->next_position.empty()) return all;
      query.position = page->next_position;
    }
  }
  // In pages of `limit`, oldest first.
  std::vector<v1::Gap> AllGaps(v1::RecordKind kind, size_t limit = 100) {
    GapQuery query;
    query.kind = kind;
    query.limit = limit;
    std::vector<v1::Gap> all;
    for (;;) {
      auto page = store_->Gaps(query);
      EXPECT_OK(page.status());
      if (!page.ok()) return all;
      all.insert(all.end(), page->gaps.begin(), page->gaps.end());
      if (page->next_position.empty()) return all;
      query.position = page->next_position;
    }
  }
  StoreQuery Query(v1::RecordKind kind) {
    StoreQuery query;
    query.kind = kind;
    return query;
  }

  std::string directory_;
  v1::StoreConfig config_;
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  LogCapture log_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Store> store_;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_STORE_STORE_FIXTURE_H_
