#include "sensord/service/sensor_service.h"

#include <utility>
#include <vector>

#include "common/status/macros.h"
#include "sensord/service/errors.h"
#include "sensord/service/replay_stream.h"
#include "sensord/service/watch_reactor.h"

namespace tapline {
namespace {

// Reasons of Control's answers.
absl::Status CaptureError(absl::Status status) {
  status = WithReason(std::move(status), absl::StatusCode::kInvalidArgument,
                      Reason::kFILTER_INVALID);
  status = WithReason(std::move(status), absl::StatusCode::kNotFound,
                      Reason::kINTERFACE_NOT_FOUND);
  status = WithReason(std::move(status), absl::StatusCode::kPermissionDenied,
                      Reason::kCAPTURE_NOT_PERMITTED);
  return WithReason(std::move(status), absl::StatusCode::kFailedPrecondition,
                    Reason::kCAPTURE_NOT_RUNNING);
}

absl::Status CheckCapture(const v1::StartCaptureRequest& request) {
  constexpr size_t kMaxInterfaceBytes = 15;
  constexpr size_t kMaxFilterBytes = 64 * 1024;
  if (request.interface().size() > kMaxInterfaceBytes) {
    return Refuse(Reason::kARGUMENT_INVALID,
                  "interface: a name has at most 15 bytes",
                  {{"field", "interface"}});
  }
  if (request.bpf().size() > kMaxFilterBytes) {
    return Refuse(Reason::kARGUMENT_INVALID, "bpf: at most 65536 bytes",
                  {{"field", "bpf"}});
  }
  if (request.has_snap_length() &&
      (request.snap_length() < 64 || request.snap_length() > 262144)) {
    return Refuse(Reason::kARGUMENT_INVALID, "snap_length: must be 64..262144",
                  {{"field", "snap_length"}});
  }
  if (request.has_ring_mebibytes() &&
      (request.ring_mebibytes() < 1 || request.ring_mebibytes() > 4096)) {
    return Refuse(Reason::kARGUMENT_INVALID, "ring_mebibytes: must be 1..4096",
                  {{"field", "ring_mebibytes"}});
  }
  if (request.workers() > 16) {
    return Refuse(Reason::kARGUMENT_INVALID, "workers: must be 0..16",
                  {{"field", "workers"}});
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* SensorServiceImpl::GetStatus(
    grpc::CallbackServerContext* context, const v1::GetStatusRequest* request,
    v1::GetStatusResponse* response) {
  return UnaryCall<v1::GetStatusRequest, v1::GetStatusResponse>::Start(
      calls_, context, Method::kSensorServiceGetStatus, request, response,
      [this](const Caller&, const v1::GetStatusRequest&,
             v1::GetStatusResponse& out) {
        out = report_.Make();
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SensorServiceImpl::ListInterfaces(
    grpc::CallbackServerContext* context,
    const v1::ListInterfacesRequest* request,
    v1::ListInterfacesResponse* response) {
  return UnaryCall<v1::ListInterfacesRequest, v1::ListInterfacesResponse>::
      Start(calls_, context, Method::kSensorServiceListInterfaces, request,
            response,
            [this](const Caller&, const v1::ListInterfacesRequest&,
                   v1::ListInterfacesResponse& out) {
              ASSIGN_OR_RETURN(std::vector<v1::Interface> interfaces,
                               control_.Interfaces());
              for (v1::Interface& one : interfaces) {
                *out.add_interfaces() = std::move(one);
              }
              return absl::OkStatus();
            });
}

grpc::ServerUnaryReactor* SensorServiceImpl::StartCapture(
    grpc::CallbackServerContext* context,
    const v1::StartCaptureRequest* request,
    v1::StartCaptureResponse* response) {
  return UnaryCall<v1::StartCaptureRequest, v1::StartCaptureResponse>::Start(
      calls_, context, Method::kSensorServiceStartCapture, request, response,
      [this](const Caller&, const v1::StartCaptureRequest& in,
             v1::StartCaptureResponse& out) {
        RETURN_IF_ERROR(CheckCapture(in));
        absl::StatusOr<v1::CaptureStatus> capture = control_.StartCapture(in);
        if (!capture.ok()) return CaptureError(capture.status());
        *out.mutable_capture() = *std::move(capture);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SensorServiceImpl::StopCapture(
    grpc::CallbackServerContext* context, const v1::StopCaptureRequest* request,
    v1::StopCaptureResponse* response) {
  return UnaryCall<v1::StopCaptureRequest, v1::StopCaptureResponse>::Start(
      calls_, context, Method::kSensorServiceStopCapture, request, response,
      [this](const Caller&, const v1::StopCaptureRequest&,
             v1::StopCaptureResponse& out) {
        absl::StatusOr<v1::CaptureStatus> capture = control_.StopCapture();
        if (!capture.ok()) return CaptureError(capture.status());
        *out.mutable_capture() = *std::move(capture);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SensorServiceImpl::GetLoss(
    grpc::CallbackServerContext* context, const v1::GetLossRequest* request,
    v1::GetLossResponse* response) {
  return UnaryCall<v1::GetLossRequest, v1::GetLossResponse>::Start(
      calls_, context, Method::kSensorServiceGetLoss, request, response,
      [this](const Caller&, const v1::GetLossRequest&,
             v1::GetLossResponse& out) {
        out = control_.Loss();
        return absl::OkStatus();
      });
}

grpc::ServerWriteReactor<v1::StartReplayResponse>*
SensorServiceImpl::StartReplay(grpc::CallbackServerContext* context,
                               const v1::StartReplayRequest* request) {
  using Response = v1::StartReplayResponse;
  absl::StatusOr<Caller> caller = calls_.gate.Admit(
      *context->auth_context(), Method::kSensorServiceStartReplay);
  if (!caller.ok()) return RefuseStream<Response>(caller.status());
  absl::Status valid = CheckReplay(*request);
  if (!valid.ok()) return RefuseStream<Response>(valid);
  PolicyPtr policy = policy_.Get();
  const v1::ListenConfig& listen = policy->config.listen();
  absl::Status entered = streams_.Enter(
      caller->key(), listen.max_streams_per_uid(), listen.max_streams());
  if (!entered.ok()) return RefuseStream<Response>(entered);
  auto stream =
      std::make_shared<ReplayStream>(context, streams_, caller->key());
  ReplayStream* reactor = stream.get();
  stream->Begin(control_, *request, calls_.pool);
  return reactor;
}

grpc::ServerUnaryReactor* SensorServiceImpl::StopReplay(
    grpc::CallbackServerContext* context, const v1::StopReplayRequest* request,
    v1::StopReplayResponse* response) {
  return UnaryCall<v1::StopReplayRequest, v1::StopReplayResponse>::Start(
      calls_, context, Method::kSensorServiceStopReplay, request, response,
      [this](const Caller&, const v1::StopReplayRequest& in,
             v1::StopReplayResponse& out) {
        ASSIGN_OR_RETURN(*out.mutable_replay(),
                         control_.StopReplay(in.source_id()));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* SensorServiceImpl::ListReplays(
    grpc::CallbackServerContext* context, const v1::ListReplaysRequest* request,
    v1::ListReplaysResponse* response) {
  return UnaryCall<v1::ListReplaysRequest, v1::ListReplaysResponse>::Start(
      calls_, context, Method::kSensorServiceListReplays, request, response,
      [this](const Caller&, const v1::ListReplaysRequest&,
             v1::ListReplaysResponse& out) {
        for (v1::Replay& replay : control_.Replays()) {
          *out.add_replays() = std::move(replay);
        }
        return absl::OkStatus();
      });
}

}  // namespace tapline
