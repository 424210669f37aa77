// Prints what the store takes: flows a second through journal and disk, and how
// long an alert takes to be committed while flows keep coming.
//   store_rate DIRECTORY [flows]

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/net/ip_address.h"
#include "google/protobuf/arena.h"
#include "sensord/journal/journal.h"
#include "sensord/journal/record_builder.h"
#include "sensord/store/store.h"

namespace {

using tapline::FlowSummary;
using tapline::IpAddress;
using tapline::Journal;
using tapline::JournalEntryPtr;
using tapline::Store;
namespace v1 = tapline::v1;
using SteadyClock = std::chrono::steady_clock;

double Seconds(SteadyClock::time_point since) {
  return std::chrono::duration<double>(SteadyClock::now() - since).count();
}

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec +
                                    usage.ru_stime.tv_usec);
}

FlowSummary FlowOf(uint64_t i) {
  const uint64_t r = i * 6364136223846793005u + 1442695040888963407u;
  FlowSummary flow;
  flow.id = r;
  flow.originator = IpAddress::FromV4(static_cast<uint32_t>(r >> 32));
  flow.responder = IpAddress::FromV4(static_cast<uint32_t>(r >> 16));
  flow.originator_port = static_cast<uint16_t>(r >> 40);
  flow.responder_port = 443;
  flow.ip_protocol = 6;
  flow.ip_version = 4;
  flow.protocol = 3;
  flow.end = tapline::FlowEnd::kFin;
  flow.start = 1'700'000'000'000'000'000;
  flow.last = flow.start + static_cast<int64_t>(i);
  flow.from_originator = {10, 1000, 900, 800, 0, 0, 0, 27};
  flow.from_responder = {10, 9000, 8900, 8800, 0, 0, 0, 27};
  return flow;
}

// Batches of 256 records as fast as the journal can keep them.
void FeedFlows(Journal& journal, const tapline::RecordBuilder& builder,
               uint64_t flows, double* accept_seconds) {
  std::vector<v1::Record> records(256);
  std::vector<v1::Record*> pointers;
  for (v1::Record& record : records) pointers.push_back(&record);
  for (uint64_t i = 0; i < flows;) {
    for (v1::Record& record : records) {
      record.Clear();
      builder.Flow(FlowOf(i++), record);
    }
    const auto begin = SteadyClock::now();
    journal.Accept(pointers);
    *accept_seconds += Seconds(begin);
    while (journal.Loss()[1].in_flight() > 50000) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }
}

void PrintAlertLatency(Journal& journal, int count, const char* name) {
  std::vector<double> milliseconds;
  std::atomic<uint64_t> wakes{0};
  const uint64_t handle =
      journal.Subscribe(v1::RECORD_KIND_ALERT, [&] { wakes.fetch_add(1); });
  for (int i = 0; i < count; ++i) {
    v1::Record alert;
    alert.mutable_alert()->set_id(
        absl::StrFormat("%08x%08x", wakes.load(), rand()));
    alert.mutable_alert()->set_rule("port_scan");
    v1::Record* pointer = &alert;
    const uint64_t sequence = journal.next_sequence(v1::RECORD_KIND_ALERT);
    const auto begin = SteadyClock::now();
    journal.Accept({&pointer, 1});
    while (journal.visible_end(v1::RECORD_KIND_ALERT) <= sequence) {
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
    milliseconds.push_back(Seconds(begin) * 1e3);
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  journal.Unsubscribe(handle);
  std::sort(milliseconds.begin(), milliseconds.end());
  printf("alert commit %s: p50 %.2f ms p99 %.2f ms max %.2f ms (%d)\n", name,
         milliseconds[milliseconds.size() / 2],
         milliseconds[milliseconds.size() * 99 / 100], milliseconds.back(),
         count);
}

void PrintLookups(const Store& store, uint64_t flows) {
  constexpr int kLookups = 200;
  for (const uint64_t flip : {uint64_t{0}, uint64_t{1} << 63}) {
    int found = 0;
    const auto begin = SteadyClock::now();
    for (int i = 0; i < kLookups; ++i) {
      const uint64_t n = static_cast<uint64_t>(i) * (flows / kLookups);
      const std::string id = absl::StrFormat("%016x", FlowOf(n).id ^ flip);
      found += store.Get(v1::RECORD_KIND_FLOW, id, "").ok();
    }
    printf("get flow: %.2f ms each, %d of %d found\n",
           1e3 * Seconds(begin) / kLookups, found, kLookups);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const uint64_t flows = argc > 2 ? strtoull(argv[2], nullptr, 10) : 500000;
  v1::StoreConfig config;
  config.set_directory(argv[1]);
  config.set_batch(argc > 3 ? static_cast<uint32_t>(atoi(argv[3])) : 1000);
  config.mutable_flush_interval()->set_seconds(1);
  config.set_max_mebibytes(1024);
  v1::RingConfig rings;
  rings.set_alerts(16384);
  rings.set_flows(65536);
  tapline::RealClock clock;
  auto store = Store::Open(config, clock);
  if (!store.ok()) {
    fprintf(stderr, "%s\n", store.status().ToString().c_str());
    return 1;
  }
  auto journal = Journal::Create(rings, (*store)->last_epoch() + 1, clock);
  (*store)->StartWriting(*journal);
  const tapline::ContextTable contexts;
  const tapline::RecordBuilder builder(
      {(*store)->sensor_id(), "live", 1, v1::CAPTURE_MODE_METADATA}, contexts,
      {});

  PrintAlertLatency(*journal, 500, "idle");
  const auto begin = SteadyClock::now();
  const double cpu = CpuSeconds();
  double accept_seconds = 0;
  std::thread feeder(
      [&] { FeedFlows(*journal, builder, flows, &accept_seconds); });
  PrintAlertLatency(*journal, 200, "under load");
  feeder.join();
  journal->Close();
  (*store)->StopWriting();
  const double seconds = Seconds(begin);
  printf(
      "flows: %lu in %.2f s, %.0f/s, %.2f us CPU each (building, journal, "
      "store), accept %.0f ns each, stored %lu\n",
      flows, seconds, static_cast<double>(flows) / seconds,
      1e6 * (CpuSeconds() - cpu) / static_cast<double>(flows),
      1e9 * accept_seconds / static_cast<double>(flows),
      (*store)->Status().flows());
  PrintLookups(**store, flows);
  return 0;
}
