// Live feeds over gRPC.

#ifndef TAPLINE_SENSORD_SERVICE_OBSERVE_SERVICE_H_
#define TAPLINE_SENSORD_SERVICE_OBSERVE_SERVICE_H_

#include "sensord/policy/policy_store.h"
#include "sensord/service/unary_call.h"
#include "sensord/service/watch_stream.h"
#include "tapline/v1/observe_service.grpc.pb.h"

namespace tapline {

class ObserveServiceImpl final : public v1::ObserveService::CallbackService {
 public:
  // All must outlive the service.
  ObserveServiceImpl(CallDesk& calls, WatchDesk& watches, FeedSources sources,
                     const PolicyStore& policy)
      : calls_(calls),
        watches_(watches),
        sources_(std::move(sources)),
        policy_(policy) {}

  grpc::ServerWriteReactor<v1::WatchAlertsResponse>* WatchAlerts(
      grpc::CallbackServerContext* context,
      const v1::WatchAlertsRequest* request) override;
  grpc::ServerWriteReactor<v1::WatchFlowsResponse>* WatchFlows(
      grpc::CallbackServerContext* context,
      const v1::WatchFlowsRequest* request) override;
  grpc::ServerWriteReactor<v1::WatchEventsResponse>* WatchEvents(
      grpc::CallbackServerContext* context,
      const v1::WatchEventsRequest* request) override;
  grpc::ServerWriteReactor<v1::WatchPacketsResponse>* WatchPackets(
      grpc::CallbackServerContext* context,
      const v1::WatchPacketsRequest* request) override;
  grpc::ServerWriteReactor<v1::WatchStatsResponse>* WatchStats(
      grpc::CallbackServerContext* context,
      const v1::WatchStatsRequest* request) override;

 private:
  // Gate, limits, feed, stream: the same for all five.
  template <typename Response>
  grpc::ServerWriteReactor<Response>* Watch(
      grpc::CallbackServerContext* context, Method method, WatchSpec spec);

  CallDesk& calls_;
  WatchDesk& watches_;
  const FeedSources sources_;
  const PolicyStore& policy_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_OBSERVE_SERVICE_H_
