// Status and control of the sensor over gRPC.

#ifndef TAPLINE_SENSORD_SERVICE_SENSOR_SERVICE_H_
#define TAPLINE_SENSORD_SERVICE_SENSOR_SERVICE_H_

#include "sensord/control/control.h"
#include "sensord/policy/policy_store.h"
#include "sensord/service/status_report.h"
#include "sensord/service/stream_registry.h"
#include "sensord/service/unary_call.h"
#include "tapline/v1/sensor_service.grpc.pb.h"

namespace tapline {

class SensorServiceImpl final : public v1::SensorService::CallbackService {
 public:
  // All must outlive the service.
  SensorServiceImpl(CallDesk& calls, StreamRegistry& streams, Control& control,
                    const PolicyStore& policy, StatusReport& report)
      : calls_(calls),
        streams_(streams),
        control_(control),
        policy_(policy),
        report_(report) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;
  grpc::ServerUnaryReactor* ListInterfaces(
      grpc::CallbackServerContext* context,
      const v1::ListInterfacesRequest* request,
      v1::ListInterfacesResponse* response) override;
  grpc::ServerUnaryReactor* StartCapture(
      grpc::CallbackServerContext* context,
      const v1::StartCaptureRequest* request,
      v1::StartCaptureResponse* response) override;
  grpc::ServerUnaryReactor* StopCapture(
      grpc::CallbackServerContext* context,
      const v1::StopCaptureRequest* request,
      v1::StopCaptureResponse* response) override;
  grpc::ServerUnaryReactor* GetLoss(grpc::CallbackServerContext* context,
                                    const v1::GetLossRequest* request,
                                    v1::GetLossResponse* response) override;
  grpc::ServerWriteReactor<v1::StartReplayResponse>* StartReplay(
      grpc::CallbackServerContext* context,
      const v1::StartReplayRequest* request) override;
  grpc::ServerUnaryReactor* StopReplay(
      grpc::CallbackServerContext* context,
      const v1::StopReplayRequest* request,
      v1::StopReplayResponse* response) override;
  grpc::ServerUnaryReactor* ListReplays(
      grpc::CallbackServerContext* context,
      const v1::ListReplaysRequest* request,
      v1::ListReplaysResponse* response) override;

 private:
  CallDesk& calls_;
  StreamRegistry& streams_;
  Control& control_;
  const PolicyStore& policy_;
  StatusReport& report_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_SENSOR_SERVICE_H_
