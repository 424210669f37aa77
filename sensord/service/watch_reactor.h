// Binds a WatchStream to the response type of one method.

#ifndef TAPLINE_SENSORD_SERVICE_WATCH_REACTOR_H_
#define TAPLINE_SENSORD_SERVICE_WATCH_REACTOR_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "sensord/service/errors.h"
#include "sensord/service/watch_stream.h"

namespace tapline {

template <typename Response>
class WatchReactor final : public grpc::ServerWriteReactor<Response>,
                           public WatchStream {
 public:
  // `context` lives until OnDone.
  template <typename... Args>
  explicit WatchReactor(grpc::CallbackServerContext* context, Args&&... args)
      : WatchStream(std::forward<Args>(args)...), context_(context) {}

  void OnWriteDone(bool ok) override { Written(ok); }
  void OnCancel() override { Cancelled(); }
  void OnDone() override { Done(); }

 private:
  void Write(const WatchItem& item) override {
    response_.Clear();
    if (const auto* entry = std::get_if<JournalEntryPtr>(&item)) {
      *response_.mutable_record() = (*entry)->record;
    } else if (const auto* record = std::get_if<v1::Record>(&item)) {
      *response_.mutable_record() = *record;
    } else if (const auto* gap = std::get_if<v1::Gap>(&item)) {
      *response_.mutable_gap() = *gap;
    } else {
      *response_.mutable_checkpoint() = std::get<v1::Checkpoint>(item);
    }
    this->StartWrite(&response_);
  }
  void FinishCall(const absl::Status& status) override {
    this->Finish(ToGrpc(status));
  }
  void CancelCall() override { context_->TryCancel(); }

  grpc::CallbackServerContext* const context_;
  // Of the write under way.
  Response response_;
};

// A stream that ends at once with a refusal.
template <typename Response>
class RefusedStream final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit RefusedStream(const absl::Status& status) {
    this->Finish(ToGrpc(status));
  }
  void OnDone() override { std::unique_ptr<RefusedStream> self(this); }
};

template <typename Response>
grpc::ServerWriteReactor<Response>* RefuseStream(const absl::Status& status) {
  return std::make_unique<RefusedStream<Response>>(status).release();
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_WATCH_REACTOR_H_
