// Who calls, and whether they may: the check every handler passes first.

#ifndef TAPLINE_SENSORD_SERVICE_CALL_GATE_H_
#define TAPLINE_SENSORD_SERVICE_CALL_GATE_H_

#include <grpcpp/security/auth_context.h>

#include <cstdint>
#include <functional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "common/sync/mutex.h"
#include "sensord/policy/policy_store.h"
#include "sensord/service/methods.h"
#include "sensord/service/peer.h"

namespace tapline {

// One admitted call.
struct Caller {
  // Absent for loopback TCP.
  absl::optional<Peer> peer;
  v1::Role role = v1::ROLE_UNSPECIFIED;

  // What limits count by: the uid, or -1 for everyone on loopback TCP.
  int64_t key() const {
    return peer.has_value() ? static_cast<int64_t>(peer->uid) : -1;
  }
  // Account name for records of who did what. May wait (UserName).
  std::string User() const;
};

// Role of a local user under the given rules; ROLE_UNSPECIFIED for none.
using RoleResolver =
    std::function<v1::Role(const v1::AccessConfig&, const Peer&)>;

// Thread safety: thread-safe; never blocks.
class CallGate {
 public:
  CallGate(const PolicyStore& policy, RoleResolver role_of)
      : policy_(policy), role_of_(std::move(role_of)) {}

  // The role of `peer` under the policy in force.
  v1::Role RoleOf(const Peer& peer) const;
  // By the rules in force at this moment, also on an old connection.
  // PermissionDenied: ROLE_REQUIRED. ResourceExhausted: TOO_MANY_IDENTITIES.
  // Unauthenticated: IDENTITY_UNKNOWN.
  absl::StatusOr<Caller> Admit(const grpc::AuthContext& connection,
                               Method method) const;

 private:
  const PolicyStore& policy_;
  const RoleResolver role_of_;
};

// Counts what each caller has open, against a bound for each and for all.
// Thread safety: thread-safe.
class CallerLimit {
 public:
  // False, and nothing is counted, when either bound is reached.
  bool Enter(int64_t key, size_t most_per_key, size_t most);
  void Leave(int64_t key);
  size_t total() const;

 private:
  mutable Mutex mutex_;
  size_t total_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<int64_t, size_t> per_key_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_CALL_GATE_H_
