// Sums of the traffic of a second or of many.

#ifndef TAPLINE_SENSORD_STATS_TRAFFIC_WINDOW_H_
#define TAPLINE_SENSORD_STATS_TRAFFIC_WINDOW_H_

#include <array>
#include <cstdint>

#include "sensord/event/protocol.h"
#include "sensord/event/signal.h"
#include "tapline/v1/stats.pb.h"

namespace tapline {

// Lower-case name of a transport by its IANA number; 0 is ARP.
absl::string_view TransportShareName(uint8_t ip_protocol);

class TrafficWindow {
 public:
  // One shard's part of a second.
  void Add(const TrafficData& data);
  // A later second: sums add up, open flows are those of the later one.
  void Append(const TrafficWindow& second);
  uint32_t seconds() const { return seconds_; }
  void EndSecond(uint64_t open_flows) {
    seconds_ = 1;
    open_flows_ = open_flows;
  }

  // Fills everything but time, window, talkers and drops. Shares are by
  // application protocol, or by transport when that is not known; largest
  // first.
  void Describe(v1::Stats& stats) const;

 private:
  struct Share {
    uint64_t packets = 0;
    uint64_t bytes = 0;
  };
  static constexpr size_t kApplications = static_cast<size_t>(Protocol::kCount);

  uint32_t seconds_ = 0;
  uint64_t packets_ = 0;
  uint64_t bytes_ = 0;
  uint64_t open_flows_ = 0;
  uint64_t new_flows_ = 0;
  uint64_t flow_bytes_ = 0;
  uint64_t encrypted_bytes_ = 0;
  // Applications, then transports.
  std::array<Share, kApplications + 256> shares_{};
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STATS_TRAFFIC_WINDOW_H_
