#include "sensord/capture/link_monitor.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/string_view.h"
#include "common/status/macros.h"

namespace tapline {
namespace {

bool IsUp(unsigned flags) {
  constexpr unsigned kBoth = IFF_UP | IFF_RUNNING;
  return (flags & kBoth) == kBoth;
}

LinkState Query(const std::string& name) {
  LinkState state;
  state.index = if_nametoindex(name.c_str());
  if (state.index == 0) return state;
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return state;
  ifreq request = {};
  std::strncpy(request.ifr_name, name.c_str(), sizeof request.ifr_name - 1);
  if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
    state.up = IsUp(static_cast<unsigned short>(request.ifr_flags));
  }
  close(fd);
  return state;
}

bool HasName(const nlmsghdr& message, absl::string_view name) {
  bool equal = false;
  ForEachAttribute(
      AttributesOf<ifinfomsg>(message),
      [&](uint16_t type, absl::Span<const uint8_t> value) {
        if (type != IFLA_IFNAME) return;
        const char* text = reinterpret_cast<const char*>(value.data());
        equal = absl::string_view(text, strnlen(text, value.size())) == name;
      });
  return equal;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LinkMonitor>> LinkMonitor::Open(
    std::string name) {
  ASSIGN_OR_RETURN(auto socket, NetlinkSocket::Open(RTMGRP_LINK));
  auto monitor =
      absl::WrapUnique(new LinkMonitor(std::move(name), std::move(socket)));
  monitor->state_ = Query(monitor->name_);
  return monitor;
}

void LinkMonitor::Poll(OnChange on_change) {
  const bool stale = std::exchange(ahead_, false);
  const absl::Status status = socket_->Receive([&](const nlmsghdr& message) {
    if (!stale) Become(After(message), on_change);
  });
  if (stale || !status.ok()) Become(Query(name_), on_change);
}

void LinkMonitor::Refresh(OnChange on_change) {
  const LinkState state = Query(name_);
  if (!(state == state_)) ahead_ = true;
  Become(state, on_change);
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
  if (message.nlmsg_type == RTM_NEWLINK && HasName(message, name_)) {
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
