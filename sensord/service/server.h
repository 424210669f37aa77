// The operator listener: everything that clients can ask, on a Unix socket.

#ifndef TAPLINE_SENSORD_SERVICE_SERVER_H_
#define TAPLINE_SENSORD_SERVICE_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/log.h"
#include "common/time/clock.h"
#include "sensord/control/control.h"
#include "sensord/detect/detect_stage.h"
#include "sensord/journal/journal.h"
#include "sensord/policy/policy_store.h"
#include "sensord/service/acceptor.h"
#include "sensord/service/call_gate.h"
#include "sensord/store/store.h"

namespace tapline {

struct ServiceOptions {
  // `--insecure-loopback` was given: listen.insecure_loopback may be used. Its
  // callers are nobody in particular and get ROLE_READER.
  bool allow_insecure_loopback = false;
  // Of the program, for GetStatus.
  std::string version;
  AcceptorLimits limits;
  // Different users with a role that may be connected at once.
  size_t identities = 64;
};

// Must outlive the server.
struct ServiceDeps {
  Journal& journal;
  Store& store;
  Control& control;
  PolicyStore& policy;
  const Clock& clock;
  // Role of a local user (RoleOf of sensord/policy).
  RoleResolver role_of;
  // Rules() of sensord/detect.
  std::vector<RuleInfo> rules;
  // May be null.
  Log* log = nullptr;
};

// Thread safety: Stop by one thread; the rest from any.
class Server {
 public:
  // Listens by listen.* of the policy in force, and serves. InvalidArgument,
  // AlreadyExists, PermissionDenied: the address cannot be used (names it and
  // the fix). FailedPrecondition: listen.insecure_loopback without the flag.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServiceOptions options,
                                                       ServiceDeps deps);
  virtual ~Server() = default;

  // Accepts no more, ends every stream with UNAVAILABLE, reason SHUTTING_DOWN,
  // after a last checkpoint, lets unary calls finish, and cancels at `deadline`
  // what is left. Removes the socket.
  virtual void Stop(absl::Time deadline) = 0;

  // Connections accepted and refused.
  virtual const AcceptorCounters& counters() const = 0;
  // Port of the loopback listener; 0 without.
  virtual int loopback_port() const = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_SERVER_H_
