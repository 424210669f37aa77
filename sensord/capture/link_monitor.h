// Watches one interface, by name, through rtnetlink.

#ifndef TAPLINE_SENSORD_CAPTURE_LINK_MONITOR_H_
#define TAPLINE_SENSORD_CAPTURE_LINK_MONITOR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sensord/capture/netlink.h"

namespace tapline {

struct LinkState {
  // 0: there is no interface of this name (deleted, renamed, moved away).
  uint32_t index = 0;
  // Set up, and with a carrier.
  bool up = false;

  friend bool operator==(const LinkState& a, const LinkState& b) {
    return a.index == b.index && a.up == b.up;
  }
};

// Thread safety: one thread.
class LinkMonitor {
 public:
  using OnChange = absl::FunctionRef<void(const LinkState&)>;

  static absl::StatusOr<std::unique_ptr<LinkMonitor>> Open(std::string name);

  // Takes over what the kernel has told since the last call and reports every
  // change, also those already undone. Does not wait.
  void Poll(OnChange on_change);
  // Poll, then what the kernel answers about the present: also what
  // notifications have missed. Reports changes in their order, so state() is
  // nothing that a later Poll could take back.
  // Unavailable: no answer; state() may be old.
  absl::Status Refresh(OnChange on_change);

  const LinkState& state() const { return state_; }
  // Readable when Poll has something to do.
  int fd() const { return socket_->fd(); }

 private:
  LinkMonitor(std::string name, std::unique_ptr<NetlinkSocket> socket)
      : name_(std::move(name)), socket_(std::move(socket)) {}

  // State after this message.
  LinkState After(const nlmsghdr& message) const;
  void Become(const LinkState& state, OnChange on_change);

  const std::string name_;
  const std::unique_ptr<NetlinkSocket> socket_;
  LinkState state_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_LINK_MONITOR_H_
