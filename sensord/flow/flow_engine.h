// Flow tracking: from packets to signals.
//
// Flow state lives in 16 logical shards; an engine owns some of them and runs
// in one thread. What a shard does depends only on its own packets, so any
// number of engines gives the same signals.

#ifndef TAPLINE_SENSORD_FLOW_FLOW_ENGINE_H_
#define TAPLINE_SENSORD_FLOW_FLOW_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/ledger/ledger.h"
#include "sensord/decode/packet.h"
#include "sensord/event/protocol.h"
#include "sensord/event/signal.h"

namespace tapline {

inline constexpr int kShards = 16;
// Timers fire on multiples of this on the source's clock.
inline constexpr UnixNanos kTick = 100 * kMillisecondNanos;

// features.md F07-F09.
struct FlowTimeoutOptions {
  UnixNanos tcp_http = 600 * kSecondNanos;
  UnixNanos tcp_ssh = 1800 * kSecondNanos;
  UnixNanos tcp_established = 300 * kSecondNanos;
  UnixNanos tcp_opening = 60 * kSecondNanos;
  UnixNanos tcp_closing = 60 * kSecondNanos;
  UnixNanos tcp_time_wait = 30 * kSecondNanos;
  UnixNanos tcp_closed = 5 * kSecondNanos;
  UnixNanos udp = 60 * kSecondNanos;
  UnixNanos udp_dns = 30 * kSecondNanos;
  UnixNanos udp_quic = 300 * kSecondNanos;
  UnixNanos udp_quic_opening = 60 * kSecondNanos;
  UnixNanos udp_quic_closed = 10 * kSecondNanos;
  UnixNanos udp_quic_ended = 1 * kSecondNanos;
  UnixNanos udp_quic_draining = 10 * kSecondNanos;
  UnixNanos udp_ssh = 1800 * kSecondNanos;
  UnixNanos icmp = 60 * kSecondNanos;
  UnixNanos other = 60 * kSecondNanos;
};

// What wrong checksums of TCP, UDP and the IPv4 header mean (reliability.md 7,
// E9, E10): a packet that is not read is counted and changes nothing else.
enum class ChecksumMode : uint8_t {
  // Not read where the sender's others are right.
  kAuto,
  // Never read.
  kStrict,
  // Not looked at.
  kOff,
};

// A flow whose first datagrams nobody understood is not looked at again.
inline constexpr uint32_t kMaxUnknownDatagrams = 8;

struct FlowOptions {
  // Over all 16 shards; each gets its share.
  size_t max_flows = 1'000'000;
  size_t max_embryonic_flows = 500'000;
  // What understanding payload may hold, over all shards; past it the flows
  // that are at it longest are given up (anomaly analysis.evicted).
  size_t max_analysis_bytes = 64 << 20;
  ChecksumMode checksums = ChecksumMode::kAuto;
  FlowTimeoutOptions timeouts;
  // 0: never.
  UnixNanos rotate_after = 3600 * kSecondNanos;
  UnixNanos rate_half_life = 5 * kSecondNanos;
  uint64_t seed[2] = {0, 0};
};

// Thread safety: written by the engine, readable from any thread.
struct FlowCounters {
  // packets = updated + not_flow + no_transport.
  Counter packets;
  Counter updated;       // counted on a flow or an aggregate
  Counter not_flow;      // ARP and other packets without a flow
  Counter no_transport;  // stays 0: counted on flows with ports 0
  Counter open_flows;
  Counter peak_open_flows;
  Counter opened_flows;
  Counter closed_flows;
  Counter evicted_flows;  // by the cap, embryonic first
  Counter embryonic_evicted_flows;
  // One-packet flows counted only inside an aggregate.
  Counter aggregated_flows;
};

// Ids from first to last.
struct FlowIdRange {
  uint64_t first = 0;
  uint64_t last = UINT64_MAX;

  bool Has(uint64_t id) const { return first <= id && id <= last; }
};

// Which of the 16 shards, bit i for shard i.
using ShardMask = uint16_t;
inline constexpr ShardMask kAllShards = 0xffff;

// Looks at payloads while it wants to; made by sensord/analyzers.
class PayloadAnalyzer;

class FlowEngine {
 public:
  // `analyzer` may be null; it is owned by the engine.
  FlowEngine(const FlowOptions& options, ShardMask shards,
             std::unique_ptr<PayloadAnalyzer> analyzer);
  ~FlowEngine();

  // Takes the packets of `batch` that belong to the engine's shards, in order,
  // fires the timers up to batch.clock, and appends signals to `out` in their
  // total order; sets out.watermark.
  void Process(const DecodedBatch& batch, SignalBatch& out);

  // Moves the clock without packets.
  void AdvanceClock(UnixNanos clock, SignalBatch& out);

  // Closes every flow with `reason`, in order of flow id, a slice of the ids at
  // a time so that the signals of a full table need no memory of its size: call
  // it for 0..kFinishSlices-1. A connection that was over before says how.
  static constexpr int kFinishSlices = 64;
  void Finish(FlowEnd reason, int slice, SignalBatch& out);
  // All slices at once.
  void Finish(FlowEnd reason, SignalBatch& out);

  // Copies up to `limit` open flows, continuing at *cursor (0 to begin; 0 again
  // when all were seen). Between batches, on the engine's thread.
  void Snapshot(size_t limit, uint64_t* cursor, std::vector<FlowSummary>& out);
  // As Snapshot, but copies only flows of `ids` and looks at `limit` others.
  void FindFlows(const FlowIdRange& ids, size_t limit, uint64_t* cursor,
                 std::vector<FlowSummary>& out);

  const FlowCounters& counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_FLOW_ENGINE_H_
