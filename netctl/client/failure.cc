#include "netctl/client/failure.h"

#include <grpcpp/support/status.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "common/net/wire_text.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace tapline {
namespace {

int ExitCode(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
      return kExitOk;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE:
      return kExitUsage;
    case grpc::StatusCode::NOT_FOUND:
      return kExitNotFound;
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return kExitAuthentication;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return kExitUnavailable;
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return kExitRefused;
    case grpc::StatusCode::CANCELLED:
      return kExitInterrupted;
    default:
      return kExitFailure;
  }
}

// Empty when the status has none.
google::rpc::ErrorInfo InfoOf(const grpc::Status& status) {
  google::rpc::ErrorInfo info;
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return info;
  for (const auto& detail : details.details()) {
    if (detail.UnpackTo(&info)) break;
  }
  return info;
}

// Why nothing answers at the address, and what to do.
std::string Unreachable(const Address& address) {
  if (address.socket_path.empty()) {
    return "is sensord running with --insecure-loopback on that port?";
  }
  const char* path = address.socket_path.c_str();
  struct stat info {};
  if (stat(path, &info) != 0) {
    if (errno == EACCES) return "its folder may not be entered; try sudo";
    return "there is no such socket; start sensord, or name another address "
           "with --address or NETCTL_ADDRESS";
  }
  if (access(path, R_OK | W_OK) != 0) {
    return "the socket may not be opened; join its group or try sudo";
  }
  return "nobody answers there; is sensord running?";
}

}  // namespace

std::string ReasonOf(const grpc::Status& status) {
  return PrintableText(InfoOf(status).reason());
}

std::string MetadataOf(const grpc::Status& status, const std::string& key) {
  const google::rpc::ErrorInfo info = InfoOf(status);
  const auto found = info.metadata().find(key);
  return found == info.metadata().end() ? "" : PrintableText(found->second);
}

Failure Explain(const grpc::Status& status, const Address& address) {
  Failure failure{ExitCode(status.error_code()), ""};
  const std::string text = PrintableText(status.error_message());
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      failure.message = absl::StrCat("cannot reach sensord at ", address.text,
                                     ": ", Unreachable(address));
      // A server that refuses for now says so in words of its own.
      if (!ReasonOf(status).empty()) failure.message = text;
      break;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      failure.message = absl::StrCat("sensord at ", address.text,
                                     " did not answer in time; see --timeout");
      break;
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
      failure.message = absl::StrCat("not allowed: ", text);
      break;
    case grpc::StatusCode::UNIMPLEMENTED:
      failure.message = absl::StrCat(
          "sensord at ", address.text,
          " does not know this command; is it of another version?");
      break;
    case grpc::StatusCode::CANCELLED:
      failure.message = "interrupted";
      break;
    default:
      failure.message = text.empty() ? "failed without a reason" : text;
  }
  const std::string reason = ReasonOf(status);
  if (!reason.empty()) absl::StrAppend(&failure.message, " (", reason, ")");
  return failure;
}

}  // namespace tapline
