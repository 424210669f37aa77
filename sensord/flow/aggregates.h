// One-packet flows of a flood, counted instead of tracked.

#ifndef TAPLINE_SENSORD_FLOW_AGGREGATES_H_
#define TAPLINE_SENSORD_FLOW_AGGREGATES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sensord/decode/packet.h"
#include "sensord/event/protocol.h"
#include "sensord/event/signal.h"

namespace tapline {

// The rows of one shard: one per target address, port, protocol and context,
// at most kRows, then one per protocol with unspecified addresses. The counts
// are exact. Thread safety: single-threaded.
class Aggregates {
 public:
  static constexpr size_t kRows = 256;

  // Counts a packet that would have opened a flow to its destination at
  // `clock`.
  void Add(const Packet& packet, Protocol protocol, UnixNanos clock);

  // Appends what the rows hold as the second's movements.
  void AddDeltas(std::vector<FlowDelta>& deltas) const;

  bool empty() const { return rows_.empty(); }

  // Appends the rows as records that begin and end at their packets' clocks,
  // and forgets them.
  void Take(uint8_t shard, std::vector<FlowSummary>& out);

 private:
  FlowSummary& RowOf(const Packet& packet, bool* fresh);

  std::vector<FlowSummary> rows_;
  // Open addressing: row number + 1.
  std::vector<uint16_t> slots_;
  // By protocol and IP version: row number + 1, of the row of those that found
  // no row of their own.
  std::vector<uint16_t> overflow_;
  size_t target_rows_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_AGGREGATES_H_
