#include "netctl/commands/session.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/config/config.h"
#include "common/status/macros.h"

namespace tapline {

absl::Status Session::Prepare() {
  const auto format = ParseFormat(globals_.output);
  if (!format.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown output format ", globals_.output));
  }
  format_ = *format;
  terminal_.SetColor(globals_.color);
  const auto timeout = ParseDuration(globals_.timeout);
  if (!timeout.has_value() || *timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("--timeout must be like 12s or 500ms");
  }
  ASSIGN_OR_RETURN(const Address address, ParseAddress(globals_.address));
  client_ = std::make_unique<Client>(
      address, absl::ToChronoMilliseconds(*timeout), interrupt_);
  return absl::OkStatus();
}

int Session::Print(const std::string& text) {
  terminal_.Out(text);
  return terminal_.failed() ? kExitFailure : kExitOk;
}

int Session::Fail(const grpc::Status& status) {
  const Failure failure = Explain(status, client_->address());
  terminal_.Say(failure.message);
  return failure.exit_code;
}

int Session::FailUsage(absl::string_view what) {
  terminal_.Say(what);
  return kExitUsage;
}

}  // namespace tapline
