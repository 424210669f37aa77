#include "sensord/stats/traffic_window.h"

#include <algorithm>
#include <string>

namespace tapline {

absl::string_view TransportShareName(uint8_t ip_protocol) {
  switch (ip_protocol) {
    case 0:
      return "arp";
    case 1:
      return "icmp";
    case 2:
      return "igmp";
    case 6:
      return "tcp";
    case 17:
      return "udp";
    case 47:
      return "gre";
    case 50:
      return "esp";
    case 51:
      return "ah";
    case 58:
      return "icmpv6";
    case 89:
      return "ospf";
    case 132:
      return "sctp";
    default:
      return "other";
  }
}

void TrafficWindow::Add(const TrafficData& data) {
  packets_ += data.packets;
  bytes_ += data.bytes;
  new_flows_ += data.new_flows;
  for (const FlowDelta& delta : data.deltas) {
    const uint64_t bytes = delta.originator_bytes + delta.responder_bytes;
    const bool known = delta.protocol != 0 && delta.protocol < kApplications;
    Share& share =
        shares_[known ? delta.protocol : kApplications + delta.ip_protocol];
    share.packets +=
        uint64_t{delta.originator_packets} + delta.responder_packets;
    share.bytes += bytes;
    flow_bytes_ += bytes;
    if (delta.encrypted) encrypted_bytes_ += bytes;
  }
}

void TrafficWindow::Append(const TrafficWindow& second) {
  seconds_ += second.seconds_;
  packets_ += second.packets_;
  bytes_ += second.bytes_;
  open_flows_ = second.open_flows_;
  new_flows_ += second.new_flows_;
  flow_bytes_ += second.flow_bytes_;
  encrypted_bytes_ += second.encrypted_bytes_;
  for (size_t i = 0; i < shares_.size(); ++i) {
    shares_[i].packets += second.shares_[i].packets;
    shares_[i].bytes += second.shares_[i].bytes;
  }
}

void TrafficWindow::Describe(v1::Stats& stats) const {
  const double seconds = std::max(seconds_, 1u);
  stats.set_packets(packets_);
  stats.set_bytes(bytes_);
  stats.set_packets_per_second(static_cast<double>(packets_) / seconds);
  stats.set_bits_per_second(static_cast<double>(bytes_) * 8 / seconds);
  stats.set_active_flows(open_flows_);
  stats.set_new_flows(new_flows_);
  if (flow_bytes_ > 0) {
    stats.set_encrypted_ratio(static_cast<double>(encrypted_bytes_) /
                              static_cast<double>(flow_bytes_));
  }
  for (size_t i = 0; i < shares_.size(); ++i) {
    if (shares_[i].packets == 0) continue;
    const absl::string_view name =
        i < kApplications
            ? ProtocolName(static_cast<Protocol>(i))
            : TransportShareName(static_cast<uint8_t>(i - kApplications));
    // Transports without a name of their own share one row.
    auto* rows = stats.mutable_protocols();
    auto row = std::find_if(rows->begin(), rows->end(), [&](const auto& r) {
      return r.protocol() == name;
    });
    v1::ProtocolShare* share = row == rows->end() ? rows->Add() : &*row;
    share->set_protocol(std::string(name));
    share->set_packets(share->packets() + shares_[i].packets);
    share->set_bytes(share->bytes() + shares_[i].bytes);
  }
  std::sort(stats.mutable_protocols()->begin(),
            stats.mutable_protocols()->end(),
            [](const v1::ProtocolShare& a, const v1::ProtocolShare& b) {
              return a.bytes() != b.bytes() ? a.bytes() > b.bytes()
                                            : a.protocol() < b.protocol();
            });
}

}  // namespace tapline
