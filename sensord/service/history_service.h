// What was kept, over gRPC.

#ifndef TAPLINE_SENSORD_SERVICE_HISTORY_SERVICE_H_
#define TAPLINE_SENSORD_SERVICE_HISTORY_SERVICE_H_

#include "common/time/clock.h"
#include "sensord/control/control.h"
#include "sensord/policy/policy_store.h"
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

 private:
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
  absl::Status ListOpenFlows(const v1::ListFlowsRequest& request,
                             v1::ListFlowsResponse& response);
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
