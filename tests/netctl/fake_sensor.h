// A gRPC server with scripted answers on a real Unix socket, and netctl run
// against it inside the test.

#ifndef TAPLINE_TESTS_NETCTL_FAKE_SENSOR_H_
#define TAPLINE_TESTS_NETCTL_FAKE_SENSOR_H_

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "netctl/commands/commands.h"
#include "tests/support/temp_dir.h"

namespace tapline {

// A status with google.rpc.ErrorInfo, as sensord sends it.
inline grpc::Status ErrorWithReason(grpc::StatusCode code,
                                    const std::string& text,
                                    const std::string& reason,
                                    const std::string& column = "") {
  google::rpc::ErrorInfo info;
  if (!column.empty()) (*info.mutable_metadata())["column"] = column;
  info.set_reason(reason);
  info.set_domain("tapline");
  google::rpc::Status details;
  details.set_code(code);
  details.set_message(text);
  details.add_details()->PackFrom(info);
  return {code, text, details.SerializeAsString()};
}

class FakeObserve final : public v1::ObserveService::Service {
 public:
  using Writer = grpc::ServerWriter<v1::WatchAlertsResponse>;
  std::function<grpc::Status(grpc::ServerContext*,
                             const v1::WatchAlertsRequest&, Writer*)>
      alerts;

  grpc::Status WatchAlerts(grpc::ServerContext* context,
                           const v1::WatchAlertsRequest* request,
                           Writer* writer) override {
    return alerts(context, *request, writer);
  }
};

class FakeHistory final : public v1::HistoryService::Service {
 public:
  std::function<grpc::Status(const v1::ListAlertsRequest&,
                             v1::ListAlertsResponse*)>
      list_alerts;
  std::function<grpc::Status(const v1::GetAlertRequest&, v1::GetAlertResponse*)>
      get_alert;
  std::function<grpc::Status(const v1::AcknowledgeAlertRequest&,
                             v1::AcknowledgeAlertResponse*)>
      acknowledge;
  std::function<void(const v1::GetStatsRequest&, v1::GetStatsResponse*)> stats;
  std::function<grpc::Status(const v1::ListFlowsRequest&,
                             v1::ListFlowsResponse*)>
      list_flows;
  std::function<grpc::Status(const v1::GetFlowRequest&, v1::GetFlowResponse*)>
      get_flow;
  std::function<grpc::Status(const v1::GetPacketRequest&,
                             v1::GetPacketResponse*)>
      get_packet;
  std::function<grpc::Status(const v1::GetPacketBytesRequest&,
                             v1::GetPacketBytesResponse*)>
      get_packet_bytes;
  std::function<grpc::Status(const v1::ListPacketsRequest&,
                             v1::ListPacketsResponse*)>
      list_packets;
  std::function<grpc::Status(const v1::ListConversationsRequest&,
                             v1::ListConversationsResponse*)>
      list_conversations;
  std::function<grpc::Status(const v1::GetConversationRequest&,
                             v1::GetConversationResponse*)>
      get_conversation;
  std::function<grpc::Status(const v1::GetProtocolSummaryRequest&,
                             v1::GetProtocolSummaryResponse*)>
      get_protocols;
  std::function<grpc::Status(const v1::GetTimelineRequest&,
                             v1::GetTimelineResponse*)>
      get_timeline;
  std::function<grpc::Status(const v1::FollowStreamRequest&,
                             v1::FollowStreamResponse*)>
      follow_stream;
  std::function<grpc::Status(const v1::ListExpertInfoRequest&,
                             v1::ListExpertInfoResponse*)>
      list_expert_info;

