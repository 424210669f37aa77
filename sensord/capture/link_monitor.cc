#include "sensord/capture/link_monitor.h"

#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/status/macros.h"

namespace tapline {
namespace {

bool IsUp(unsigned flags) {
  constexpr unsigned kBoth = IFF_UP | IFF_RUNNING;
  return (flags & kBoth) == kBoth;
}

// As its name or one of its alternative names.
bool HasName(absl::Span<const uint8_t> attributes, absl::string_view name) {
  bool equal = false;
  ForEachAttribute(
      attributes, [&](uint16_t type, absl::Span<const uint8_t> value) {
        if (type == IFLA_PROP_LIST) equal |= HasName(value, name);
        if (type != IFLA_IFNAME && type != IFLA_ALT_IFNAME) return;
        const char* text = reinterpret_cast<const char*>(value.data());
        equal |= absl::string_view(text, strnlen(text, value.size())) == name;
      });
  return equal;
}

// Of an NLMSG_ERROR; 0 for other messages.
int ErrorOf(const nlmsghdr& message) {
  if (message.nlmsg_type != NLMSG_ERROR ||
      message.nlmsg_len < NLMSG_LENGTH(sizeof(nlmsgerr))) {
    return 0;
  }
  return -static_cast<const nlmsgerr*>(NLMSG_DATA(&message))->error;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LinkMonitor>> LinkMonitor::Open(
    std::string name) {
  ASSIGN_OR_RETURN(auto socket, NetlinkSocket::Open(RTMGRP_LINK));
  auto monitor =
      absl::WrapUnique(new LinkMonitor(std::move(name), std::move(socket)));
  RETURN_IF_ERROR(monitor->Refresh([](const LinkState&) {}));
  return monitor;
}

void LinkMonitor::Poll(OnChange on_change) {
  const absl::Status status = socket_->Receive(
      [&](const nlmsghdr& message) { Become(After(message), on_change); });
  // Without an answer the next Refresh gets it.
  if (!status.ok()) Refresh(on_change).IgnoreError();
}

absl::Status LinkMonitor::Refresh(OnChange on_change) {
  // The answer is lost when there is no room behind the notifications.
  constexpr int kAttempts = 3;
  absl::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    ASSIGN_OR_RETURN(const uint32_t sequence, socket_->AskForLink(name_));
    bool answered = false;
    status = socket_->Receive([&](const nlmsghdr& message) {
      const bool answer = socket_->IsAnswer(message, sequence);
      const int error = answer ? ErrorOf(message) : 0;
      answered |= answer && (error == 0 || error == ENODEV);
      Become(error == ENODEV ? LinkState() : After(message), on_change);
    });
    if (status.ok() && answered) return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrCat("netlink: no answer about ", name_, ": ", status.message()));
}

LinkState LinkMonitor::After(const nlmsghdr& message) const {
  if ((message.nlmsg_type != RTM_NEWLINK &&
       message.nlmsg_type != RTM_DELLINK) ||
      message.nlmsg_len < NLMSG_LENGTH(sizeof(ifinfomsg))) {
    return state_;
  }
  const auto* link = static_cast<const ifinfomsg*>(NLMSG_DATA(&message));
  // A bridge tells of its ports with the same messages.
  if (link->ifi_family != AF_UNSPEC) return state_;
  const uint32_t index = static_cast<uint32_t>(link->ifi_index);
  if (message.nlmsg_type == RTM_NEWLINK &&
      HasName(AttributesOf<ifinfomsg>(message), name_)) {
    return {index, IsUp(link->ifi_flags)};
  }
  // Deleted, moved away, or renamed.
  if (index == state_.index) return {};
  return state_;
}

void LinkMonitor::Become(const LinkState& state, OnChange on_change) {
  if (state == state_) return;
  state_ = state;
  on_change(state);
}

}  // namespace tapline
