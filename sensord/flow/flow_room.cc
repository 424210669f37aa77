// Who keeps a place when flows are many: a flow is embryonic until it settles,
// embryonic ones give way first, and openers that find no room are aggregated.

#include "sensord/flow/flow_tracker.h"

namespace tapline {
namespace {

// Tries before a flow that was used since is evicted all the same.
constexpr int kSecondChances = 64;

}  // namespace

bool FlowTracker::MakeRoom(Shard& shard, bool opener) {
  const size_t open = shard.embryonic.size() + shard.settled.size();
  const bool crowded = shard.embryonic.size() >= max_embryonic_;
  if (!crowded && open < max_flows_) return true;
  if (opener) return false;
  EntryId victim = shard.embryonic.Oldest();
  counters_.evicted_flows.Add();
  if (victim != kNoEntry) {
    counters_.embryonic_evicted_flows.Add();
  } else {
    victim = OldestSettled(shard);
  }
  CutByPacket(shard, victim, FlowEnd::kEvicted);
  return true;
}

// The first in order of settling that had no packet since it was last asked.
EntryId FlowTracker::OldestSettled(Shard& shard) {
  EntryId id = shard.settled.Oldest();
  for (int i = 0; i < kSecondChances; ++i) {
    if (!slab_[id].Has(kFlowReferenced)) break;
    slab_[id].Drop(kFlowReferenced);
    shard.settled.Remove(id);
    shard.settled.Append(id);
    id = shard.settled.Oldest();
  }
  return id;
}

void FlowTracker::Aggregate(Shard& shard, const Packet& packet) {
  ++shard.new_flows;
  counters_.aggregated_flows.Add();
  FlowEntry flow;
  SetKey(flow, packet, true);
  Classify(flow);
  shard.aggregates.Add(packet, flow.protocol, clock_);
  if (!HasTcp(packet)) return;
  const bool syn = IsBareSyn(packet.tcp_flags);
  if (!syn && !IsStealthProbe(packet.tcp_flags)) return;
  flow.start = clock_;
  flow.id = NewId(shard, flow, packet, false);
  writer_.Add(syn ? SignalKind::kSyn : SignalKind::kStealthProbe, flow)
      .tcp_flags = packet.tcp_flags;
}

// A second packet settles a flow; of TCP only a connection, and one with proof
// that both ends mean it or that data moves.
bool FlowTracker::IsSettled(const FlowEntry& flow) const {
  if (flow.ip_protocol != kIpProtoTcp || flow.Has(kFlowPortless)) return true;
  switch (flow.phase) {
    case TcpPhase::kEstablished:
    case TcpPhase::kFinWait:
    case TcpPhase::kClosing:
    case TcpPhase::kTimeWait:
    case TcpPhase::kMidstream:
      return flow.Has(kFlowTwoWay) ||
             flow.bytes[0].payload() + flow.bytes[1].payload() > 0;
    default:
      return false;
  }
}

void FlowTracker::Settle(Shard& shard, EntryId id) {
  shard.embryonic.Remove(id);
  slab_[id].Drop(kFlowEmbryonic | kFlowReferenced);
  shard.settled.Append(id);
}

}  // namespace tapline
