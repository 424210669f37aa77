#include "sensord/capture/interfaces.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/macros.h"
#include "sensord/capture/netlink.h"

namespace tapline {
namespace {

using Bytes = absl::Span<const uint8_t>;
// By index.
using InterfaceMap = std::map<uint32_t, InterfaceInfo>;

std::string LinkTypeText(uint16_t arphrd) {
  switch (arphrd) {
    case ARPHRD_ETHER:
      return "ethernet";
    case ARPHRD_LOOPBACK:
      return "loopback";
    case ARPHRD_NONE:
      return "none";
    default:
      return absl::StrCat(arphrd);
  }
}

InterfaceCounters CountersOf(Bytes value) {
  rtnl_link_stats64 stats = {};
  // Older kernels send fewer fields, newer ones more.
  std::memcpy(&stats, value.data(), std::min(value.size(), sizeof stats));
  InterfaceCounters c;
  c.received_packets = stats.rx_packets;
  c.received_bytes = stats.rx_bytes;
  c.received_errors = stats.rx_errors;
  c.received_dropped = stats.rx_dropped;
  c.sent_packets = stats.tx_packets;
  c.sent_bytes = stats.tx_bytes;
  return c;
}

void AddLink(const nlmsghdr& message, InterfaceMap& interfaces) {
  if (message.nlmsg_type != RTM_NEWLINK ||
      message.nlmsg_len < NLMSG_LENGTH(sizeof(ifinfomsg))) {
    return;
  }
  const auto* link = static_cast<const ifinfomsg*>(NLMSG_DATA(&message));
  InterfaceInfo info;
  info.index = static_cast<uint32_t>(link->ifi_index);
  info.up = (link->ifi_flags & IFF_UP) != 0;
  info.running = (link->ifi_flags & IFF_RUNNING) != 0;
  info.loopback = (link->ifi_flags & IFF_LOOPBACK) != 0;
  info.link_type = LinkTypeText(link->ifi_type);
  info.discovery = "netlink";
  ForEachAttribute(AttributesOf<ifinfomsg>(message), [&](uint16_t type,
                                                         Bytes value) {
    if (type == IFLA_IFNAME) {
      const char* text = reinterpret_cast<const char*>(value.data());
      info.name.assign(text, strnlen(text, value.size()));
    } else if (type == IFLA_ADDRESS && value.size() == 6 && !info.loopback) {
      MacAddress mac;
      std::memcpy(mac.bytes, value.data(), 6);
      info.mac = mac;
    } else if (type == IFLA_MTU) {
      info.mtu = AttributeU32(value);
    } else if (type == IFLA_STATS64) {
      info.counters = CountersOf(value);
    }
  });
  interfaces[info.index] = std::move(info);
}

void AddAddress(const nlmsghdr& message, InterfaceMap& interfaces) {
  if (message.nlmsg_type != RTM_NEWADDR ||
      message.nlmsg_len < NLMSG_LENGTH(sizeof(ifaddrmsg))) {
    return;
  }
  const auto* header = static_cast<const ifaddrmsg*>(NLMSG_DATA(&message));
  const auto it = interfaces.find(header->ifa_index);
  if (it == interfaces.end()) return;
  std::optional<IpAddress> address;
  std::optional<IpAddress> local;
  ForEachAttribute(AttributesOf<ifaddrmsg>(message),
                   [&](uint16_t type, Bytes value) {
                     std::optional<IpAddress> parsed;
                     if (value.size() == 4) {
                       parsed = IpAddress::FromV4(value.data());
                     } else if (value.size() == 16) {
                       parsed = IpAddress::FromV6(value.data());
                     }
                     if (type == IFA_ADDRESS) address = parsed;
                     if (type == IFA_LOCAL) local = parsed;
                   });
  // On point-to-point links IFA_ADDRESS is the peer.
  if (local.has_value()) address = local;
  if (!address.has_value()) return;
  it->second.addresses.push_back({*address, header->ifa_prefixlen});
}

struct DefaultRoute {
  uint32_t index = 0;  // 0: none
  uint32_t metric = std::numeric_limits<uint32_t>::max();
};

void ConsiderRoute(const nlmsghdr& message, DefaultRoute& best) {
  if (message.nlmsg_type != RTM_NEWROUTE ||
      message.nlmsg_len < NLMSG_LENGTH(sizeof(rtmsg))) {
    return;
  }
  const auto* route = static_cast<const rtmsg*>(NLMSG_DATA(&message));
  if (route->rtm_dst_len != 0 || route->rtm_type != RTN_UNICAST) return;
  uint32_t table = route->rtm_table;
  DefaultRoute found;
  found.metric = 0;
  ForEachAttribute(AttributesOf<rtmsg>(message),
                   [&](uint16_t type, Bytes value) {
                     if (type == RTA_TABLE) table = AttributeU32(value);
                     if (type == RTA_OIF) found.index = AttributeU32(value);
                     if (type == RTA_PRIORITY) {
                       found.metric = AttributeU32(value);
                     }
                     rtnexthop hop;
                     if (type == RTA_MULTIPATH && found.index == 0 &&
                         value.size() >= sizeof hop) {
                       std::memcpy(&hop, value.data(), sizeof hop);
                       found.index = static_cast<uint32_t>(hop.rtnh_ifindex);
                     }
                   });
  if (table != RT_TABLE_MAIN || found.index == 0) return;
  if (best.index == 0 || found.metric < best.metric) best = found;
}

absl::StatusOr<std::vector<InterfaceInfo>> FromNetlink() {
  ASSIGN_OR_RETURN(auto socket, NetlinkSocket::Open(0));
  InterfaceMap interfaces;
  RETURN_IF_ERROR(socket->Dump(
      RTM_GETLINK, AF_UNSPEC,
      [&](const nlmsghdr& message) { AddLink(message, interfaces); }));
  RETURN_IF_ERROR(socket->Dump(
      RTM_GETADDR, AF_UNSPEC,
      [&](const nlmsghdr& message) { AddAddress(message, interfaces); }));
  DefaultRoute route;
  for (uint8_t family : {AF_INET, AF_INET6}) {
    if (route.index != 0) break;
    // A kernel without IPv6 refuses the second; that is no route, no error.
    socket
        ->Dump(RTM_GETROUTE, family,
               [&](const nlmsghdr& message) { ConsiderRoute(message, route); })
        .IgnoreError();
  }
  std::vector<InterfaceInfo> list;
  for (auto& [index, info] : interfaces) {
    info.default_route = index == route.index;
    list.push_back(std::move(info));
  }
  return list;
}

int PrefixBits(const sockaddr* mask) {
  if (mask == nullptr) return 0;
  if (mask->sa_family == AF_INET) {
    return std::popcount(
        reinterpret_cast<const sockaddr_in*>(mask)->sin_addr.s_addr);
  }
  if (mask->sa_family != AF_INET6) return 0;
  int bits = 0;
  for (uint8_t byte :
       reinterpret_cast<const sockaddr_in6*>(mask)->sin6_addr.s6_addr) {
    bits += std::popcount(byte);
  }
  return bits;
}

InterfaceInfo FromDevice(const pcap_if_t& device) {
  InterfaceInfo info;
  info.name = device.name;
  info.index = if_nametoindex(device.name);
  info.up = (device.flags & PCAP_IF_UP) != 0;
  info.running = (device.flags & PCAP_IF_RUNNING) != 0;
  info.loopback = (device.flags & PCAP_IF_LOOPBACK) != 0;
  info.link_type = info.loopback ? "loopback" : "none";
  info.discovery = "libpcap";
  for (const pcap_addr* a = device.addresses; a != nullptr; a = a->next) {
    if (a->addr == nullptr) continue;
    if (a->addr->sa_family == AF_INET) {
      const auto* in = reinterpret_cast<const sockaddr_in*>(a->addr);
      info.addresses.push_back({IpAddress::FromV4(ntohl(in->sin_addr.s_addr)),
                                PrefixBits(a->netmask)});
    } else if (a->addr->sa_family == AF_INET6) {
      const auto* in6 = reinterpret_cast<const sockaddr_in6*>(a->addr);
      info.addresses.push_back(
          {IpAddress::FromV6(in6->sin6_addr.s6_addr), PrefixBits(a->netmask)});
    }
  }
  return info;
}

absl::StatusOr<std::vector<InterfaceInfo>> FromLibpcap() {
  pcap_if_t* devices = nullptr;
  char error[PCAP_ERRBUF_SIZE] = "";
  if (pcap_findalldevs(&devices, error) != 0) {
    return absl::UnavailableError(absl::StrCat("list interfaces: ", error));
  }
  std::vector<InterfaceInfo> list;
  for (const pcap_if_t* d = devices; d != nullptr; d = d->next) {
    InterfaceInfo info = FromDevice(*d);
    // Devices without an index (any, usbmon) are no network interfaces.
    if (info.index != 0) list.push_back(std::move(info));
  }
  pcap_freealldevs(devices);
  std::sort(list.begin(), list.end(),
            [](const InterfaceInfo& a, const InterfaceInfo& b) {
              return a.index < b.index;
            });
  return list;
}

}  // namespace

absl::StatusOr<std::vector<InterfaceInfo>> ListInterfaces() {
  // A dump is interrupted when an interface changes meanwhile.
  constexpr int kAttempts = 3;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    absl::StatusOr<std::vector<InterfaceInfo>> list = FromNetlink();
    if (list.ok()) return list;
  }
  return FromLibpcap();
}

absl::StatusOr<std::string> DefaultRouteInterface() {
  ASSIGN_OR_RETURN(const std::vector<InterfaceInfo> list, ListInterfaces());
  std::vector<std::string> names;
  for (const InterfaceInfo& info : list) {
    if (info.default_route) return info.name;
    names.push_back(info.name);
  }
  return absl::NotFoundError(absl::StrCat(
      "no default route to choose an interface by: name one with --interface "
      "or capture.interface (there are: ",
      names.empty() ? "none" : absl::StrJoin(names, ", "), ")"));
}

}  // namespace tapline
