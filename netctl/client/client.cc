#include "netctl/client/client.h"

namespace tapline {
namespace {

constexpr int kMaxMessageBytes = 16 << 20;
constexpr int kFirstBackoffMs = 100;
constexpr int kMaxBackoffMs = 1000;
// A sensor under load takes a moment to accept; one that is not there refuses
// at once.
constexpr int kConnectTimeoutMs = 5000;

std::shared_ptr<grpc::Channel> Connect(const Address& address) {
  grpc::ChannelArguments arguments;
  // http_proxy must not carry a sensor's records elsewhere.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstBackoffMs);
  // Also how long one attempt to connect may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxBackoffMs);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  const auto credentials = address.socket_path.empty()
                               ? grpc::InsecureChannelCredentials()
                               : grpc::experimental::LocalCredentials(UDS);
  return grpc::CreateCustomChannel(address.target, credentials, arguments);
}

}  // namespace

Client::Client(const Address& address, std::chrono::milliseconds timeout,
               Interrupt& interrupt)
    : address_(address),
      timeout_(timeout),
      interrupt_(interrupt),
      channel_(Connect(address)),
      sensor_(v1::SensorService::NewStub(channel_)),
      observe_(v1::ObserveService::NewStub(channel_)),
      history_(v1::HistoryService::NewStub(channel_)),
      policy_(v1::PolicyService::NewStub(channel_)) {}

}  // namespace tapline
