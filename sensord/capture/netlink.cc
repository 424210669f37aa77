#include "sensord/capture/netlink.h"

#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/memory/memory.h"
#include "common/status/macros.h"

namespace tapline {
namespace {

// Larger than any datagram of a dump (the kernel's limit is 32 KiB).
constexpr size_t kBufferBytes = 64 * 1024;
constexpr int kDumpTimeoutMs = 1000;

// One datagram; 0 if none is there. Messages of other processes are dropped.
absl::StatusOr<size_t> ReceiveOnce(int fd, std::vector<uint8_t>& buffer) {
  while (true) {
    sockaddr_nl from = {};
    socklen_t from_bytes = sizeof from;
    const ssize_t n =
        recvfrom(fd, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC,
                 reinterpret_cast<sockaddr*>(&from), &from_bytes);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return 0;
      if (errno == ENOBUFS) {
        return absl::ResourceExhaustedError("netlink: messages lost");
      }
      return absl::ErrnoToStatus(errno, "netlink: receive");
    }
    if (from.nl_pid != 0) continue;
    if (static_cast<size_t>(n) > buffer.size()) {
      return absl::ResourceExhaustedError("netlink: message too long");
    }
    return static_cast<size_t>(n);
  }
}

// Calls `fn` for each message of a datagram until it returns false.
void ForEachMessage(const std::vector<uint8_t>& buffer, size_t bytes,
                    absl::FunctionRef<bool(const nlmsghdr&)> fn) {
  size_t at = 0;
  while (bytes - at >= sizeof(nlmsghdr)) {
    const auto* message = reinterpret_cast<const nlmsghdr*>(&buffer[at]);
    const size_t length = message->nlmsg_len;
    if (length < sizeof(nlmsghdr) || length > bytes - at) return;
    if (!fn(*message)) return;
    const size_t step = (length + NLMSG_ALIGNTO - 1) & ~(NLMSG_ALIGNTO - 1);
    if (step >= bytes - at) return;
    at += step;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<NetlinkSocket>> NetlinkSocket::Open(
    uint32_t groups) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return absl::ErrnoToStatus(errno, "netlink: socket");
  auto result = absl::WrapUnique(new NetlinkSocket(fd));
  sockaddr_nl local = {};
  local.nl_family = AF_NETLINK;
  local.nl_groups = groups;
  if (bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0) {
    return absl::ErrnoToStatus(errno, "netlink: bind");
  }
  socklen_t bytes = sizeof local;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&local), &bytes) != 0) {
    return absl::ErrnoToStatus(errno, "netlink: address");
  }
  result->port_ = local.nl_pid;
  return result;
}

NetlinkSocket::~NetlinkSocket() { close(fd_); }

absl::Status NetlinkSocket::Dump(uint16_t type, uint8_t family,
                                 Handler handler) {
  struct {
    nlmsghdr header;
    rtgenmsg body;
  } request = {};
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body);
  request.header.nlmsg_type = type;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = ++sequence_;
  request.body.rtgen_family = family;
  if (send(fd_, &request, request.header.nlmsg_len, 0) < 0) {
    return absl::ErrnoToStatus(errno, "netlink: send");
  }
  std::vector<uint8_t> buffer(kBufferBytes);
  absl::Status status;
  bool done = false;
  while (!done) {
    pollfd p = {fd_, POLLIN, 0};
    if (poll(&p, 1, kDumpTimeoutMs) == 0) {
      return absl::UnavailableError("netlink: no answer");
    }
    ASSIGN_OR_RETURN(const size_t bytes, ReceiveOnce(fd_, buffer));
    ForEachMessage(buffer, bytes, [&](const nlmsghdr& message) {
      if (message.nlmsg_seq != sequence_) return true;
      if (message.nlmsg_flags & NLM_F_DUMP_INTR) {
        status = absl::UnavailableError("netlink: dump interrupted");
      }
      done =
          message.nlmsg_type == NLMSG_DONE || message.nlmsg_type == NLMSG_ERROR;
      if (message.nlmsg_type == NLMSG_ERROR) {
        status = absl::UnavailableError("netlink: request refused");
      }
      if (!done) handler(message);
      return !done;
    });
  }
  return status;
}

absl::Status NetlinkSocket::Receive(Handler handler) {
  std::vector<uint8_t> buffer(kBufferBytes);
  absl::Status lost;
  while (true) {
    const absl::StatusOr<size_t> bytes = ReceiveOnce(fd_, buffer);
    if (!bytes.ok()) {
      if (!absl::IsResourceExhausted(bytes.status())) return bytes.status();
      // Nothing more fits before the rest has been read.
      lost = bytes.status();
      continue;
    }
    if (*bytes == 0) return lost;
    ForEachMessage(buffer, *bytes, [&](const nlmsghdr& message) {
      handler(message);
      return true;
    });
  }
}

absl::StatusOr<uint32_t> NetlinkSocket::AskForLink(const std::string& name) {
  struct {
    nlmsghdr header;
    ifinfomsg body;
    rtattr attribute;
    char name[IFNAMSIZ];
  } request = {};
  static_assert(sizeof request ==
                NLMSG_LENGTH(sizeof(ifinfomsg)) + RTA_LENGTH(IFNAMSIZ));
  if (name.size() >= sizeof request.name) {
    return absl::InvalidArgumentError("netlink: name too long");
  }
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.header.nlmsg_seq = ++sequence_;
  request.body.ifi_family = AF_UNSPEC;
  request.attribute.rta_type = IFLA_IFNAME;
  request.attribute.rta_len = RTA_LENGTH(IFNAMSIZ);
  name.copy(request.name, name.size());
  if (send(fd_, &request, sizeof request, 0) < 0) {
    return absl::ErrnoToStatus(errno, "netlink: send");
  }
  return sequence_;
}

void ForEachAttribute(
    absl::Span<const uint8_t> attributes,
    absl::FunctionRef<void(uint16_t, absl::Span<const uint8_t>)> fn) {
  while (attributes.size() >= sizeof(rtattr)) {
    rtattr header;
    std::memcpy(&header, attributes.data(), sizeof header);
    if (header.rta_len < sizeof header || header.rta_len > attributes.size()) {
      return;
    }
    fn(header.rta_type & NLA_TYPE_MASK,
       attributes.subspan(sizeof header, header.rta_len - sizeof header));
    const size_t step = RTA_ALIGN(header.rta_len);
    if (step >= attributes.size()) return;
    attributes.remove_prefix(step);
  }
}

uint32_t AttributeU32(absl::Span<const uint8_t> value) {
  uint32_t number = 0;
  if (value.size() == sizeof number) {
    std::memcpy(&number, value.data(), sizeof number);
  }
  return number;
}

}  // namespace tapline
