// Ends calls in progress when the user presses ^C.

#ifndef TAPLINE_NETCTL_CLIENT_INTERRUPT_H_
#define TAPLINE_NETCTL_CLIENT_INTERRUPT_H_

#include <chrono>
#include <set>

#include "common/sync/mutex.h"

namespace grpc {
class ClientContext;
}  // namespace grpc

namespace tapline {

// Thread safety: thread-safe.
class Interrupt {
 public:
  // Cancels every call registered, now and from now on.
  void Set();
  bool IsSet() const;
  // Waits; true when interrupted before the time is over.
  bool WaitFor(std::chrono::milliseconds time);

 private:
  friend class InterruptScope;

  mutable Mutex mutex_;
  CondVar changed_;
  bool set_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<grpc::ClientContext*> calls_ ABSL_GUARDED_BY(mutex_);
};

// Registers one call for its lifetime; both must outlive the scope.
class InterruptScope {
 public:
  InterruptScope(Interrupt& interrupt, grpc::ClientContext& call);
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

 private:
  Interrupt& interrupt_;
  grpc::ClientContext& call_;
};

}  // namespace tapline

#endif  // TAPLINE_NETCTL_CLIENT_INTERRUPT_H_
