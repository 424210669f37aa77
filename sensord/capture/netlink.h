// A route netlink socket (rtnetlink(7)): dumps and link notifications.

#ifndef TAPLINE_SENSORD_CAPTURE_NETLINK_H_
#define TAPLINE_SENSORD_CAPTURE_NETLINK_H_

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace tapline {

// Thread safety: one thread.
class NetlinkSocket {
 public:
  using Handler = absl::FunctionRef<void(const nlmsghdr&)>;

  // Joins `groups` (RTMGRP_...). Needs no privilege.
  static absl::StatusOr<std::unique_ptr<NetlinkSocket>> Open(uint32_t groups);
  ~NetlinkSocket();

  // Calls `handler` for every object of an RTM_GET... dump.
  // Unavailable: the kernel changed them meanwhile, or did not answer in 1 s.
  absl::Status Dump(uint16_t type, uint8_t family, Handler handler);

  // Calls `handler` for every notification that has arrived; does not wait.
  // ResourceExhausted: some were lost; the others were handed over.
  absl::Status Receive(Handler handler);

  // Asks for the link of this name. The answer (IsAnswer) comes with Receive,
  // behind the notifications of all that happened before: RTM_NEWLINK, or
  // NLMSG_ERROR with -ENODEV. Returns its sequence number.
  absl::StatusOr<uint32_t> AskForLink(const std::string& name);
  // Whether the message answers the request with this sequence number.
  bool IsAnswer(const nlmsghdr& message, uint32_t sequence) const {
    return message.nlmsg_pid == port_ && message.nlmsg_seq == sequence;
  }

  // For poll().
  int fd() const { return fd_; }

 private:
  explicit NetlinkSocket(int fd) : fd_(fd) {}

  const int fd_;
  uint32_t port_ = 0;  // our address
  uint32_t sequence_ = 0;
};

// Attributes of a message whose fixed part is a T; null-terminated reading is
// left to the caller.
template <typename T>
absl::Span<const uint8_t> AttributesOf(const nlmsghdr& message) {
  const size_t fixed = NLMSG_SPACE(sizeof(T));
  if (message.nlmsg_len < fixed) return {};
  return {reinterpret_cast<const uint8_t*>(&message) + fixed,
          message.nlmsg_len - fixed};
}

// Calls `fn` with type and bytes of each attribute, as far as they are whole.
void ForEachAttribute(
    absl::Span<const uint8_t> attributes,
    absl::FunctionRef<void(uint16_t type, absl::Span<const uint8_t> value)> fn);

// The attribute as a number; 0 if its size is another.
uint32_t AttributeU32(absl::Span<const uint8_t> value);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_NETLINK_H_
