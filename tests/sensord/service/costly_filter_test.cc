// Filters that are allowed and cost much: what they may not do to others.

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "harness.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

// As much as a filter may cost: no cache of states helps with such patterns.
std::string CostlyFilter() {
  std::string text = "dns.qry.name == \"never\"";
  for (int i = 0; i < 4; ++i) {
    absl::StrAppend(&text,
                    " or dns.qry.name matches "
                    "\"(a?|[a-z]?|\\\\w?){12}[^.]{20,24}Q",
                    i, "\"");
  }
  return text;
}

v1::Record DnsEvent(uint64_t number, const std::string& name) {
  v1::Record record;
  record.set_source_id("live");
  v1::Event& event = *record.mutable_event();
  event.set_id(absl::StrFormat("%016x", number));
  event.mutable_dns()->set_name(name);
  return record;
}

std::string LongName(uint64_t number) {
  return absl::StrCat("abcdefghijklmnopqrstuvwxyz", number,
                      ".some.quite.long.name.in.the.domain.of.example.com");
}

// Of more answers than steps suffice for.
v1::Record FatEvent(uint64_t number) {
  v1::Record record = DnsEvent(number, "fat.example.com");
  for (int i = 0; i < 1000; ++i) {
    record.mutable_event()->mutable_dns()->add_answers()->set_name(
        LongName(number));
  }
  return record;
}

class CostlyFilterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(Filter::Compile(CostlyFilter(), {}).status());
    ASSERT_OK(server_.Start());
  }
  // Of a new connection.
  std::unique_ptr<v1::HistoryService::Stub> History() {
    return v1::HistoryService::NewStub(server_.Connect());
  }

  static constexpr uint32_t kRing = 20'000;
  Bench bench_{kRing};
  TestServer server_{bench_};
};

TEST_F(CostlyFilterTest, ManyCostlyListsKeepNobodyWaiting) {
  constexpr int kLists = 16;
  for (uint64_t i = 0; i < 2000; ++i) bench_.Add(DnsEvent(i, LongName(i)));
  std::atomic<int> done{0};
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::thread> lists;
  for (int i = 0; i < kLists; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    lists.emplace_back([&, context = contexts.back().get()] {
      v1::ListEventsRequest request;
      request.set_filter(CostlyFilter());
      v1::ListEventsResponse response;
      History()->ListEvents(context, request, &response);
      ++done;
    });
  }
  const auto channel = server_.Connect();
  const auto sensor = v1::SensorService::NewStub(channel);
  const auto history = v1::HistoryService::NewStub(channel);
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext status_context;
    SetDeadline(status_context);
    v1::GetStatusResponse status;
    EXPECT_TRUE(sensor->GetStatus(&status_context, {}, &status).ok());
    grpc::ClientContext list_context;
    SetDeadline(list_context);
    v1::ListEventsRequest request;
    request.set_filter(
        "dns.qry.name startswith \"abcdefghijklmnopqrstuvwxyz7\"");
    v1::ListEventsResponse listed;
    EXPECT_TRUE(history->ListEvents(&list_context, request, &listed).ok());
    EXPECT_EQ(listed.records_size(), 100);
  }
  // One after another, most of the costly ones would have had to end first.
  EXPECT_LT(done.load(), kLists / 2);
  for (auto& context : contexts) context->TryCancel();
  for (std::thread& list : lists) list.join();
}

TEST_F(CostlyFilterTest, TheWorkOfACallEndsWhenItsClientGoesAway) {
  std::promise<void> began;
  std::promise<absl::Status> ended;
  bench_.store_.SetListHook([&] {
    began.set_value();
    absl::Status status;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(9);
    while (status.ok() && std::chrono::steady_clock::now() < end) {
      status = WorkGoesOn();
    }
    ended.set_value(status);
  });
  grpc::ClientContext context;
  std::thread call([&] {
    v1::ListEventsResponse response;
    History()->ListEvents(&context, {}, &response);
  });
  began.get_future().wait();
  context.TryCancel();
  call.join();
  EXPECT_EQ(ended.get_future().get().code(), absl::StatusCode::kCancelled);
}

TEST_F(CostlyFilterTest, AnotherWatchMissesNothingAndDoesNotWait) {
  const auto watch = [this](grpc::ClientContext& context,
                            const std::string& filter) {
    v1::WatchEventsRequest request;
    request.set_filter(filter);
    request.mutable_range()->set_follow(true);
    auto stub = v1::ObserveService::NewStub(server_.Connect());
    SetDeadline(context, 60);
    return stub->WatchEvents(&context, request);
  };
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::WatchEventsResponse>>>
      costly;
  v1::WatchEventsResponse response;
  for (int i = 0; i < 4; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    costly.push_back(watch(*contexts.back(), CostlyFilter()));
    // Until it is live.
    ASSERT_TRUE(costly.back()->Read(&response));
  }
  grpc::ClientContext context;
  const auto reader = watch(context, "dns.qry.name startswith \"probe\"");
  ASSERT_TRUE(reader->Read(&response));
  // Each costly watch needs a second and more for these.
  constexpr uint64_t kRounds = 20;
  for (uint64_t round = 0; round < kRounds; ++round) {
    for (uint64_t i = 0; i < 200; ++i) bench_.Add(DnsEvent(i, LongName(i)));
    bench_.Add(DnsEvent(round, absl::StrCat("probe", round)));
    do {
      ASSERT_TRUE(reader->Read(&response));
      EXPECT_FALSE(response.has_gap());
    } while (!response.has_record());
    EXPECT_EQ(response.record().event().dns().name(),
              absl::StrCat("probe", round));
  }
  for (auto& one : contexts) one->TryCancel();
  for (auto& one : costly) one->Finish();
  context.TryCancel();
  reader->Finish();
}

TEST_F(CostlyFilterTest, ARecordThatCannotBeJudgedEndsListsAndWatches) {
  bench_.Add(DnsEvent(1, "never"));
  bench_.Add(FatEvent(2));
  bench_.Add(DnsEvent(3, "never"));
  const std::string filter =
      "dns.qry.name == \"never\" or dns.resp.name === dns.resp.name";
  grpc::ClientContext list_context;
  v1::ListEventsRequest list;
  list.set_filter(filter);
  v1::ListEventsResponse listed;
  const grpc::Status status =
      History()->ListEvents(&list_context, list, &listed);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(InfoOf(status).reason(), "FILTER_TOO_COSTLY");

  // What came before it is given.
  v1::WatchEventsRequest request;
  request.set_filter(filter);
  request.mutable_range()->set_follow(true);
  grpc::ClientContext context;
  SetDeadline(context);
  const auto stub = v1::ObserveService::NewStub(server_.Connect());
  const auto reader = stub->WatchEvents(&context, request);
  v1::WatchEventsResponse response;
  ASSERT_TRUE(reader->Read(&response));
  bench_.Add(DnsEvent(4, "never"));
  bench_.Add(FatEvent(5));
  bench_.Add(DnsEvent(6, "never"));
  std::vector<uint64_t> given;
  do {
    if (response.has_record()) given.push_back(response.record().sequence());
  } while (reader->Read(&response));
  EXPECT_EQ(given, std::vector<uint64_t>{4});
  EXPECT_EQ(InfoOf(reader->Finish()).reason(), "FILTER_TOO_COSTLY");
}

}  // namespace
}  // namespace tapline::testing
