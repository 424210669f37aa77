#include "sensord/capture/live_handle.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/macros.h"
#include "sensord/capture/capture_file.h"
#include "sensord/capture/interfaces.h"
#include "sensord/capture/link_type.h"

namespace tapline {
namespace {

constexpr char kAnyInterface[] = "any";

std::string ProgramPath() {
  char path[4096];
  const ssize_t n = readlink("/proc/self/exe", path, sizeof path);
  return n > 0 ? std::string(path, static_cast<size_t>(n)) : "sensord";
}

absl::Status PermissionError(const std::string& interface) {
  return absl::PermissionDeniedError(absl::StrCat(
      interface,
      ": capturing needs CAP_NET_RAW. Do one of: setcap "
      "cap_net_raw+ep ",
      ProgramPath(),
      "; AmbientCapabilities=CAP_NET_RAW in the systemd unit; run as root"));
}

absl::Status NotFound(const std::string& interface) {
  std::vector<std::string> names;
  const absl::StatusOr<std::vector<InterfaceInfo>> list = ListInterfaces();
  if (list.ok()) {
    for (const InterfaceInfo& info : *list) names.push_back(info.name);
  }
  return absl::NotFoundError(
      absl::StrCat("no interface \"", interface, "\" (there are: ",
                   names.empty() ? "none" : absl::StrJoin(names, ", "), ")"));
}

absl::Status ActivationError(const std::string& interface, int code,
                             const char* detail) {
  switch (code) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return PermissionError(interface);
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return NotFound(interface);
    case PCAP_ERROR_IFACE_NOT_UP:
      return absl::UnavailableError(
          absl::StrCat(interface, ": the interface is down"));
    default:
      return absl::UnavailableError(
          absl::StrCat(interface, ": ", pcap_statustostr(code),
                       *detail != '\0' ? ": " : "", detail));
  }
}

// The interface a packet socket is bound to: its name may be another's by now.
absl::StatusOr<uint32_t> IndexOf(const std::string& interface, int fd) {
  sockaddr_ll address = {};
  socklen_t bytes = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) {
    return absl::UnavailableError(
        absl::StrCat(interface, ": its socket: ", std::strerror(errno)));
  }
  return static_cast<uint32_t>(std::max(address.sll_ifindex, 0));
}

}  // namespace

void PcapCloser::operator()(struct pcap* handle) const { pcap_close(handle); }

absl::Status CheckLiveOptions(const LiveOptions& options) {
  if (options.interface.empty() || options.interface.size() >= IFNAMSIZ) {
    return absl::InvalidArgumentError(
        "interface: the name must have 1 to 15 bytes");
  }
  if (options.snap_bytes < 64 || options.snap_bytes > kMaxCapturedBytes) {
    return absl::InvalidArgumentError("snap length must be 64..262144 bytes");
  }
  if (options.ring_mebibytes < 1 || options.ring_mebibytes > 4096) {
    return absl::InvalidArgumentError("ring size must be 1..4096 MiB");
  }
  if (options.block_timeout < absl::Milliseconds(1) ||
      options.block_timeout > absl::Seconds(1)) {
    return absl::InvalidArgumentError("block timeout must be 1 ms..1 s");
  }
  return absl::OkStatus();
}

absl::StatusOr<LiveHandle> OpenLiveHandle(const LiveOptions& options) {
  RETURN_IF_ERROR(CheckLiveOptions(options));
  const std::string& name = options.interface;
  // Only network interfaces: libpcap knows other devices by name too.
  if (name != kAnyInterface && if_nametoindex(name.c_str()) == 0) {
    return NotFound(name);
  }
  char error[PCAP_ERRBUF_SIZE] = "";
  LiveHandle handle;
  handle.device.reset(pcap_create(name.c_str(), error));
  struct pcap* const p = handle.device.get();
  if (p == nullptr) {
    return absl::UnavailableError(absl::StrCat(name, ": ", error));
  }
  constexpr uint64_t kMebibyte = 1 << 20;
  // libpcap takes an int: 2 GiB at most.
  const uint64_t ring =
      std::min<uint64_t>(options.ring_mebibytes * kMebibyte, 0x7fffffff);
  pcap_set_snaplen(p, static_cast<int>(options.snap_bytes));
  pcap_set_promisc(p, options.promiscuous && name != kAnyInterface);
  pcap_set_timeout(
      p, static_cast<int>(absl::ToInt64Milliseconds(options.block_timeout)));
  pcap_set_buffer_size(p, static_cast<int>(ring));
  pcap_set_immediate_mode(p, 0);
  pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
  const int code = pcap_activate(p);
  // Positive codes are warnings, such as no promiscuous mode on "any".
  if (code < 0) return ActivationError(name, code, pcap_geterr(p));
  if (pcap_setnonblock(p, 1, error) != 0) {
    return absl::UnavailableError(absl::StrCat(name, ": ", error));
  }
  handle.fd = pcap_get_selectable_fd(p);
  ASSIGN_OR_RETURN(handle.index, IndexOf(name, pcap_fileno(p)));
  handle.link_type = LinkTypeFromDlt(pcap_datalink(p));
  handle.fraction_unit_nanos =
      pcap_get_tstamp_precision(p) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
  return handle;
}

}  // namespace tapline
