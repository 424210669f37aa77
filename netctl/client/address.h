// Where a sensor listens.

#ifndef TAPLINE_NETCTL_CLIENT_ADDRESS_H_
#define TAPLINE_NETCTL_CLIENT_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tapline {

inline constexpr char kDefaultAddress[] = "unix:///run/tapline/sensord.sock";

struct Address {
  // As the user wrote it.
  std::string text;
  // What gRPC connects to.
  std::string target;
  // Path of the socket; empty for host:port.
  std::string socket_path;
};

// "unix:///path", or host:port of a loopback address: "127.0.0.1:50051",
// "[::1]:50051", "localhost:50051". InvalidArgument: anything else; without TLS
// only loopback is safe.
absl::StatusOr<Address> ParseAddress(absl::string_view text);

}  // namespace tapline

#endif  // TAPLINE_NETCTL_CLIENT_ADDRESS_H_
