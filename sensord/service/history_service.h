// What was kept, over gRPC.

#ifndef TAPLINE_SENSORD_SERVICE_HISTORY_SERVICE_H_
#define TAPLINE_SENSORD_SERVICE_HISTORY_SERVICE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/status/macros.h"
#include "common/time/clock.h"
#include "sensord/control/control.h"
#include "sensord/inspect/expert_scan.h"
#include "sensord/inspect/flow_history.h"
#include "sensord/inspect/flow_list.h"
#include "sensord/journal/record_builder.h"
#include "sensord/policy/policy_store.h"
#include "sensord/service/answer_size.h"
#include "sensord/service/filter_request.h"
#include "sensord/service/list_request.h"
#include "sensord/service/unary_call.h"
#include "sensord/store/store.h"
#include "tapline/v1/history_service.grpc.pb.h"

namespace tapline {

class HistoryServiceImpl final : public v1::HistoryService::CallbackService {
 public:
  // All must outlive the service.
  HistoryServiceImpl(CallDesk& calls, Store& store, Control& control,
                     const PolicyStore& policy, const Clock& clock,
                     PageTokens tokens)
      : calls_(calls),
        store_(store),
        control_(control),
        policy_(policy),
        clock_(clock),
        tokens_(std::move(tokens)) {}

  grpc::ServerUnaryReactor* ListAlerts(
      grpc::CallbackServerContext* context,
      const v1::ListAlertsRequest* request,
      v1::ListAlertsResponse* response) override;
  grpc::ServerUnaryReactor* GetAlert(grpc::CallbackServerContext* context,
                                     const v1::GetAlertRequest* request,
                                     v1::GetAlertResponse* response) override;
  grpc::ServerUnaryReactor* AcknowledgeAlert(
      grpc::CallbackServerContext* context,
      const v1::AcknowledgeAlertRequest* request,
      v1::AcknowledgeAlertResponse* response) override;
  grpc::ServerUnaryReactor* ListFlows(grpc::CallbackServerContext* context,
                                      const v1::ListFlowsRequest* request,
                                      v1::ListFlowsResponse* response) override;
  grpc::ServerUnaryReactor* GetFlow(grpc::CallbackServerContext* context,
                                    const v1::GetFlowRequest* request,
                                    v1::GetFlowResponse* response) override;
  grpc::ServerUnaryReactor* ListEvents(
      grpc::CallbackServerContext* context,
      const v1::ListEventsRequest* request,
      v1::ListEventsResponse* response) override;
  grpc::ServerUnaryReactor* GetStats(grpc::CallbackServerContext* context,
                                     const v1::GetStatsRequest* request,
                                     v1::GetStatsResponse* response) override;
  grpc::ServerUnaryReactor* ListTopTalkers(
      grpc::CallbackServerContext* context,
      const v1::ListTopTalkersRequest* request,
      v1::ListTopTalkersResponse* response) override;

  // history_inspection.cc
  grpc::ServerUnaryReactor* ListPackets(
      grpc::CallbackServerContext* context,
      const v1::ListPacketsRequest* request,
      v1::ListPacketsResponse* response) override;
  grpc::ServerUnaryReactor* GetPacket(grpc::CallbackServerContext* context,
                                      const v1::GetPacketRequest* request,
                                      v1::GetPacketResponse* response) override;
  grpc::ServerUnaryReactor* GetPacketBytes(
      grpc::CallbackServerContext* context,
      const v1::GetPacketBytesRequest* request,
      v1::GetPacketBytesResponse* response) override;
  grpc::ServerUnaryReactor* ListConversations(
      grpc::CallbackServerContext* context,
      const v1::ListConversationsRequest* request,
      v1::ListConversationsResponse* response) override;
  grpc::ServerUnaryReactor* GetConversation(
      grpc::CallbackServerContext* context,
      const v1::GetConversationRequest* request,
      v1::GetConversationResponse* response) override;
  grpc::ServerUnaryReactor* GetProtocolSummary(
      grpc::CallbackServerContext* context,
      const v1::GetProtocolSummaryRequest* request,
      v1::GetProtocolSummaryResponse* response) override;
  grpc::ServerUnaryReactor* GetTimeline(
      grpc::CallbackServerContext* context,
      const v1::GetTimelineRequest* request,
      v1::GetTimelineResponse* response) override;
  grpc::ServerUnaryReactor* FollowStream(
      grpc::CallbackServerContext* context,
      const v1::FollowStreamRequest* request,
      v1::FollowStreamResponse* response) override;
  grpc::ServerUnaryReactor* ListExpertInfo(
      grpc::CallbackServerContext* context,
      const v1::ListExpertInfoRequest* request,
      v1::ListExpertInfoResponse* response) override;

