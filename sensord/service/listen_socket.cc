#include "sensord/service/listen_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status/macros.h"

namespace tapline {
namespace {

constexpr int kBacklog = 128;

absl::Status Errno(absl::string_view what, absl::string_view path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", path));
}

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Removes what is left of an earlier process, and only that.
absl::Status RemoveStale(const std::string& path) {
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path,
                     " exists and is no socket; remove it or choose "
                     "another listen.address"));
  }
  Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe.valid()) return Errno("socket", path);
  sockaddr_un address = UnixAddress(path);
  int result = connect(probe.get(), reinterpret_cast<sockaddr*>(&address),
                       sizeof(address));
  if (result == 0 || errno != ECONNREFUSED) {
    return absl::AlreadyExistsError(absl::StrCat("another process listens on ",
                                                 path,
                                                 "; stop it or choose another "
                                                 "listen.address"));
  }
  if (unlink(path.c_str()) != 0) return Errno("cannot remove", path);
  return absl::OkStatus();
}

absl::Status SetAccess(const std::string& path, absl::string_view group) {
  if (!group.empty()) {
    struct group entry = {};
    struct group* found = nullptr;
    std::vector<char> buffer(65536);
    std::string name(group);
    if (getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(),
                   &found) != 0 ||
        found == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("listen.group: no group is called ", group));
    }
    if (chown(path.c_str(), static_cast<uid_t>(-1), found->gr_gid) != 0) {
      return Errno(absl::StrCat("cannot give group ", group, " to"), path);
    }
  }
  if (chmod(path.c_str(), 0660) != 0) return Errno("cannot set mode of", path);
  return absl::OkStatus();
}

// Parses the two loopback forms into `address`; its length, 0 for neither.
socklen_t ParseLoopback(absl::string_view text, sockaddr_storage& address) {
  uint32_t port = 0;
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "127.0.0.1:") &&
      absl::SimpleAtoi(rest, &port) && port <= 65535) {
    auto* in = reinterpret_cast<sockaddr_in*>(&address);
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in->sin_port = htons(static_cast<uint16_t>(port));
    return sizeof(*in);
  }
  rest = text;
  if (absl::ConsumePrefix(&rest, "[::1]:") && absl::SimpleAtoi(rest, &port) &&
      port <= 65535) {
    auto* in = reinterpret_cast<sockaddr_in6*>(&address);
    in->sin6_family = AF_INET6;
    in->sin6_addr = in6addr_loopback;
    in->sin6_port = htons(static_cast<uint16_t>(port));
    return sizeof(*in);
  }
  return 0;
}

}  // namespace

void Descriptor::Reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

absl::StatusOr<std::string> UnixPath(absl::string_view address) {
  absl::string_view path = address;
  if (!absl::ConsumePrefix(&path, "unix://") &&
      !absl::ConsumePrefix(&path, "unix:")) {
    return absl::InvalidArgumentError(
        absl::StrCat("listen.address ", address, ": must be unix:///PATH"));
  }
  if (path.empty() || path[0] != '/' ||
      path.size() >= sizeof(sockaddr_un::sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "listen.address ", address, ": the path must be absolute and at most ",
        sizeof(sockaddr_un::sun_path) - 1, " bytes"));
  }
  return std::string(path);
}

absl::StatusOr<Descriptor> ListenUnix(absl::string_view address,
                                      absl::string_view group) {
  ASSIGN_OR_RETURN(std::string path, UnixPath(address));
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(),
                                      error);
  if (error) {
    return absl::ErrnoToStatus(
        error.value(), absl::StrCat("cannot make the directory of ", path));
  }
  RETURN_IF_ERROR(RemoveStale(path));
  Descriptor listener(
      socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.valid()) return Errno("socket", path);
  sockaddr_un name = UnixAddress(path);
  // Nobody else gets in before the group is set: Linux gives the file the mode
  // of the socket.
  if (fchmod(listener.get(), 0600) != 0 ||
      bind(listener.get(), reinterpret_cast<sockaddr*>(&name), sizeof(name)) !=
          0) {
    return Errno("cannot listen on", path);
  }
  absl::Status access = SetAccess(path, group);
  if (!access.ok() || listen(listener.get(), kBacklog) != 0) {
    if (access.ok()) access = Errno("cannot listen on", path);
    unlink(path.c_str());
    return access;
  }
  return listener;
}

absl::StatusOr<Descriptor> ListenLoopback(absl::string_view address) {
  sockaddr_storage name = {};
  socklen_t size = ParseLoopback(address, name);
  if (size == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "listen.insecure_loopback ", address,
        ": must be 127.0.0.1:PORT or [::1]:PORT; other addresses need TLS"));
  }
  Descriptor listener(
      socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.valid()) return Errno("socket", address);
  int on = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(listener.get(), reinterpret_cast<sockaddr*>(&name), size) != 0 ||
      listen(listener.get(), kBacklog) != 0) {
    return Errno("cannot listen on", address);
  }
  return listener;
}

int PortOf(const Descriptor& listener) {
  sockaddr_storage name = {};
  socklen_t size = sizeof(name);
  if (getsockname(listener.get(), reinterpret_cast<sockaddr*>(&name), &size) !=
      0) {
    return 0;
  }
  return name.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<sockaddr_in6*>(&name)->sin6_port)
             : ntohs(reinterpret_cast<sockaddr_in*>(&name)->sin_port);
}

}  // namespace tapline