  grpc::Status ListAlerts(grpc::ServerContext*,
                          const v1::ListAlertsRequest* request,
                          v1::ListAlertsResponse* response) override {
    return list_alerts(*request, response);
  }
  grpc::Status GetAlert(grpc::ServerContext*,
                        const v1::GetAlertRequest* request,
                        v1::GetAlertResponse* response) override {
    return get_alert(*request, response);
  }
  grpc::Status AcknowledgeAlert(
      grpc::ServerContext*, const v1::AcknowledgeAlertRequest* request,
      v1::AcknowledgeAlertResponse* response) override {
    return acknowledge(*request, response);
  }
  grpc::Status GetStats(grpc::ServerContext*,
                        const v1::GetStatsRequest* request,
                        v1::GetStatsResponse* response) override {
    stats(*request, response);
    return grpc::Status::OK;
  }
  grpc::Status ListFlows(grpc::ServerContext*,
                         const v1::ListFlowsRequest* request,
                         v1::ListFlowsResponse* response) override {
    return list_flows(*request, response);
  }
  grpc::Status GetFlow(grpc::ServerContext*, const v1::GetFlowRequest* request,
                       v1::GetFlowResponse* response) override {
    return get_flow(*request, response);
  }
  grpc::Status GetPacket(grpc::ServerContext*,
                         const v1::GetPacketRequest* request,
                         v1::GetPacketResponse* response) override {
    return get_packet(*request, response);
  }
  grpc::Status GetPacketBytes(grpc::ServerContext*,
                              const v1::GetPacketBytesRequest* request,
                              v1::GetPacketBytesResponse* response) override {
    return get_packet_bytes(*request, response);
  }
  grpc::Status ListPackets(grpc::ServerContext*,
                           const v1::ListPacketsRequest* request,
                           v1::ListPacketsResponse* response) override {
    return list_packets(*request, response);
  }
  grpc::Status ListConversations(
      grpc::ServerContext*, const v1::ListConversationsRequest* request,
      v1::ListConversationsResponse* response) override {
    return list_conversations(*request, response);
  }
  grpc::Status GetConversation(grpc::ServerContext*,
                               const v1::GetConversationRequest* request,
                               v1::GetConversationResponse* response) override {
    return get_conversation(*request, response);
  }
  grpc::Status GetProtocolSummary(
      grpc::ServerContext*, const v1::GetProtocolSummaryRequest* request,
      v1::GetProtocolSummaryResponse* response) override {
    return get_protocols(*request, response);
  }
  grpc::Status GetTimeline(grpc::ServerContext*,
                           const v1::GetTimelineRequest* request,
                           v1::GetTimelineResponse* response) override {
    return get_timeline(*request, response);
  }
  grpc::Status FollowStream(grpc::ServerContext*,
                            const v1::FollowStreamRequest* request,
                            v1::FollowStreamResponse* response) override {
    return follow_stream(*request, response);
  }
  grpc::Status ListExpertInfo(grpc::ServerContext*,
                              const v1::ListExpertInfoRequest* request,
                              v1::ListExpertInfoResponse* response) override {
    return list_expert_info(*request, response);
  }
};

class FakePolicy final : public v1::PolicyService::Service {
 public:
  std::function<grpc::Status(const v1::UpdateSettingsRequest&,
                             v1::UpdateSettingsResponse*)>
      update;
  std::function<grpc::Status(const v1::CreateSuppressionRequest&,
                             v1::CreateSuppressionResponse*)>
      suppress;
  std::function<grpc::Status(const v1::SaveFilterRequest&,
                             v1::SaveFilterResponse*)>
      save_filter;
  std::function<grpc::Status(const v1::DeleteSuppressionRequest&)> unsuppress;
  std::vector<v1::SavedFilter> filters;
  std::vector<v1::Suppression> suppressions;

