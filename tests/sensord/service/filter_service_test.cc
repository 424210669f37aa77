// Filters of watches and lists, and saved ones, over gRPC.

#include "harness.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

class FilterServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(server_.Start());
    const auto channel = server_.Connect();
    observe_ = v1::ObserveService::NewStub(channel);
    history_ = v1::HistoryService::NewStub(channel);
    policy_ = v1::PolicyService::NewStub(channel);
    for (uint64_t number = 1; number <= 6; ++number) {
      v1::Record record = FlowRecord(number);
      v1::Flow& flow = *record.mutable_flow();
      flow.mutable_originator()->set_address("192.0.2.1");
      flow.mutable_originator()->set_port(40000);
      flow.mutable_responder()->set_address(number % 2 ? "10.0.0.1"
                                                       : "198.51.100.1");
      flow.mutable_responder()->set_port(number % 3 ? 443 : 53);
      bench_.Add(record);
    }
  }

  // Ids of the flows that a list gives, or the error's reason.
  std::vector<std::string> List(const std::string& filter,
                                v1::ListFlowsRequest request = {}) {
    request.set_filter(filter);
    request.set_order_by("received_at");
    grpc::ClientContext context;
    v1::ListFlowsResponse response;
    const grpc::Status status =
        history_->ListFlows(&context, request, &response);
    if (!status.ok()) return {InfoOf(status).reason()};
    std::vector<std::string> ids;
    for (const v1::Record& r : response.records()) ids.push_back(r.flow().id());
    return ids;
  }

  // The same of the history of a watch.
  std::vector<std::string> Watch(const std::string& filter) {
    v1::WatchFlowsRequest request;
    request.set_filter(filter);
    request.mutable_range()->set_last(100);
    grpc::ClientContext context;
    SetDeadline(context);
    auto reader = observe_->WatchFlows(&context, request);
    std::vector<std::string> ids;
    v1::WatchFlowsResponse response;
    while (reader->Read(&response)) {
      if (response.has_record()) ids.push_back(response.record().flow().id());
    }
    const grpc::Status status = reader->Finish();
    if (!status.ok()) return {InfoOf(status).reason()};
    return ids;
  }

  grpc::Status Save(const std::string& name, const std::string& text) {
    v1::SaveFilterRequest request;
    request.mutable_filter()->set_name(name);
    request.mutable_filter()->set_filter(text);
    grpc::ClientContext context;
    v1::SaveFilterResponse response;
    return policy_->SaveFilter(&context, request, &response);
  }

  Bench bench_;
  TestServer server_{bench_};
  std::unique_ptr<v1::ObserveService::Stub> observe_;
  std::unique_ptr<v1::HistoryService::Stub> history_;
  std::unique_ptr<v1::PolicyService::Stub> policy_;
};

using ::testing::ElementsAre;

constexpr char kTwo[] = "0000000000000002";
constexpr char kFour[] = "0000000000000004";
constexpr char kSix[] = "0000000000000006";

TEST_F(FilterServiceTest, ListsAndWatchesTakeTheSame) {
  const char* const outside = "not ip.dst == 10.0.0.0/8";
  EXPECT_THAT(List(outside), ElementsAre(kTwo, kFour, kSix));
  EXPECT_THAT(Watch(outside), ElementsAre(kTwo, kFour, kSix));
  EXPECT_THAT(List("tcp.port == 443 and ip.dst == 198.51.100.1"),
              ElementsAre(kTwo, kFour));
}

TEST_F(FilterServiceTest, SelectorAndFilterMustBothTakeARecord) {
  v1::ListFlowsRequest request;
  request.mutable_selector()->add_ports(443);
  EXPECT_THAT(List("ip.dst == 198.51.100.1", request),
              ElementsAre(kTwo, kFour));
}

TEST_F(FilterServiceTest, AWatchFiltersWhatHappensFromNowOn) {
  v1::WatchFlowsRequest request;
  request.set_filter("tcp.dstport == 77");
  request.mutable_range()->set_follow(true);
  grpc::ClientContext context;
  SetDeadline(context);
  auto reader = observe_->WatchFlows(&context, request);
  v1::WatchFlowsResponse response;
  while (reader->Read(&response) && !response.has_checkpoint()) {
  }
  bench_.Add(FlowRecord(7));
  v1::Record wanted = FlowRecord(8);
  wanted.mutable_flow()->mutable_responder()->set_port(77);
  bench_.Add(wanted);
  while (reader->Read(&response) && !response.has_record()) {
  }
  EXPECT_EQ(response.record().flow().id(), "0000000000000008");
  context.TryCancel();
  reader->Finish();
}

TEST_F(FilterServiceTest, AMistakeComesWithColumnAndSuggestion) {
  v1::ListEventsRequest request;
  request.set_filter("dns and dns.qry.nam == \"x\"");
  grpc::ClientContext context;
  v1::ListEventsResponse response;
  const grpc::Status status =
      history_->ListEvents(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const google::rpc::ErrorInfo info = InfoOf(status);
  EXPECT_EQ(info.reason(), "FILTER_INVALID");
  EXPECT_EQ(info.metadata().at("field"), "filter");
  EXPECT_EQ(info.metadata().at("column"), "9");
  EXPECT_EQ(info.metadata().at("suggestion"), "dns.qry.name");
  EXPECT_THAT(Watch("tcp.port =="), ElementsAre("FILTER_INVALID"));
  EXPECT_THAT(List(std::string(5000, 'a')), ElementsAre("FILTER_INVALID"));
}

TEST_F(FilterServiceTest, ASavedFilterIsUsedByItsName) {
  ASSERT_TRUE(Save("outside", "not ip.dst == 10.0.0.0/8").ok());
  EXPECT_THAT(List("@outside and tcp.dstport == 53"), ElementsAre(kSix));
  EXPECT_THAT(Watch("@outside and tcp.dstport == 53"), ElementsAre(kSix));
  EXPECT_THAT(List("@inside"), ElementsAre("FILTER_INVALID"));
  grpc::ClientContext list_context;
  v1::ListFiltersResponse listed;
  ASSERT_TRUE(policy_->ListFilters(&list_context, {}, &listed).ok());
  ASSERT_EQ(listed.filters_size(), 1);
  EXPECT_EQ(listed.filters(0).name(), "outside");
  v1::DeleteFilterRequest remove;
  remove.set_name("outside");
  grpc::ClientContext delete_context;
  v1::DeleteFilterResponse removed;
  EXPECT_TRUE(policy_->DeleteFilter(&delete_context, remove, &removed).ok());
  grpc::ClientContext again_context;
  EXPECT_EQ(
      InfoOf(policy_->DeleteFilter(&again_context, remove, &removed)).reason(),
      "NOT_FOUND");
}

TEST_F(FilterServiceTest, ABadFilterIsNotSaved) {
  const google::rpc::ErrorInfo info = InfoOf(Save("bad", "tcp and and"));
  EXPECT_EQ(info.reason(), "FILTER_INVALID");
  EXPECT_EQ(info.metadata().at("column"), "9");
  EXPECT_EQ(InfoOf(Save("no name", "tcp")).reason(), "ARGUMENT_INVALID");
}

}  // namespace
}  // namespace tapline::testing
