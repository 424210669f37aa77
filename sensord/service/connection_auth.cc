#include "sensord/service/connection_auth.h"

#include "absl/strings/string_view.h"
#include "common/sync/mutex.h"
#include "sensord/service/methods.h"

namespace tapline {
namespace {

class ConnectionAuth final : public grpc::AuthMetadataProcessor {
 public:
  ConnectionAuth(const char* name, std::function<std::string()> value)
      : name_(name), value_(std::move(value)) {}

  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata,
                       grpc::AuthContext* context, OutputMetadata*,
                       OutputMetadata*) override {
    auto path = metadata.find(":path");
    if (path == metadata.end() || !Known(path->second)) {
      return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "unknown method");
    }
    // The context is shared by all calls of the connection, which may begin on
    // several threads.
    MutexLock lock(mutex_);
    if (context->FindPropertyValues(name_).empty()) {
      context->AddProperty(name_, value_());
    }
    return grpc::Status::OK;
  }

 private:
  static bool Known(grpc::string_ref path) {
    absl::string_view text(path.data(), path.size());
    return FindMethod(text) != nullptr || IsOpenMethod(text);
  }

  const char* const name_;
  const std::function<std::string()> value_;
  Mutex mutex_;
};

}  // namespace

std::shared_ptr<grpc::AuthMetadataProcessor> MakeConnectionAuth(
    const char* name, std::function<std::string()> value) {
  return std::make_shared<ConnectionAuth>(name, std::move(value));
}

}  // namespace tapline