  grpc::Status UpdateSettings(grpc::ServerContext*,
                              const v1::UpdateSettingsRequest* request,
                              v1::UpdateSettingsResponse* response) override {
    return update(*request, response);
  }
  grpc::Status CreateSuppression(
      grpc::ServerContext*, const v1::CreateSuppressionRequest* request,
      v1::CreateSuppressionResponse* response) override {
    return suppress(*request, response);
  }
  grpc::Status ListSuppressions(
      grpc::ServerContext*, const v1::ListSuppressionsRequest*,
      v1::ListSuppressionsResponse* response) override {
    for (const v1::Suppression& one : suppressions) {
      *response->add_suppressions() = one;
    }
    return grpc::Status::OK;
  }
  grpc::Status DeleteSuppression(grpc::ServerContext*,
                                 const v1::DeleteSuppressionRequest* request,
                                 v1::DeleteSuppressionResponse*) override {
    return unsuppress(*request);
  }
  grpc::Status SaveFilter(grpc::ServerContext*,
                          const v1::SaveFilterRequest* request,
                          v1::SaveFilterResponse* response) override {
    return save_filter(*request, response);
  }
  grpc::Status ListFilters(grpc::ServerContext*, const v1::ListFiltersRequest*,
                           v1::ListFiltersResponse* response) override {
    for (const v1::SavedFilter& one : filters) *response->add_filters() = one;
    return grpc::Status::OK;
  }
};

class FakeStatus final : public v1::SensorService::Service {
 public:
  std::function<grpc::Status(v1::GetStatusResponse*)> status;
  std::function<grpc::Status(const v1::StartCaptureRequest&,
                             v1::StartCaptureResponse*)>
      start;

  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*,
                         v1::GetStatusResponse* response) override {
    return status(response);
  }
  grpc::Status StartCapture(grpc::ServerContext*,
                            const v1::StartCaptureRequest* request,
                            v1::StartCaptureResponse* response) override {
    return start(*request, response);
  }
};

class FakeSensor {
 public:
  ~FakeSensor() { Stop(); }

  const std::string& socket() const { return socket_; }

  void Start() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix://" + socket_,
                             grpc::experimental::LocalServerCredentials(UDS));
    builder.RegisterService(&observe);
    builder.RegisterService(&history);
    builder.RegisterService(&policy);
    builder.RegisterService(&sensor);
    server_ = builder.BuildAndStart();
  }
  // Cuts every call.
  void Stop() {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_.reset();
  }

  FakeObserve observe;
  FakeHistory history;
  FakePolicy policy;
  FakeStatus sensor;

 private:
  const testing::TempDir dir_;
  const std::string socket_ = dir_.path() + "/s";
  std::unique_ptr<grpc::Server> server_;
};

struct Output {
  int code = 0;
  std::string out;
  std::string err;
};

// Runs netctl against the address with stdout and stderr in files.
inline Output Netctl(const std::string& address,
                     std::vector<std::string> arguments,
                     Interrupt* interrupt = nullptr) {
  const testing::TempDir dir;
  const std::string out_path = dir.path() + "/out";
  const std::string err_path = dir.path() + "/err";
  const int out = open(out_path.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  const int err = open(err_path.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  arguments.insert(arguments.begin(), {"--address", address});
  Interrupt none;
  Terminal terminal(out, err);
  Output output;
  output.code =
      RunNetctl(arguments, terminal, interrupt == nullptr ? none : *interrupt);
  close(out);
  close(err);
  const auto content = [](const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  output.out = content(out_path);
  output.err = content(err_path);
  return output;
}

// A test of commands against a sensor that answers what the test says.
class NetctlTest : public ::testing::Test {
 protected:
  Output Run(const std::vector<std::string>& arguments) {
    return Netctl("unix://" + sensor_.socket(), arguments);
  }
  FakeSensor sensor_;
};

inline v1::Record AlertRecord(uint64_t sequence, const std::string& summary) {
  v1::Record record;
  record.mutable_alert()->set_id("00000000deadbee" + std::to_string(sequence));
  record.mutable_alert()->set_rule("port_scan");
  record.mutable_alert()->set_severity(v1::SEVERITY_HIGH);
  record.mutable_alert()->set_summary(summary);
  record.set_epoch(1);
  record.set_sequence(sequence);
  record.mutable_received_at()->set_seconds(1'700'000'000);
  return record;
}

}  // namespace tapline

#endif  // TAPLINE_TESTS_NETCTL_FAKE_SENSOR_H_
