// The sockets the operator listener waits on.

#ifndef TAPLINE_SENSORD_SERVICE_LISTEN_SOCKET_H_
#define TAPLINE_SENSORD_SERVICE_LISTEN_SOCKET_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tapline {

// Owns a descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = other.Release();
    }
    return *this;
  }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  // Gives up ownership.
  int Release() {
    int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void Reset();

 private:
  int fd_ = -1;
};

// Listens on `address` ("unix:///P" or "unix:P"): makes the parent directory
// (0755) when it is missing, removes a socket that nobody answers on, sets mode
// 0660 and, unless empty, the group.
// InvalidArgument: no such address form, path too long, no such group.
// AlreadyExists: a process answers there. FailedPrecondition: the path is no
// socket. PermissionDenied and others: as the system says.
absl::StatusOr<Descriptor> ListenUnix(absl::string_view address,
                                      absl::string_view group);
// The path in the address. InvalidArgument.
absl::StatusOr<std::string> UnixPath(absl::string_view address);

// Listens on "127.0.0.1:PORT" or "[::1]:PORT"; port 0 chooses one.
// InvalidArgument: any address that is not loopback.
absl::StatusOr<Descriptor> ListenLoopback(absl::string_view address);
// Port a TCP listener is bound to.
int PortOf(const Descriptor& listener);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_LISTEN_SOCKET_H_
