#include <future>
#include <thread>

#include "harness.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

using AlertReader = grpc::ClientReader<v1::WatchAlertsResponse>;

class WatchServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(server_.Start());
    stub_ = v1::ObserveService::NewStub(server_.Connect());
  }

  // Reads until a record comes; its alert id, or "" at the end.
  static std::string NextAlert(AlertReader& reader) {
    v1::WatchAlertsResponse response;
    while (reader.Read(&response)) {
      if (response.has_record()) return response.record().alert().id();
    }
    return "";
  }

  static v1::Checkpoint NextCheckpoint(AlertReader& reader) {
    v1::WatchAlertsResponse response;
    while (reader.Read(&response)) {
      if (response.has_checkpoint()) return response.checkpoint();
    }
    return {};
  }

  v1::WatchAlertsRequest Follow() {
    v1::WatchAlertsRequest request;
    request.mutable_range()->set_follow(true);
    return request;
  }

  Bench bench_;
  TestServer server_{bench_};
  std::unique_ptr<v1::ObserveService::Stub> stub_;
};

TEST_F(WatchServiceTest, AlertRaisedAfterTheLiveCheckpointArrives) {
  grpc::ClientContext context;
  SetDeadline(context);
  auto reader = stub_->WatchAlerts(&context, Follow());
  EXPECT_TRUE(NextCheckpoint(*reader).live());
  bench_.Add(AlertRecord("00000000000000a1"));
  EXPECT_EQ(NextAlert(*reader), "00000000000000a1");
}

TEST_F(WatchServiceTest, CursorResumesAfterWhatWasDelivered) {
  grpc::ClientContext first_context;
  SetDeadline(first_context);
  auto first = stub_->WatchAlerts(&first_context, Follow());
  NextCheckpoint(*first);
  bench_.Add(AlertRecord("00000000000000a1"));
  ASSERT_EQ(NextAlert(*first), "00000000000000a1");
  v1::Checkpoint checkpoint = NextCheckpoint(*first);
  first_context.TryCancel();
  bench_.Add(AlertRecord("00000000000000a2"));
  v1::WatchAlertsRequest request = Follow();
  request.mutable_range()->set_cursor(checkpoint.cursor());
  grpc::ClientContext second_context;
  SetDeadline(second_context);
  auto second = stub_->WatchAlerts(&second_context, request);
  EXPECT_EQ(NextAlert(*second), "00000000000000a2");
}

