#include "sensord/service/connection_router.h"

#include <grpcpp/security/server_credentials.h>

#include <string>
#include <utility>

#include "sensord/service/connection_auth.h"
#include "sensord/service/errors.h"

namespace tapline {
namespace {

// Token of a connection that holds no slot.
constexpr uint64_t kNoSlot = ~uint64_t{0};

std::function<std::string()> Constant(Reason reason) {
  return [reason] { return std::string(ReasonName(reason)); };
}

}  // namespace

ConnectionRouter::ConnectionRouter(grpc::ServerBuilder& builder,
                                   size_t identities, const CallGate& gate,
                                   const Clock& clock, Log* log)
    : gate_(gate),
      clock_(clock),
      log_(log),
      slots_(std::make_shared<IdentitySlots>(identities)) {
  for (size_t i = 0; i < identities; ++i) {
    std::shared_ptr<IdentitySlots> slots = slots_;
    by_slot_.push_back(Add(builder, false, kPeerProperty,
                           [slots, i] { return slots->TextOf(i); }));
  }
  without_role_ =
      Add(builder, false, kRefusedProperty, Constant(Reason::kROLE_REQUIRED));
  beyond_slots_ = Add(builder, false, kRefusedProperty,
                      Constant(Reason::kTOO_MANY_IDENTITIES));
  loopback_ =
      Add(builder, true, kLoopbackProperty, [] { return std::string("1"); });
}

std::unique_ptr<ConnectionRouter::GrpcAcceptor> ConnectionRouter::Add(
    grpc::ServerBuilder& builder, bool tcp, const char* property,
    std::function<std::string()> value) {
  // Insecure credentials take no processor (gRPC aborts); local ones do.
  std::shared_ptr<grpc::ServerCredentials> credentials =
      grpc::experimental::LocalServerCredentials(tcp ? LOCAL_TCP : UDS);
  credentials->SetAuthMetadataProcessor(
      MakeConnectionAuth(property, std::move(value)));
  return builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      credentials);
}

void ConnectionRouter::Hand(GrpcAcceptor& acceptor, Descriptor fd) {
  GrpcAcceptor::NewConnectionParameters parameters;
  parameters.fd = fd.Release();
  acceptor.HandleNewConnection(&parameters);
}

uint64_t ConnectionRouter::Open(Descriptor fd,
                                const absl::optional<Peer>& peer) {
  if (!peer.has_value()) {
    Hand(*loopback_, std::move(fd));
    return kNoSlot;
  }
  if (gate_.RoleOf(*peer) == v1::ROLE_UNSPECIFIED) {
    if (log_ != nullptr) {
      log_->WarnRarely("peer_without_role", {{"uid", peer->uid}});
    }
    Hand(*without_role_, std::move(fd));
    return kNoSlot;
  }
  absl::optional<size_t> slot = slots_->Acquire(*peer, clock_.Now());
  if (!slot.has_value()) {
    if (log_ != nullptr) {
      log_->WarnRarely("too_many_users", {{"uid", peer->uid}});
    }
    Hand(*beyond_slots_, std::move(fd));
    return kNoSlot;
  }
  Hand(*by_slot_[*slot], std::move(fd));
  return *slot;
}

void ConnectionRouter::Closed(uint64_t token) {
  if (token != kNoSlot) slots_->Release(token, clock_.Now());
}

}  // namespace tapline
