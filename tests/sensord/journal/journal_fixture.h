// A journal with small rings.

#ifndef TAPLINE_TESTS_SENSORD_JOURNAL_JOURNAL_FIXTURE_H_
#define TAPLINE_TESTS_SENSORD_JOURNAL_JOURNAL_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sensord/journal/journal.h"
#include "tests/support/rings.h"

namespace tapline::testing {

constexpr auto kAlert = v1::RECORD_KIND_ALERT;
constexpr auto kFlow = v1::RECORD_KIND_FLOW;
constexpr auto kEvent = v1::RECORD_KIND_EVENT;
constexpr auto kPacket = v1::RECORD_KIND_PACKET;

inline v1::Record RecordOf(v1::RecordKind kind, const std::string& id) {
  v1::Record record;
  if (kind == kAlert) record.mutable_alert()->set_id(id);
  if (kind == kFlow) record.mutable_flow()->set_id(id);
  if (kind == kEvent) record.mutable_event()->set_id(id);
  if (kind == kPacket) record.mutable_packet()->set_flow_id(id);
  return record;
}

class JournalFixture : public ::testing::Test {
 protected:
  void Accept(v1::RecordKind kind, int count) {
    for (int i = 0; i < count; ++i) {
      v1::Record record = RecordOf(kind, std::to_string(++made_));
      v1::Record* pointer = &record;
      journal_->Accept({&pointer, 1});
    }
  }
  std::vector<JournalEntryPtr> TakeAll() {
    return journal_->TakeUnstored(100000, absl::ZeroDuration());
  }
  v1::StageLoss Loss(const std::string& item) {
    for (const v1::StageLoss& loss : journal_->Loss()) {
      if (loss.item() == item) return loss;
    }
    return {};
  }

  FakeClock clock_{absl::FromUnixSeconds(1'000'000)};
  std::unique_ptr<Journal> journal_ = Journal::Create(Rings(16), 7, clock_);
  int made_ = 0;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_JOURNAL_JOURNAL_FIXTURE_H_
