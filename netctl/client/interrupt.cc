#include "netctl/client/interrupt.h"

#include <grpcpp/client_context.h>

namespace tapline {

void Interrupt::Set() {
  const MutexLock lock(mutex_);
  set_ = true;
  for (grpc::ClientContext* call : calls_) call->TryCancel();
  changed_.notify_all();
}

bool Interrupt::IsSet() const {
  const MutexLock lock(mutex_);
  return set_;
}

bool Interrupt::WaitFor(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  const MutexLock lock(mutex_);
  while (!set_ && std::chrono::steady_clock::now() < until) {
    changed_.wait_until(mutex_, until);
  }
  return set_;
}

InterruptScope::InterruptScope(Interrupt& interrupt, grpc::ClientContext& call)
    : interrupt_(interrupt), call_(call) {
  const MutexLock lock(interrupt_.mutex_);
  interrupt_.calls_.insert(&call_);
  if (interrupt_.set_) call_.TryCancel();
}

InterruptScope::~InterruptScope() {
  const MutexLock lock(interrupt_.mutex_);
  interrupt_.calls_.erase(&call_);
}

}  // namespace tapline
