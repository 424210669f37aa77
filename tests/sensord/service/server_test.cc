#include "sensord/service/server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include "harness.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

class ServerTest : public ::testing::Test {
 protected:
  void StartServer() {
    ASSERT_OK(server_.Start());
    channel_ = server_.Connect();
  }

  Bench bench_;
  TestServer server_{bench_};
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(ServerTest, StatusNamesVersionEpochAndVerdict) {
  v1::CaptureStatus capture;
  capture.set_state(v1::CAPTURE_STATE_RUNNING);
  bench_.control_.SetCapture(capture);
  StartServer();
  auto stub = v1::SensorService::NewStub(channel_);
  grpc::ClientContext context;
  v1::GetStatusResponse status;
  ASSERT_TRUE(stub->GetStatus(&context, {}, &status).ok());
  EXPECT_EQ(status.verdict(), v1::VERDICT_OK);
  EXPECT_EQ(status.version(), "1.2.3");
  EXPECT_EQ(status.sensor_id(), "sensor-1");
  EXPECT_EQ(status.epoch(), 5u);
  EXPECT_GT(status.resident_bytes(), 1000000u);
}

TEST_F(ServerTest, FullDiskMakesTheVerdictFailedAndSaysWhy) {
  bench_.store_.SetWritable(false);
  StartServer();
  auto stub = v1::SensorService::NewStub(channel_);
  grpc::ClientContext context;
  v1::GetStatusResponse status;
  ASSERT_TRUE(stub->GetStatus(&context, {}, &status).ok());
  EXPECT_EQ(status.verdict(), v1::VERDICT_FAILED);
  std::string all;
  for (const std::string& reason : status.reasons()) all += reason;
  EXPECT_NE(all.find("no space left on device"), all.npos);
}

TEST_F(ServerTest, BadFilterIsRefusedWithTheCompilersText) {
  StartServer();
  auto stub = v1::SensorService::NewStub(channel_);
  grpc::ClientContext context;
  v1::StartCaptureRequest request;
  v1::StartCaptureResponse response;
  request.set_bpf("not a filter");
  grpc::Status status = stub->StartCapture(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "syntax error in filter expression");
  EXPECT_EQ(InfoOf(status).reason(), "FILTER_INVALID");
}

TEST_F(ServerTest, AcknowledgeNamesTheUserOfTheSocketsPeer) {
  bench_.Add(AlertRecord("00000000000000a1"));
  StartServer();
  auto stub = v1::HistoryService::NewStub(channel_);
  grpc::ClientContext context;
  v1::AcknowledgeAlertRequest request;
  request.set_id("00000000000000a1");
  request.set_note("mine");
  v1::AcknowledgeAlertResponse response;
  ASSERT_TRUE(stub->AcknowledgeAlert(&context, request, &response).ok());
  EXPECT_EQ(response.record().alert().acknowledged_by(), UserName(getuid()));
  EXPECT_EQ(response.record().alert().note(), "mine");
}

TEST_F(ServerTest, AnAlertOfTwoSourcesIsAmbiguousUntilTheSourceIsNamed) {
  v1::Record replayed = AlertRecord("00000000000000a1");
  replayed.set_source_id("r1");
  bench_.Add(AlertRecord("00000000000000a1"));
  bench_.Add(replayed);
  StartServer();
  auto stub = v1::HistoryService::NewStub(channel_);
  v1::GetAlertRequest request;
  v1::GetAlertResponse response;
  request.set_id("00000000000000a1");
  grpc::ClientContext first;
  grpc::Status status = stub->GetAlert(&first, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  const google::rpc::ErrorInfo info = InfoOf(status);
  EXPECT_EQ(info.reason(), "ID_AMBIGUOUS");
  EXPECT_EQ(info.metadata().at("id"), "00000000000000a1");
  EXPECT_EQ(info.metadata().at("candidates"),
            "live/00000000000000a1,r1/00000000000000a1");
  request.set_source_id("r1");
  grpc::ClientContext second;
  ASSERT_TRUE(stub->GetAlert(&second, request, &response).ok());
  EXPECT_EQ(response.record().source_id(), "r1");
  request.set_source_id(std::string(65, 'x'));
  grpc::ClientContext third;
  EXPECT_EQ(InfoOf(stub->GetAlert(&third, request, &response)).reason(),
            "ARGUMENT_INVALID");
}

TEST_F(ServerTest, ReplayStreamsProgressToItsEnd) {
  StartServer();
  auto stub = v1::SensorService::NewStub(channel_);
  grpc::ClientContext context;
  v1::StartReplayRequest request;
  request.add_files("/tmp/a.pcap");
  request.set_source_id("r1");
  auto reader = stub->StartReplay(&context, request);
  v1::StartReplayResponse response;
  v1::ReplayState last = v1::REPLAY_STATE_UNSPECIFIED;
  while (reader->Read(&response)) last = response.replay().state();
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(last, v1::REPLAY_STATE_DONE);
}

TEST_F(ServerTest, ReplayWithASourceIdInUseSaysSo) {
  StartServer();
  auto stub = v1::SensorService::NewStub(channel_);
  grpc::ClientContext context;
  v1::StartReplayRequest request;
  request.add_files("/tmp/a.pcap");
  request.set_source_id("taken");
  auto reader = stub->StartReplay(&context, request);
  v1::StartReplayResponse response;
  while (reader->Read(&response)) {
  }
  EXPECT_EQ(InfoOf(reader->Finish()).reason(), "SOURCE_ID_IN_USE");
}

TEST_F(ServerTest, RulesSettingsAndSuppressionsAnswer) {
  StartServer();
  auto stub = v1::PolicyService::NewStub(channel_);
  grpc::ClientContext rules_context;
  v1::ListRulesResponse rules;
  ASSERT_TRUE(stub->ListRules(&rules_context, {}, &rules).ok());
  ASSERT_EQ(rules.rules_size(), 1);
  EXPECT_EQ(rules.rules(0).name(), "port_scan");
  EXPECT_FALSE(rules.rules(0).enabled());
  grpc::ClientContext settings_context;
  v1::UpdateSettingsRequest request;
  request.add_settings()->set_path("no.such");
  v1::UpdateSettingsResponse response;
  EXPECT_EQ(InfoOf(stub->UpdateSettings(&settings_context, request, &response))
                .reason(),
            "SETTING_INVALID");
  grpc::ClientContext delete_context;
  v1::DeleteSuppressionRequest remove;
  v1::DeleteSuppressionResponse removed;
  remove.set_id("abcd");
  EXPECT_EQ(InfoOf(stub->DeleteSuppression(&delete_context, remove, &removed))
                .reason(),
            "NOT_FOUND");
}

TEST_F(ServerTest, SocketIsForOwnerAndGroupOnly) {
  StartServer();
  struct stat info = {};
  ASSERT_EQ(stat(server_.socket().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660u);
}

TEST_F(ServerTest, SocketNobodyAnswersOnIsReplaced) {
  std::filesystem::create_directories(
      std::filesystem::path(server_.socket()).parent_path());
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  snprintf(name.sun_path, sizeof(name.sun_path), "%s",
           server_.socket().c_str());
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  close(fd);
  EXPECT_OK(server_.Start());
}

TEST_F(ServerTest, SecondServerOnALiveSocketIsRefusedAndHarmsNothing) {
  StartServer();
  ServiceOptions options;
  EXPECT_THAT(server_.Start(options),
              StatusIs(absl::StatusCode::kAlreadyExists, "another process"));
  auto stub = v1::SensorService::NewStub(server_.Connect());
  grpc::ClientContext context;
  v1::GetStatusResponse status;
  EXPECT_TRUE(stub->GetStatus(&context, {}, &status).ok());
}

TEST_F(ServerTest, FileThatIsNoSocketIsNotRemoved) {
  std::filesystem::create_directories(
      std::filesystem::path(server_.socket()).parent_path());
  std::ofstream(server_.socket()) << "precious";
  EXPECT_THAT(server_.Start(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "no socket"));
  EXPECT_TRUE(std::filesystem::exists(server_.socket()));
}

TEST_F(ServerTest, LoopbackWithoutTheFlagDoesNotStart) {
  v1::Config config = ServiceConfig(server_.socket());
  config.mutable_listen()->set_insecure_loopback("127.0.0.1:0");
  server_.policy().Set(config);
  EXPECT_THAT(server_.Start(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                        "--insecure-loopback"));
}

TEST_F(ServerTest, LoopbackCallerIsAReader) {
  v1::Config config = ServiceConfig(server_.socket());
  config.mutable_listen()->set_insecure_loopback("127.0.0.1:0");
  server_.policy().Set(config);
  ServiceOptions options;
  options.allow_insecure_loopback = true;
  ASSERT_OK(server_.Start(options));
  auto channel = grpc::CreateChannel(
      absl::StrCat("127.0.0.1:", server_.server().loopback_port()),
      grpc::InsecureChannelCredentials());
  auto stub = v1::SensorService::NewStub(channel);
  grpc::ClientContext status_context;
  v1::GetStatusResponse status;
  EXPECT_TRUE(stub->GetStatus(&status_context, {}, &status).ok());
  grpc::ClientContext stop_context;
  v1::StopCaptureResponse stopped;
  EXPECT_EQ(InfoOf(stub->StopCapture(&stop_context, {}, &stopped)).reason(),
            "ROLE_REQUIRED");
}

TEST_F(ServerTest, AddressThatIsNotLoopbackNeedsTls) {
  v1::Config config = ServiceConfig(server_.socket());
  config.mutable_listen()->set_insecure_loopback("0.0.0.0:50051");
  server_.policy().Set(config);
  ServiceOptions options;
  options.allow_insecure_loopback = true;
  EXPECT_THAT(server_.Start(options),
              StatusIs(absl::StatusCode::kInvalidArgument, "need TLS"));
}

TEST_F(ServerTest, PageTokenOfAnotherRequestIsRefused) {
  for (int i = 0; i < 5; ++i) bench_.Add(FlowRecord(i));
  StartServer();
  auto stub = v1::HistoryService::NewStub(channel_);
  v1::ListFlowsRequest request;
  request.set_page_size(2);
  v1::ListFlowsResponse first;
  grpc::ClientContext first_context;
  ASSERT_TRUE(stub->ListFlows(&first_context, request, &first).ok());
  ASSERT_EQ(first.records_size(), 2);
  request.set_page_token(first.next_page_token());
  v1::ListFlowsResponse second;
  grpc::ClientContext second_context;
  ASSERT_TRUE(stub->ListFlows(&second_context, request, &second).ok());
  EXPECT_NE(second.records(0).flow().id(), first.records(0).flow().id());
  request.mutable_selector()->add_ports(22);
  grpc::ClientContext third_context;
  grpc::Status status = stub->ListFlows(&third_context, request, &second);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(InfoOf(status).reason(), "PAGE_TOKEN_MISMATCH");
}

TEST_F(ServerTest, WaitingStoreDoesNotHoldUpOthersBeyondTheLimitOfOneUser) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  bench_.store_.SetListHook([released] { released.wait(); });
  StartServer();
  auto stub = v1::HistoryService::NewStub(channel_);
  constexpr int kCalls = 40;
  std::vector<std::future<grpc::Status>> calls;
  for (int i = 0; i < kCalls; ++i) {
    calls.push_back(std::async(std::launch::async, [&stub] {
      grpc::ClientContext context;
      SetDeadline(context);
      v1::ListEventsResponse response;
      return stub->ListEvents(&context, {}, &response);
    }));
  }
  // Those beyond 32 are refused while the others wait.
  int refused = 0;
  while (refused < kCalls - 32) {
    for (auto& call : calls) {
      if (call.valid() && call.wait_for(std::chrono::milliseconds(1)) ==
                              std::future_status::ready) {
        EXPECT_EQ(InfoOf(call.get()).reason(), "TOO_MANY_CALLS");
        ++refused;
      }
    }
  }
  release.set_value();
  for (auto& call : calls) {
    if (!call.valid()) continue;
    EXPECT_TRUE(call.get().ok());
  }
}

}  // namespace
}  // namespace tapline::testing
