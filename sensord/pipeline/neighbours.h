// The passive address-to-MAC table of a link, from ARP.

#ifndef TAPLINE_SENSORD_PIPELINE_NEIGHBOURS_H_
#define TAPLINE_SENSORD_PIPELINE_NEIGHBOURS_H_

#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/net/ip_address.h"
#include "common/net/mac_address.h"
#include "sensord/event/signal.h"

namespace tapline {

// Thread safety: single-threaded.
class Neighbours {
 public:
  // Past this nothing new is learned: a flood of made-up senders must not cost
  // memory.
  static constexpr size_t kMaxNeighbours = 16384;

  struct Change {
    bool changed = false;
    // Zero when the address was not known before.
    MacAddress previous;
  };

  // The sender of an ARP message states its binding.
  Change Learn(const ArpSignal& arp) {
    if (arp.sender_mac.IsZero() || arp.sender == IpAddress::FromV4(0u)) {
      return {};
    }
    const Key key(arp.sender, arp.context);
    auto it = table_.find(key);
    if (it == table_.end()) {
      if (table_.size() >= kMaxNeighbours) return {};
      table_.emplace(key, arp.sender_mac);
      return {true, {}};
    }
    if (it->second == arp.sender_mac) return {};
    Change change{true, it->second};
    it->second = arp.sender_mac;
    return change;
  }

 private:
  using Key = std::pair<IpAddress, uint32_t>;
  absl::flat_hash_map<Key, MacAddress> table_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_NEIGHBOURS_H_