 private:
  // A call that does `work` and nothing with its caller; its answer is cut to
  // size.
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Start(
      grpc::CallbackServerContext* context, Method method,
      const Request* request, Response* response,
      absl::Status (HistoryServiceImpl::*work)(const Request&, Response&)) {
    return UnaryCall<Request, Response>::Start(
        calls_, context, method, request, response,
        [this, work](const Caller&, const Request& in,
                     Response& out) -> absl::Status {
          RETURN_IF_ERROR((this->*work)(in, out));
          CutToSize(out);
          return absl::OkStatus();
        });
  }
  // One page of `kind` into `response`, by the request's common fields.
  template <typename Request, typename Response>
  absl::Status List(v1::RecordKind kind, const Request& request,
                    Response& response);
  // Of a request with `filter`.
  template <typename Request>
  absl::StatusOr<FilterPtr> FilterOf(const Request& request) const {
    return CompileRequestFilter(request.filter(),
                                RequestFilterOptions(clock_, policy_));
  }
  // A page with as many records as fit behind `used` bytes of answer; where it
  // ends is where the next begins.
  absl::StatusOr<StorePage> FittingPage(StoreQuery query, size_t used = 0);
  // The first gaps of the range.
  absl::Status AddGaps(v1::RecordKind kind, const v1::TimeRange& range,
                       google::protobuf::RepeatedPtrField<v1::Gap>& out);

  // history_flows.cc
  struct FlowQuery {
    // With position and limit still to come; its filter is `filter`.
    StoreQuery store;
    FilterPtr filter;
    std::optional<FlowRanking> ranking;
    std::optional<AlertedFlows> alerted;

    // Whether alerts are about it, where asked for; the store cannot tell.
    bool TakesByAlerts(const v1::Record& flow) const {
      return !alerted.has_value() || alerted->Has(flow);
    }
  };
  absl::StatusOr<FlowQuery> FlowQueryOf(const v1::ListFlowsRequest& request);
  absl::Status DoListFlows(const v1::ListFlowsRequest& request,
                           v1::ListFlowsResponse& response);
  absl::Status ListFlowPage(const v1::ListFlowsRequest& request,
                            FlowQuery& query, v1::ListFlowsResponse& response);
  absl::Status ListFirstFlows(const v1::ListFlowsRequest& request,
                              const FlowQuery& query,
                              v1::ListFlowsResponse& response);
  // Open flows of the query with ids behind `after`.
  absl::StatusOr<std::vector<v1::Record>> OpenFlowsOf(
      const FlowQuery& query, const std::string& after,
      v1::ListFlowsResponse& response);
  absl::Status ListOpenFlows(const v1::ListFlowsRequest& request,
                             const FlowQuery& query,
                             v1::ListFlowsResponse& response);

  // history_inspection.cc
  absl::Status GetFlowRecord(const v1::GetFlowRequest& request,
                             v1::GetFlowResponse& response);
  absl::Status DoListPackets(const v1::ListPacketsRequest& request,
                             v1::ListPacketsResponse& response);
  absl::Status DoGetPacket(const v1::GetPacketRequest& request,
                           v1::GetPacketResponse& response);
  absl::Status DoGetPacketBytes(const v1::GetPacketBytesRequest& request,
                                v1::GetPacketBytesResponse& response);
  absl::Status DoListConversations(const v1::ListConversationsRequest& request,
                                   v1::ListConversationsResponse& response);
  absl::Status DoGetConversation(const v1::GetConversationRequest& request,
                                 v1::GetConversationResponse& response);
  absl::Status DoGetProtocolSummary(
      const v1::GetProtocolSummaryRequest& request,
      v1::GetProtocolSummaryResponse& response);
  absl::Status DoGetTimeline(const v1::GetTimelineRequest& request,
                             v1::GetTimelineResponse& response);
  absl::Status DoFollowStream(const v1::FollowStreamRequest& request,
                              v1::FollowStreamResponse& response);
  absl::Status DoListExpertInfo(const v1::ListExpertInfoRequest& request,
                                v1::ListExpertInfoResponse& response);
  absl::StatusOr<FlowHistory> HistoryOf(const std::string& id,
                                        const std::string& source_id);
  static absl::StatusOr<FindingFilter> FindingFilterOf(
      const v1::ListExpertInfoRequest& request);
  // The ring, and one packet of it; `source_id` as in ListPacketsRequest. Of
  // replays none are kept.
  absl::StatusOr<std::shared_ptr<const PacketRing>> Packets(
      const std::string& source_id) const;
  absl::StatusOr<KeptFrame> Packet(uint64_t ordinal,
                                   const std::string& source_id) const;
  Origin LiveOrigin() const;
  // Of a request with `id` and `source_id`.
  template <typename Request>
  absl::StatusOr<v1::Record> Get(v1::RecordKind kind, const Request& request);

  CallDesk& calls_;
  Store& store_;
  Control& control_;
  const PolicyStore& policy_;
  const Clock& clock_;
  const PageTokens tokens_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_HISTORY_SERVICE_H_
