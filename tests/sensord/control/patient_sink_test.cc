#include "sensord/control/patient_sink.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "sensord/journal/journal.h"

namespace tapline {
namespace {

TEST(PatientSinkTest, ABatchLargerThanTheRingsWaitsInParts) {
  constexpr size_t kFlows = 1000;
  v1::RingConfig rings;
  for (auto set : {&v1::RingConfig::set_alerts, &v1::RingConfig::set_flows,
                   &v1::RingConfig::set_events, &v1::RingConfig::set_stats}) {
    (rings.*set)(16);
  }
  const RealClock clock;
  const auto journal = Journal::Create(rings, 1, clock);
  PatientSink sink(*journal);
  std::vector<v1::Record> records(kFlows);
  std::vector<v1::Record*> pointers;
  for (v1::Record& record : records) {
    record.mutable_flow()->set_id("1");
    pointers.push_back(&record);
  }
  std::thread source([&] {
    sink.Accept(pointers);
    journal->Close();
  });
  size_t taken = 0;
  for (;;) {
    const auto entries =
        journal->TakeOthers(journal->room_records(), absl::Seconds(30));
    if (entries.empty()) break;
    taken += entries.size();
    journal->MarkStored(entries);
  }
  source.join();
  EXPECT_EQ(taken, kFlows);
  EXPECT_TRUE(journal->TakeLost().empty());
}

TEST(PatientSinkTest, ADiskThatDoesNothingHoldsUpNobodyInAHurry) {
  const RealClock clock;
  const auto journal = Journal::Create(v1::RingConfig(), 1, clock);
  PatientSink sink(*journal);
  v1::Record record;
  record.mutable_flow()->set_id("1");
  v1::Record* pointer = &record;
  sink.Accept({&pointer, 1});
  EXPECT_FALSE(sink.AwaitStored(absl::ZeroDuration()));
  std::thread stop([&sink] { sink.HurryUp(); });
  EXPECT_FALSE(sink.AwaitStored(absl::Hours(1)));
  stop.join();
  journal->MarkStored(journal->TakeOthers(1, absl::ZeroDuration()));
  EXPECT_TRUE(sink.AwaitStored(absl::ZeroDuration()));
}

}  // namespace
}  // namespace tapline
