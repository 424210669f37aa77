// A connection to one sensor.

#ifndef TAPLINE_NETCTL_CLIENT_CLIENT_H_
#define TAPLINE_NETCTL_CLIENT_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>

#include "netctl/client/address.h"
#include "netctl/client/interrupt.h"
#include "tapline/v1/history_service.grpc.pb.h"
#include "tapline/v1/observe_service.grpc.pb.h"
#include "tapline/v1/policy_service.grpc.pb.h"
#include "tapline/v1/sensor_service.grpc.pb.h"

namespace tapline {

// Thread safety: thread-safe.
class Client {
 public:
  // Connects at the first call. `interrupt` must outlive the client.
  Client(const Address& address, std::chrono::milliseconds timeout,
         Interrupt& interrupt);

  v1::SensorService::Stub& sensor() { return *sensor_; }
  v1::ObserveService::Stub& observe() { return *observe_; }
  v1::HistoryService::Stub& history() { return *history_; }
  v1::PolicyService::Stub& policy() { return *policy_; }

  const Address& address() const { return address_; }
  Interrupt& interrupt() { return interrupt_; }

  // One unary call with the deadline:
  //   client.Call(client.sensor(), &v1::SensorService::Stub::GetStatus,
  //               request, &response)
  template <typename Stub, typename Request, typename Response>
  grpc::Status Call(Stub& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                 const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + timeout_);
    const InterruptScope scope(interrupt_, context);
    return (stub.*method)(&context, request, response);
  }

 private:
  const Address address_;
  const std::chrono::milliseconds timeout_;
  Interrupt& interrupt_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::SensorService::Stub> sensor_;
  const std::unique_ptr<v1::ObserveService::Stub> observe_;
  const std::unique_ptr<v1::HistoryService::Stub> history_;
  const std::unique_ptr<v1::PolicyService::Stub> policy_;
};

}  // namespace tapline

#endif  // TAPLINE_NETCTL_CLIENT_CLIENT_H_
