// What went wrong, for people and for scripts.

#ifndef TAPLINE_NETCTL_CLIENT_FAILURE_H_
#define TAPLINE_NETCTL_CLIENT_FAILURE_H_

#include <string>

#include "netctl/client/address.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace tapline {

// Exit codes of the command line contract.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotFound = 3;
inline constexpr int kExitAuthentication = 4;
inline constexpr int kExitUnavailable = 5;
inline constexpr int kExitRefused = 6;
inline constexpr int kExitDataLoss = 7;
inline constexpr int kExitInterrupted = 130;

struct Failure {
  int exit_code = kExitFailure;
  // What failed, where, and what to do; without line end.
  std::string message;
};

// The reason of the answer's google.rpc.ErrorInfo; empty without one.
std::string ReasonOf(const grpc::Status& status);
// A value of the ErrorInfo; empty when it has none of that name.
std::string MetadataOf(const grpc::Status& status, const std::string& key);

Failure Explain(const grpc::Status& status, const Address& address);

}  // namespace tapline

#endif  // TAPLINE_NETCTL_CLIENT_FAILURE_H_
