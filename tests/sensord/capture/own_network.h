// A network namespace of the test's own, and links in it.

#ifndef TAPLINE_TESTS_SENSORD_CAPTURE_OWN_NETWORK_H_
#define TAPLINE_TESTS_SENSORD_CAPTURE_OWN_NETWORK_H_

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "sensord/capture/link_monitor.h"

namespace tapline::testing {

// Moves the calling thread into a new namespace until it is destroyed.
class OwnNetwork {
 public:
  OwnNetwork() : saved_(open("/proc/thread-self/ns/net", O_RDONLY)) {
    entered_ = saved_ >= 0 && unshare(CLONE_NEWNET) == 0;
  }
  ~OwnNetwork() {
    if (entered_) setns(saved_, CLONE_NEWNET);
    if (saved_ >= 0) close(saved_);
  }
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;

  // False without the right to make one.
  bool entered() const { return entered_; }

  // Runs `ip ARGUMENTS` in it; true on success.
  static bool Ip(absl::string_view arguments) {
    return std::system(absl::StrCat("ip ", arguments).c_str()) == 0;
  }
  // A pair of Ethernet links, both up, without traffic of its own (IPv6).
  static bool AddPair(const std::string& a, const std::string& b) {
    return Ip(absl::StrCat("link add ", a, " type veth peer name ", b)) &&
           Quiet(a) && Quiet(b);
  }
  // Waits until what is sent on the link arrives: before it has its carrier the
  // kernel drops frames and calls it a success.
  static bool AwaitUp(const std::string& name) {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    const auto monitor = LinkMonitor::Open(name);
    if (!monitor.ok()) return false;
    const auto ignore = [](const LinkState&) {};
    while (!(*monitor)->state().up) {
      pollfd news = {(*monitor)->fd(), POLLIN, 0};
      poll(&news, 1, 1000);
      if (!(*monitor)->Refresh(ignore).ok() || absl::Now() > deadline) {
        return false;
      }
    }
    return true;
  }

 private:
  static bool Quiet(const std::string& name) {
    return Ip(absl::StrCat("link set ", name, " addrgenmode none")) &&
           Ip(absl::StrCat("link set ", name, " up"));
  }

  const int saved_;
  bool entered_ = false;
};

// Sends whole frames on a link.
class FrameSender {
 public:
  explicit FrameSender(const std::string& name)
      : fd_(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
    address_.sll_family = AF_PACKET;
    address_.sll_ifindex = static_cast<int>(if_nametoindex(name.c_str()));
    address_.sll_halen = ETH_ALEN;
  }
  ~FrameSender() { close(fd_); }
  FrameSender(const FrameSender&) = delete;
  FrameSender& operator=(const FrameSender&) = delete;

  bool Send(absl::string_view frame) {
    return sendto(fd_, frame.data(), frame.size(), 0,
                  reinterpret_cast<const sockaddr*>(&address_),
                  sizeof address_) == static_cast<ssize_t>(frame.size());
  }

 private:
  const int fd_;
  sockaddr_ll address_ = {};
};

// An Ethernet frame of 60 bytes or more with this EtherType and payload.
inline std::string EthernetFrame(uint16_t type, absl::string_view payload) {
  std::string frame("\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
  frame += static_cast<char>(type >> 8);
  frame += static_cast<char>(type);
  frame.append(payload.data(), payload.size());
  if (frame.size() < 60) frame.resize(60);
  return frame;
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_CAPTURE_OWN_NETWORK_H_
