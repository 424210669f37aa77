// The engine's inside: shards, their flows, and what happens to them.

#ifndef TAPLINE_SENSORD_FLOW_FLOW_TRACKER_H_
#define TAPLINE_SENSORD_FLOW_FLOW_TRACKER_H_

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <vector>

#include "sensord/decode/packet.h"
#include "sensord/event/signal.h"
#include "sensord/flow/aggregates.h"
#include "sensord/flow/flow_details.h"
#include "sensord/flow/flow_engine.h"
#include "sensord/flow/flow_entry.h"
#include "sensord/flow/flow_index.h"
#include "sensord/flow/flow_ring.h"
#include "sensord/flow/flow_slab.h"
#include "sensord/flow/payload_analyzer.h"
#include "sensord/flow/signal_writer.h"
#include "sensord/flow/tcp_tracker.h"
#include "sensord/flow/timer_wheel.h"

namespace tapline {

// Thread safety: single-threaded, but for counters().
class FlowTracker {
 public:
  FlowTracker(const FlowOptions& options, ShardMask shards,
              std::unique_ptr<PayloadAnalyzer> analyzer);

  // FlowEngine's calls; flow_engine.h has the contracts.
  void Process(const DecodedBatch& batch, SignalBatch& out);
  void AdvanceClock(UnixNanos clock, SignalBatch& out);
  void Finish(FlowEnd reason, int slice, SignalBatch& out);
  void Snapshot(size_t limit, uint64_t* cursor, std::vector<FlowSummary>& out);
  void FindFlows(const FlowIdRange& ids, size_t limit, uint64_t* cursor,
                 std::vector<FlowSummary>& out);
  const FlowCounters& counters() const { return counters_; }

 private:
  class Output;

  // A flow with packets in this second and its counters before them.
  struct Touched {
    EntryId entry;  // kNoEntry: ended
    uint32_t packets[2];
    uint64_t bytes[2];
  };

  // A flow whose payload is being understood, unless it has ended.
  struct Analysis {
    EntryId entry;
    uint64_t flow_id;
  };
  enum class AnalysisEnd : uint8_t { kOver, kGivenUp };

  // Where a side's next byte was expected before the packet at hand, and the
  // timestamps of the handshake, 0 where there was none.
  struct StreamStart {
    bool known = false;
    uint32_t next = 0;
    uint32_t timestamp[2] = {0, 0};

    // Both must have said that they use them (RFC 7323 3.2).
    bool HasTimestamps() const {
      return timestamp[0] != 0 && timestamp[1] != 0;
    }
  };

  struct Shard {
    explicit Shard(FlowSlab* slab) : embryonic(slab), settled(slab) {}
    // Every open flow is in one of the two.
    FlowRing embryonic;
    FlowRing settled;
    Aggregates aggregates;
    std::vector<Touched> touched;
    std::vector<FlowDelta> ended;
    uint64_t packets = 0;
    uint64_t bytes = 0;
    uint64_t new_flows = 0;
    uint64_t told_open_flows = 0;
    // By their beginning.
    std::deque<Analysis> analyses;
    size_t ended_analyses = 0;
    size_t analysis_bytes = 0;
    // Of the last eviction: its key may come back within the same clock.
    UnixNanos evicted_at = std::numeric_limits<UnixNanos>::min();
  };

  struct Ending {
    uint64_t id = 0;
    // kNoEntry for an aggregate.
    EntryId entry = kNoEntry;
    uint32_t row = 0;
  };

  // Packets (flow_tracker.cc).
  void OnPacket(const DecodedBatch& batch, const Packet& packet);
  EntryId Find(const Packet& packet, uint32_t tag);
  bool IsFromOriginator(EntryId id, const Packet& packet);
  // `again`: the packet ended a flow of the same key.
  EntryId Open(Shard& shard, const Packet& packet, uint32_t tag,
               bool from_originator, bool again);
  void SetKey(FlowEntry& flow, const Packet& packet, bool from_originator);
  uint64_t NewId(const Shard& shard, const FlowEntry& flow,
                 const Packet& packet, bool again);
  void Update(Shard& shard, EntryId id, const Packet& packet, bool opened);
  void Count(FlowEntry& flow, const Packet& packet, int side, bool payload);
  bool NeedsRotation(const FlowEntry& flow, int side, uint32_t frames) const;
  void TellTcp(FlowEntry& flow, const Packet& packet, const TcpOutcome& outcome,
               bool opened);
  void CheckEvasion(FlowEntry& flow, const Packet& packet, int side,
                    bool overlaps);

  // Room (flow_room.cc).
  // False when the packet is to be aggregated.
  bool MakeRoom(Shard& shard, bool opener);
  EntryId OldestSettled(Shard& shard);
  void Aggregate(Shard& shard, const Packet& packet);
  bool IsSettled(const FlowEntry& flow) const;
  void Settle(Shard& shard, EntryId id);

  // What single packets tell (flow_signals.cc).
  void OnArp(const DecodedBatch& batch, const Packet& packet);
  void TellFirstTcp(FlowEntry& flow, const Packet& packet);
  void TellSessionEnd(const FlowEntry& flow);
  void TellAnomaly(FlowEntry& flow, uint32_t bit, const char* name);
  void TellAnomaly(FlowEntry& flow, FlowAnomaly anomaly);
  EntryId FindQuoted(const Packet& packet, const QuotedPacket& quote);
  void OnQuote(const Packet& packet, const QuotedPacket& quote, EntryId id);

  // Evidence (flow_evidence.cc).
  void LearnServicePorts();
  bool SenderIsOriginator(const Packet& packet) const;
  bool IsOpener(const Packet& packet, bool from_originator) const;
  void Classify(FlowEntry& flow);
  void ChooseTimeouts(FlowEntry& flow);

