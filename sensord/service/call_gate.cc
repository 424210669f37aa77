#include "sensord/service/call_gate.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/service/connection_auth.h"
#include "sensord/service/errors.h"

namespace tapline {
namespace {

absl::string_view RoleWord(v1::Role role) {
  switch (role) {
    case v1::ROLE_READER:
      return "reader";
    case v1::ROLE_ANALYST:
      return "analyst";
    case v1::ROLE_ADMIN:
      return "admin";
    default:
      return "none";
  }
}

absl::Status RoleRequired(const Caller& caller, const MethodRow& row) {
  std::string who = caller.peer.has_value()
                        ? absl::StrCat("uid ", caller.peer->uid)
                        : "a caller on loopback TCP";
  std::string fix =
      caller.peer.has_value()
          ? "an administrator can bind one under access.roles in sensord.yaml"
          : "use the Unix socket";
  ErrorMetadata metadata = {{"method", std::string(row.path)},
                            {"required", v1::Role_Name(row.role)},
                            {"role", v1::Role_Name(caller.role)},
                            {"setting", "access.roles"}};
  if (caller.peer.has_value()) {
    metadata.emplace_back("uid", absl::StrCat(caller.peer->uid));
  }
  return Refuse(Reason::kROLE_REQUIRED,
                absl::StrCat(row.path, " needs role ", RoleWord(row.role), ", ",
                             who, " has ", RoleWord(caller.role), "; ", fix),
                metadata);
}

// What an acceptor that serves nobody says for every call.
absl::Status RefusedConnection(absl::string_view reason, const MethodRow& row) {
  if (reason == ReasonName(Reason::kTOO_MANY_IDENTITIES)) {
    return Refuse(Reason::kTOO_MANY_IDENTITIES,
                  "too many different users are connected; try again later");
  }
  return Refuse(
      Reason::kROLE_REQUIRED,
      absl::StrCat(row.path, " needs role ", RoleWord(row.role),
                   "; your user and groups have none: an administrator can "
                   "bind one under access.roles in sensord.yaml, then connect "
                   "again"),
      {{"method", std::string(row.path)},
       {"required", v1::Role_Name(row.role)},
       {"role", v1::Role_Name(v1::ROLE_UNSPECIFIED)},
       {"setting", "access.roles"}});
}

absl::optional<std::string> Property(const grpc::AuthContext& connection,
                                     const char* name) {
  std::vector<grpc::string_ref> values = connection.FindPropertyValues(name);
  if (values.size() != 1) return absl::nullopt;
  return std::string(values[0].data(), values[0].size());
}

}  // namespace

std::string Caller::User() const {
  return peer.has_value() ? UserName(peer->uid) : "loopback";
}

v1::Role CallGate::RoleOf(const Peer& peer) const {
  return role_of_(policy_.Get()->config.access(), peer);
}

absl::StatusOr<Caller> CallGate::Admit(const grpc::AuthContext& connection,
                                       Method method) const {
  const MethodRow& row = RowOf(method);
  absl::optional<std::string> refused = Property(connection, kRefusedProperty);
  if (refused.has_value()) return RefusedConnection(*refused, row);
  Caller caller;
  absl::optional<std::string> text = Property(connection, kPeerProperty);
  if (text.has_value()) {
    ASSIGN_OR_RETURN(Peer peer, PeerFromText(*text));
    caller.role = RoleOf(peer);
    caller.peer = std::move(peer);
  } else if (Property(connection, kLoopbackProperty).has_value()) {
    caller.role = v1::ROLE_READER;
  } else {
    return Refuse(Reason::kIDENTITY_UNKNOWN, "the connection has no identity");
  }
  if (caller.role < row.role) return RoleRequired(caller, row);
  return caller;
}

bool CallerLimit::Enter(int64_t key, size_t most_per_key, size_t most) {
  MutexLock lock(mutex_);
  if (total_ >= most) return false;
  auto found = per_key_.find(key);
  if (found != per_key_.end() && found->second >= most_per_key) return false;
  if (most_per_key == 0) return false;
  ++total_;
  ++per_key_[key];
  return true;
}

void CallerLimit::Leave(int64_t key) {
  MutexLock lock(mutex_);
  auto found = per_key_.find(key);
  if (found == per_key_.end()) return;
  --total_;
  if (--found->second == 0) per_key_.erase(found);
}

size_t CallerLimit::total() const {
  MutexLock lock(mutex_);
  return total_;
}

}  // namespace tapline
