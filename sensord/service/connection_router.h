// Takes accepted connections to the gRPC acceptor that speaks for their peer.

#ifndef TAPLINE_SENSORD_SERVICE_CONNECTION_ROUTER_H_
#define TAPLINE_SENSORD_SERVICE_CONNECTION_ROUTER_H_

#include <grpcpp/server_builder.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "common/log/log.h"
#include "common/time/clock.h"
#include "sensord/service/acceptor.h"
#include "sensord/service/call_gate.h"
#include "sensord/service/identity_slots.h"

namespace tapline {

// Thread safety: Open and Closed by the accept loop's thread only.
class ConnectionRouter final : public ConnectionSink {
 public:
  // Registers its acceptors with `builder`, one for each of `identities`
  // different peers and three more: peers without a role, peers beyond that
  // number, loopback TCP. `log` may be null. `gate` and `clock` must outlive
  // the router, the router the server.
  ConnectionRouter(grpc::ServerBuilder& builder, size_t identities,
                   const CallGate& gate, const Clock& clock, Log* log);

  uint64_t Open(Descriptor fd, const absl::optional<Peer>& peer) override;
  void Closed(uint64_t token) override;

 private:
  using GrpcAcceptor = grpc::experimental::ExternalConnectionAcceptor;

  std::unique_ptr<GrpcAcceptor> Add(grpc::ServerBuilder& builder, bool tcp,
                                    const char* property,
                                    std::function<std::string()> value);
  static void Hand(GrpcAcceptor& acceptor, Descriptor fd);

  const CallGate& gate_;
  const Clock& clock_;
  Log* const log_;
  // Shared with the processors that gRPC keeps.
  std::shared_ptr<IdentitySlots> slots_;
  std::vector<std::unique_ptr<GrpcAcceptor>> by_slot_;
  std::unique_ptr<GrpcAcceptor> without_role_;
  std::unique_ptr<GrpcAcceptor> beyond_slots_;
  std::unique_ptr<GrpcAcceptor> loopback_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_CONNECTION_ROUTER_H_
