#include "sensord/service/observe_service.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/schema/proto_time.h"
#include "sensord/service/errors.h"
#include "sensord/service/filter_request.h"
#include "sensord/service/watch_reactor.h"

namespace tapline {
namespace {

template <typename Request>
WatchSpec MakeSpec(v1::RecordKind kind, const Request& request) {
  WatchSpec spec;
  spec.kind = kind;
  spec.range = request.range();
  spec.filter = request.filter();
  return spec;
}

// What the fields besides range and selector must hold.
absl::Status CheckSpec(const WatchSpec& spec) {
  if (spec.kind == v1::RECORD_KIND_STATS &&
      spec.stats_window != absl::Seconds(1) &&
      spec.stats_window != absl::Seconds(10) &&
      spec.stats_window != absl::Seconds(60)) {
    return Refuse(Reason::kARGUMENT_INVALID, "window: must be 1s, 10s or 60s",
                  {{"field", "window"}});
  }
  if (spec.snapshot_interval != absl::ZeroDuration() &&
      (spec.snapshot_interval < absl::Seconds(1) ||
       spec.snapshot_interval > absl::Hours(24))) {
    return Refuse(Reason::kARGUMENT_INVALID,
                  "snapshot_interval: must be 1s to 24h",
                  {{"field", "snapshot_interval"}});
  }
  return absl::OkStatus();
}

}  // namespace

template <typename Response>
grpc::ServerWriteReactor<Response>* ObserveServiceImpl::Watch(
    grpc::CallbackServerContext* context, Method method, WatchSpec spec) {
  absl::StatusOr<Caller> caller =
      calls_.gate.Admit(*context->auth_context(), method);
  if (!caller.ok()) return RefuseStream<Response>(caller.status());
  absl::Status valid = CheckSpec(spec);
  if (!valid.ok()) return RefuseStream<Response>(valid);
  PolicyPtr policy = policy_.Get();
  const v1::ListenConfig& listen = policy->config.listen();
  absl::Status entered = watches_.streams.Enter(
      caller->key(), listen.max_streams_per_uid(), listen.max_streams());
  if (!entered.ok()) return RefuseStream<Response>(entered);
  v1::RecordKind kind = spec.kind;
  spec.filter_options = RequestFilterOptions(sources_.clock, policy_);
  absl::StatusOr<std::unique_ptr<WatchFeed>> feed =
      WatchFeed::Create(std::move(spec), sources_, listen.subscriber_queue());
  if (!feed.ok()) {
    watches_.streams.Leave(caller->key());
    return RefuseStream<Response>(feed.status());
  }
  auto stream = std::make_shared<WatchReactor<Response>>(
      context, watches_, *std::move(feed), kind, caller->key(),
      DurationOf(listen.stall_timeout()));
  grpc::ServerWriteReactor<Response>* reactor = stream.get();
  stream->Begin();
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchAlertsResponse>*
ObserveServiceImpl::WatchAlerts(grpc::CallbackServerContext* context,
                                const v1::WatchAlertsRequest* request) {
  WatchSpec spec = MakeSpec(v1::RECORD_KIND_ALERT, *request);
  spec.selector = request->selector();
  spec.include_updates = request->include_updates();
  return Watch<v1::WatchAlertsResponse>(
      context, Method::kObserveServiceWatchAlerts, std::move(spec));
}

grpc::ServerWriteReactor<v1::WatchFlowsResponse>*
ObserveServiceImpl::WatchFlows(grpc::CallbackServerContext* context,
                               const v1::WatchFlowsRequest* request) {
  WatchSpec spec = MakeSpec(v1::RECORD_KIND_FLOW, *request);
  spec.selector = request->selector();
  spec.snapshot_interval = DurationOf(request->snapshot_interval());
  return Watch<v1::WatchFlowsResponse>(
      context, Method::kObserveServiceWatchFlows, std::move(spec));
}

grpc::ServerWriteReactor<v1::WatchEventsResponse>*
ObserveServiceImpl::WatchEvents(grpc::CallbackServerContext* context,
                                const v1::WatchEventsRequest* request) {
  WatchSpec spec = MakeSpec(v1::RECORD_KIND_EVENT, *request);
  spec.selector = request->selector();
  return Watch<v1::WatchEventsResponse>(
      context, Method::kObserveServiceWatchEvents, std::move(spec));
}

grpc::ServerWriteReactor<v1::WatchPacketsResponse>*
ObserveServiceImpl::WatchPackets(grpc::CallbackServerContext* context,
                                 const v1::WatchPacketsRequest* request) {
  WatchSpec spec = MakeSpec(v1::RECORD_KIND_PACKET, *request);
  spec.selector = request->selector();
  return Watch<v1::WatchPacketsResponse>(
      context, Method::kObserveServiceWatchPackets, std::move(spec));
}

grpc::ServerWriteReactor<v1::WatchStatsResponse>*
ObserveServiceImpl::WatchStats(grpc::CallbackServerContext* context,
                               const v1::WatchStatsRequest* request) {
  WatchSpec spec = MakeSpec(v1::RECORD_KIND_STATS, *request);
  spec.stats_window =
      request->has_window() ? DurationOf(request->window()) : absl::Seconds(1);
  return Watch<v1::WatchStatsResponse>(
      context, Method::kObserveServiceWatchStats, std::move(spec));
}

}  // namespace tapline
