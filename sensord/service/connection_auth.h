// What each acceptor states about its connections, for the gate to read.

#ifndef TAPLINE_SENSORD_SERVICE_CONNECTION_AUTH_H_
#define TAPLINE_SENSORD_SERVICE_CONNECTION_AUTH_H_

#include <grpcpp/security/auth_metadata_processor.h>

#include <functional>
#include <memory>
#include <string>

namespace tapline {

// Properties of the auth context; a connection has exactly one of them.
// PeerToText of the process that connected.
inline constexpr char kPeerProperty[] = "tapline_peer";
// Loopback TCP: nobody knows who it is.
inline constexpr char kLoopbackProperty[] = "tapline_loopback";
// Name of the Reason for which every call is refused.
inline constexpr char kRefusedProperty[] = "tapline_refused";

// Stamps `name` = value() on a connection at its first call, where it stays for
// the connection's life. Refuses paths that are in no table (default deny).
// `value` must not block; any thread.
std::shared_ptr<grpc::AuthMetadataProcessor> MakeConnectionAuth(
    const char* name, std::function<std::string()> value);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_CONNECTION_AUTH_H_
