// The passive address-to-MAC table of a link, from ARP and neighbour discovery.

#ifndef TAPLINE_SENSORD_PIPELINE_NEIGHBOURS_H_
#define TAPLINE_SENSORD_PIPELINE_NEIGHBOURS_H_

#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/net/ip_address.h"
#include "common/net/mac_address.h"
#include "common/time/clock.h"
#include "sensord/event/signal.h"

namespace tapline {

// Thread safety: single-threaded.
class Neighbours {
 public:
  // Past this nothing new is learned: a flood of made-up senders must not cost
  // memory.
  static constexpr size_t kMaxNeighbours = 16384;

  // Of addresses that are known; the rest is only counted.
  static constexpr uint32_t kMaxChangesPerSecond = 100;

  struct Change {
    bool changed = false;
    // To be told: not one of too many.
    bool told = false;
    // Zero when the address was not known before.
    MacAddress previous;
  };

  // The sender of a message states its binding. `clock` never runs back.
  Change Learn(const ArpSignal& arp, UnixNanos clock) {
    if (arp.sender_mac.IsZero() || arp.sender == IpAddress() ||
        arp.sender == IpAddress::FromV4(0u)) {
      return {};
    }
    const Key key(arp.sender, arp.context);
    auto it = table_.find(key);
    if (it == table_.end()) {
      if (table_.size() >= kMaxNeighbours) return {};
      table_.emplace(key, arp.sender_mac);
      return {true, true, {}};
    }
    if (it->second == arp.sender_mac) return {};
    const Change change{true, TakeOne(clock), it->second};
    it->second = arp.sender_mac;
    return change;
  }

 private:
  using Key = std::pair<IpAddress, uint32_t>;

  bool TakeOne(UnixNanos clock) {
    const int64_t second = clock / kSecondNanos;
    if (second != second_) {
      second_ = second;
      changes_ = 0;
    }
    return ++changes_ <= kMaxChangesPerSecond;
  }

  absl::flat_hash_map<Key, MacAddress> table_;
  int64_t second_ = -1;
  uint32_t changes_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_NEIGHBOURS_H_