  // Payload (flow_analysis.cc).
  FlowIdentity IdentityOf(const FlowEntry& flow) const;
  FlowDetail& DetailOf(FlowEntry& flow);
  void AnalyzeDatagram(Shard& shard, EntryId id, const Packet& packet,
                       bool from_originator);
  void CountAnalysis(Shard& shard, FlowEntry& flow);
  void EvictAnalyses(Shard& shard);
  // Nothing more is wanted.
  void StopAnalysis(Shard& shard, FlowEntry& flow);
  // Tells what waits.
  void EndAnalysis(FlowEntry& flow, AnalysisEnd why = AnalysisEnd::kOver);

  // What no host takes (flow_acceptance.cc).
  bool IsBroken(FlowEntry& flow, const Packet& packet, int side);
  bool HasBadHeader(FlowEntry& flow, const Packet& packet) const;
  bool HasBadChecksum(FlowEntry& flow, const Packet& packet, int side) const;
  bool IsOld(const FlowEntry& flow, const Packet& packet, int side) const;
  static void NoteTruncation(FlowEntry& flow, const Packet& packet);

  // TCP payload (flow_streams.cc).
  static StreamStart StartOf(const FlowEntry& flow, int side);
  TcpStreams* OpenStreams(Shard& shard, EntryId id, const StreamStart& start);
  void AnalyzeTcp(Shard& shard, EntryId id, const Packet& packet, int side,
                  const StreamStart& start, const TcpOutcome& outcome);
  void OnSynOfStream(FlowEntry& flow, const Packet& packet, int side,
                     TcpStreams& streams);
  bool AddToStream(FlowEntry& flow, const Packet& packet, int side,
                   const StreamStart& start, TcpStreams& streams,
                   AnalyzerOutput& output);
  void TellDifference(FlowEntry& flow, const StreamDifference& difference);
  bool Deliver(FlowEntry& flow, int side, UnixNanos clock,
               AnalyzerOutput& output);

  // Time and ends (flow_expiry.cc).
  void Start(UnixNanos clock);
  void SetNextTick();
  void AdvanceTo(UnixNanos clock);
  void FireTick();
  void CollectExpired();
  void TakeAggregates();
  void BeginFinish();
  void CloseAll(UnixNanos clock, uint8_t phase, FlowEnd reason);
  UnixNanos TimeoutOf(const FlowEntry& flow) const;
  int64_t DueTick(const FlowEntry& flow) const;
  FlowEnd EndReason(const FlowEntry& flow) const;
  // Brings the timer forward when the deadline moved nearer.
  void Reschedule(EntryId id);
  void Close(EntryId id, FlowEnd reason);
  void CutByPacket(Shard& shard, EntryId id, FlowEnd reason);
  void Touch(Shard& shard, EntryId id);
  void Fold(FlowEntry& flow, const Touched& before,
            std::vector<FlowDelta>& deltas);
  void DecayRates(FlowEntry& flow, int64_t seconds) const;
  void FlushSecond(UnixNanos clock, uint8_t phase);
  void PublishCounters();

  // Records (flow_records.cc).
  void TellRecord(SignalKind kind, FlowSummary summary);
  void Rotate(FlowEntry& flow);
  void Summarize(const FlowEntry& flow, FlowEnd end, FlowSummary& out) const;
  // Of an open flow, as of now.
  void SummarizeOpen(FlowEntry flow, FlowSummary& out) const;
  static FlowState StateOf(const FlowEntry& flow);
  Encryption EncryptionOf(const FlowEntry& flow) const;
  void SummarizePayload(const FlowEntry& flow, FlowSummary& out) const;

  const FlowOptions options_;
  const ShardMask mask_;
  const size_t max_flows_;           // of a shard
  const size_t max_embryonic_;       // of a shard
  const size_t max_analysis_bytes_;  // of a shard
  std::unique_ptr<PayloadAnalyzer> analyzer_;
  FlowSlab slab_;
  // Of the flows of all shards.
  FlowIndex index_;
  TimerWheel wheel_;
  FlowDetails details_;
  std::vector<std::unique_ptr<Shard>> shards_;
  // Ports that speak for a service: [0] TCP, [1] UDP.
  std::bitset<65536> service_ports_[2];
  // Averages keep this share per second.
  float decay_ = 0;
  FlowCounters counters_;
  SignalWriter writer_{nullptr};

  bool started_ = false;
  UnixNanos clock_ = 0;
  // The last tick that fired, and the clock of the next.
  int64_t tick_ = 0;
  UnixNanos next_tick_clock_ = 0;
  size_t open_flows_ = 0;
  size_t peak_open_flows_ = 0;
  // Not 0: the running second has something to tell.
  uint64_t second_work_ = 0;
  // Packets of the batch at hand that lie in this engine's shards.
  std::vector<const Packet*> own_;
  // What the index said of each before any of them was looked at.
  std::vector<EntryId> peeked_;
  // Of the flow the ICMP error at hand quotes; 0 without one.
  uint64_t quoted_flow_id_ = 0;
  std::vector<EntryId> drained_;
  std::vector<Ending> endings_;
  // While finishing: the open flows by slice, and where each slice begins.
  std::vector<EntryId> finishing_;
  std::array<uint32_t, FlowEngine::kFinishSlices + 1> slice_begin_{};
  std::vector<FlowSummary> rows_;
  // Of analyzers; FlowDetail::anomalies are places in it.
  std::vector<const char*> analyzer_anomalies_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_FLOW_TRACKER_H_