TEST_F(WatchServiceTest, WatchThatDoesNotFollowEndsAfterTheHistory) {
  bench_.Add(AlertRecord("00000000000000a1"));
  bench_.Add(AlertRecord("00000000000000a2"));
  v1::WatchAlertsRequest request;
  request.mutable_range()->set_last(1);
  grpc::ClientContext context;
  SetDeadline(context);
  auto reader = stub_->WatchAlerts(&context, request);
  EXPECT_EQ(NextAlert(*reader), "00000000000000a2");
  EXPECT_EQ(NextAlert(*reader), "");
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(WatchServiceTest, CombinationsThatContradictAreRefused) {
  std::vector<v1::WatchRange> ranges(3);
  ranges[0].set_cursor("x");
  ranges[0].set_last(1);
  ranges[1].set_follow(true);
  ranges[1].mutable_range()->mutable_until()->set_seconds(1);
  ranges[2].set_last(10001);
  for (const v1::WatchRange& range : ranges) {
    v1::WatchAlertsRequest request;
    *request.mutable_range() = range;
    grpc::ClientContext context;
    auto reader = stub_->WatchAlerts(&context, request);
    v1::WatchAlertsResponse response;
    EXPECT_FALSE(reader->Read(&response));
    grpc::Status status = reader->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(InfoOf(status).reason(), "RANGE_INVALID");
  }
}

TEST_F(WatchServiceTest, StreamBeyondTheLimitIsRefusedWithin100Milliseconds) {
  v1::Config config = ServiceConfig(server_.socket());
  config.mutable_listen()->set_max_streams_per_uid(3);
  server_.policy().Set(config);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<AlertReader>> readers;
  for (int i = 0; i < 3; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    readers.push_back(stub_->WatchAlerts(contexts.back().get(), Follow()));
    NextCheckpoint(*readers.back());
  }
  auto begin = std::chrono::steady_clock::now();
  grpc::ClientContext context;
  auto reader = stub_->WatchAlerts(&context, Follow());
  v1::WatchAlertsResponse response;
  EXPECT_FALSE(reader->Read(&response));
  grpc::Status status = reader->Finish();
  auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(InfoOf(status).reason(), "TOO_MANY_STREAMS");
  EXPECT_LT(took, std::chrono::milliseconds(100));
  bench_.Add(AlertRecord("00000000000000a1"));
  for (auto& open : readers) EXPECT_EQ(NextAlert(*open), "00000000000000a1");
  for (auto& open : contexts) open->TryCancel();
  for (auto& open : readers) open->Finish();
}

TEST_F(WatchServiceTest, StopEndsStreamsWithACheckpointAndAReason) {
  grpc::ClientContext context;
  auto reader = stub_->WatchAlerts(&context, Follow());
  NextCheckpoint(*reader);
  bench_.Add(AlertRecord("00000000000000a1"));
  ASSERT_EQ(NextAlert(*reader), "00000000000000a1");
  auto begin = std::chrono::steady_clock::now();
  std::thread stopper(
      [this] { server_.server().Stop(absl::Now() + absl::Seconds(3)); });
  v1::WatchAlertsResponse response;
  v1::Checkpoint last;
  while (reader->Read(&response)) {
    if (response.has_checkpoint()) last = response.checkpoint();
  }
  grpc::Status status = reader->Finish();
  stopper.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(InfoOf(status).reason(), "SHUTTING_DOWN");
  EXPECT_EQ(last.sequence(), 1u);
}

TEST_F(WatchServiceTest, ReaderThatStallsIsClosedAndTheServerStopsInTime) {
  v1::Config config = ServiceConfig(server_.socket());
  auto& stall_timeout = *config.mutable_listen()->mutable_stall_timeout();
  stall_timeout.set_seconds(0);
  stall_timeout.set_nanos(200'000'000);
  server_.policy().Set(config);
  grpc::ClientContext context;
  v1::WatchFlowsRequest request;
  request.mutable_range()->set_follow(true);
  auto reader = stub_->WatchFlows(&context, request);
  v1::WatchFlowsResponse response;
  ASSERT_TRUE(reader->Read(&response));
  // Far more than socket and HTTP/2 windows hold.
  v1::Record record = FlowRecord(1);
  record.mutable_flow()->mutable_application()->set_host(
      std::string(60000, 'x'));
  for (int i = 0; i < 400; ++i) bench_.Add(record);
  auto sensor = v1::SensorService::NewStub(server_.Connect());
  uint32_t subscribers = 1;
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (subscribers > 0 && std::chrono::steady_clock::now() < deadline) {
    grpc::ClientContext status_context;
    v1::GetStatusResponse status;
    ASSERT_TRUE(sensor->GetStatus(&status_context, {}, &status).ok());
    subscribers = status.subscribers();
  }
  EXPECT_EQ(subscribers, 0u);
  while (reader->Read(&response)) {
  }
  EXPECT_FALSE(reader->Finish().ok());
}

TEST_F(WatchServiceTest, SlowReadersDeliveredAndGapsAddUpToWhatWasPublished) {
  v1::Config config = ServiceConfig(server_.socket());
  config.mutable_listen()->set_subscriber_queue(64);
  server_.policy().Set(config);
  grpc::ClientContext context;
  SetDeadline(context, 60);
  v1::WatchFlowsRequest request;
  request.mutable_range()->set_follow(true);
  auto reader = stub_->WatchFlows(&context, request);
  v1::WatchFlowsResponse response;
  ASSERT_TRUE(reader->Read(&response));
  v1::Record record = FlowRecord(1);
  record.mutable_flow()->mutable_application()->set_host(
      std::string(20000, 'x'));
  constexpr uint64_t kPublished = 900;
  for (uint64_t i = 0; i < kPublished; ++i) bench_.Add(record);
  uint64_t delivered = 0;
  uint64_t missed = 0;
  uint64_t gaps = 0;
  uint64_t next = 1;
  while (next <= kPublished && reader->Read(&response)) {
    if (response.has_record()) {
      EXPECT_EQ(response.record().sequence(), next);
      next = response.record().sequence() + 1;
      ++delivered;
    } else if (response.has_gap()) {
      EXPECT_EQ(response.gap().first_sequence(), next);
      EXPECT_EQ(response.gap().reason(), "slow_reader");
      next = response.gap().last_sequence() + 1;
      missed += response.gap().count();
      ++gaps;
    }
  }
  EXPECT_EQ(delivered + missed, kPublished);
  EXPECT_GT(missed, 0u);
  // What the client's windows took in between makes several of them.
  EXPECT_GE(gaps, 1u);
  context.TryCancel();
}

}  // namespace
}  // namespace tapline::testing
