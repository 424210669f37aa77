// Runs one unary call: gate, limits, work on the pool, answer by the deadline.
// The work of a call that has ended, by its limit or because its client went
// away, ends at its next WorkGoesOn.

#ifndef TAPLINE_SENSORD_SERVICE_UNARY_CALL_H_
#define TAPLINE_SENSORD_SERVICE_UNARY_CALL_H_

#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "sensord/service/call_gate.h"
#include "sensord/service/errors.h"
#include "sensord/service/fair_turns.h"
#include "sensord/service/worker_pool.h"

namespace tapline {

// What all services share; must outlive them.
struct CallDesk {
  // Calls one caller, and all together, may have under way.
  static constexpr size_t kCallsPerCaller = 32;
  static constexpr size_t kCalls = 256;

  const CallGate& gate;
  // For calls that may wait.
  WorkerPool& pool;
  CallerLimit& calls;
  // Of the work of calls.
  FairTurns& turns;
};

// Finishes at once with a refusal.
grpc::ServerUnaryReactor* FinishNow(grpc::CallbackServerContext& context,
                                    const absl::Status& status);

// The work gets copies it may keep: it may go on for a moment when the call has
// ended, and its result is then dropped.
template <typename Request, typename Response>
class UnaryCall final
    : public grpc::ServerUnaryReactor,
      public std::enable_shared_from_this<UnaryCall<Request, Response>> {
 public:
  using Work =
      std::function<absl::Status(const Caller&, const Request&, Response&)>;

  static grpc::ServerUnaryReactor* Start(CallDesk& desk,
                                         grpc::CallbackServerContext* context,
                                         Method method, const Request* request,
                                         Response* response, Work work) {
    absl::StatusOr<Caller> caller =
        desk.gate.Admit(*context->auth_context(), method);
    if (!caller.ok()) return FinishNow(*context, caller.status());
    int64_t key = caller->key();
    if (!desk.calls.Enter(key, CallDesk::kCallsPerCaller, CallDesk::kCalls)) {
      return FinishNow(*context, Refuse(Reason::kTOO_MANY_CALLS,
                                        "too many calls are under way"));
    }
    auto call = std::make_shared<UnaryCall>(desk, *std::move(caller), *request,
                                            response, std::move(work));
    call->self_ = call;
    call->SetLimit(RowOf(method).limit);
    if (!desk.pool.Submit(key, [call] { call->Run(); })) {
      desk.calls.Leave(key);
      call->Finish(Refuse(Reason::kSERVER_BUSY, "too many calls wait"));
    }
    return call.get();
  }

  // Reading one record by its id, a page that needs little.
  static constexpr auto kHeadStart = std::chrono::milliseconds(50);

  // Use Start.
  UnaryCall(CallDesk& desk, Caller caller, const Request& request,
            Response* response, Work work)
      : desk_(desk),
        caller_(std::move(caller)),
        request_(request),
        response_(response),
        work_(std::move(work)),
        job_(desk.turns, caller_.key(), kHeadStart) {}

  void OnCancel() override {
    Finish(Refuse(Reason::kCANCELLED, "the client ended the call"));
  }
  void OnDone() override { self_.reset(); }

 private:
  void SetLimit(absl::Duration limit) {
    // Weak: the alarm keeps its function for as long as it lives itself.
    std::weak_ptr<UnaryCall> weak = this->shared_from_this();
    alarm_.Set(absl::ToChronoTime(absl::Now() + limit), [weak](bool expired) {
      std::shared_ptr<UnaryCall> self = weak.lock();
      if (!expired || self == nullptr) return;
      self->Finish(Refuse(Reason::kDEADLINE_EXCEEDED,
                          "the call took longer than the server allows"));
    });
  }

  void Run() {
    if (!finished_.load()) {
      const WorkScope scope(job_);
      absl::Status status = work_(caller_, request_, own_response_);
      job_.Pause();
      Finish(status);
    }
    desk_.calls.Leave(caller_.key());
    alarm_.Cancel();
  }

  void Finish(const absl::Status& status) {
    if (finished_.exchange(true)) return;
    if (status.ok()) {
      response_->Swap(&own_response_);
    } else {
      job_.Stop(status);
    }
    grpc::ServerUnaryReactor::Finish(ToGrpc(status));
  }

  CallDesk& desk_;
  const Caller caller_;
  const Request request_;
  // Belongs to gRPC, valid until Finish.
  Response* const response_;
  Response own_response_;
  const Work work_;
  FairTurns::Job job_;
  std::atomic<bool> finished_{false};
  // Keeps it until gRPC is done with it.
  std::shared_ptr<UnaryCall> self_;
  grpc::Alarm alarm_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_UNARY_CALL_H_
