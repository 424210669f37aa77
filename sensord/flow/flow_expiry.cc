// Timers, ends and the second's totals. flow_records.cc makes the records.

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sensord/flow/flow_math.h"
#include "sensord/flow/flow_tracker.h"

namespace tapline {
namespace {

constexpr int64_t kTicksPerSecond = kSecondNanos / kTick;
constexpr size_t kAhead = 8;

int SliceOf(uint64_t id) {
  static_assert(FlowEngine::kFinishSlices == 64);
  return static_cast<int>(id >> 58);
}

}  // namespace

void FlowTracker::Start(UnixNanos clock) {
  started_ = true;
  clock_ = clock;
  tick_ = FloorDivide(clock, kTick);
  SetNextTick();
}

void FlowTracker::SetNextTick() {
  if (__builtin_mul_overflow(tick_ + 1, kTick, &next_tick_clock_)) {
    next_tick_clock_ = std::numeric_limits<UnixNanos>::max();
  }
}

void FlowTracker::AdvanceTo(UnixNanos clock) {
  if (!started_) Start(clock);
  if (clock <= clock_) return;
  clock_ = clock;
  if (clock < next_tick_clock_) return;
  const int64_t target = FloorDivide(clock, kTick);
  while (tick_ < target) {
    if (open_flows_ == 0 && second_work_ == 0) {
      tick_ = target;
      break;
    }
    ++tick_;
    FireTick();
  }
  SetNextTick();
}

void FlowTracker::FireTick() {
  const bool second = tick_ % kTicksPerSecond == 0;
  if (!second && wheel_.IsEmpty(tick_)) return;
  const UnixNanos now = tick_ * kTick;
  endings_.clear();
  rows_.clear();
  if (second) {
    FlushSecond(now, kPhaseTimer);
    TakeAggregates();
  }
  CollectExpired();
  CloseAll(now, kPhaseTimer, FlowEnd::kIdle);
}

void FlowTracker::CollectExpired() {
  wheel_.Drain(tick_, drained_);
  for (size_t i = 0; i < drained_.size(); ++i) {
    if (i + kAhead < drained_.size()) slab_.PrefetchCold(drained_[i + kAhead]);
    const EntryId id = drained_[i];
    const FlowEntry& flow = slab_[id];
    const int64_t due = DueTick(flow);
    if (due > tick_) {
      wheel_.Schedule(id, due, tick_);
    } else {
      endings_.push_back({flow.id, id, 0});
    }
  }
}

void FlowTracker::TakeAggregates() {
  for (size_t i = 0; i < shards_.size(); ++i) {
    Aggregates& aggregates = shards_[i]->aggregates;
    if (!aggregates.empty()) aggregates.Take(static_cast<uint8_t>(i), rows_);
  }
  for (size_t i = 0; i < rows_.size(); ++i) {
    endings_.push_back({rows_[i].id, kNoEntry, static_cast<uint32_t>(i)});
  }
}

// Ends what endings_ names, in order of id. Flows have lost their timers.
void FlowTracker::CloseAll(UnixNanos clock, uint8_t phase, FlowEnd reason) {
  std::sort(endings_.begin(), endings_.end(),
            [](const Ending& a, const Ending& b) {
              return a.id != b.id ? a.id < b.id : a.row < b.row;
            });
  uint64_t last = 0;
  uint32_t index = 0;
  for (size_t i = 0; i < endings_.size(); ++i) {
    const Ending& ending = endings_[i];
    // Equal ids, if ever, stay in a strict order.
    index = ending.id == last ? index + kIndexesPerLayer : 0;
    last = ending.id;
    writer_.At(clock, phase, ending.id, index);
    if (i + 2 * kAhead < endings_.size() &&
        endings_[i + 2 * kAhead].entry != kNoEntry) {
      slab_.Prefetch(endings_[i + 2 * kAhead].entry);
      slab_.PrefetchCold(endings_[i + 2 * kAhead].entry);
    }
    if (i + kAhead < endings_.size() &&
        endings_[i + kAhead].entry != kNoEntry) {
      const FlowEntry& soon = slab_[endings_[i + kAhead].entry];
      index_.PrefetchSlot(soon.tag);
    }
    if (ending.entry == kNoEntry) {
      TellRecord(SignalKind::kFlowClosed, std::move(rows_[ending.row]));
      continue;
    }
    // A connection that was over says how, whatever ended the wait for more.
    const FlowEnd own = EndReason(slab_[ending.entry]);
    Close(ending.entry, own == FlowEnd::kIdle ? reason : own);
  }
}

UnixNanos FlowTracker::TimeoutOf(const FlowEntry& flow) const {
  const FlowTimeoutOptions& t = options_.timeouts;
  if (flow.ip_protocol == kIpProtoTcp) {
    switch (flow.phase) {
      case TcpPhase::kFinWait:
      case TcpPhase::kClosing:
        return t.tcp_closing;
      case TcpPhase::kTimeWait:
        return t.tcp_time_wait;
      case TcpPhase::kClosed:
        return t.tcp_closed;
      case TcpPhase::kEstablished:
      case TcpPhase::kMidstream:
        break;
      default:
        return t.tcp_opening;
    }
    if (flow.Has(kFlowEmbryonic)) return t.tcp_opening;
    if (flow.Has(kFlowResetPending)) return t.tcp_closing;
  }
  switch (flow.timeout_class) {
    case TimeoutClass::kTcp:
      return t.tcp_established;
    case TimeoutClass::kTcpHttp:
      return t.tcp_http;
    case TimeoutClass::kTcpSsh:
      return t.tcp_ssh;
    case TimeoutClass::kUdp:
      return t.udp;
    case TimeoutClass::kUdpDns:
      return t.udp_dns;
    case TimeoutClass::kUdpQuic:
      return t.udp_quic;
    case TimeoutClass::kQuicOpening:
      return t.udp_quic_opening;
    case TimeoutClass::kQuicFailed:
      return t.udp_quic_closed;
    case TimeoutClass::kQuicEnded:
      return t.udp_quic_ended;
    case TimeoutClass::kQuicDraining:
      return t.udp_quic_draining;
    case TimeoutClass::kUdpSsh:
      return t.udp_ssh;
    case TimeoutClass::kIcmp:
      return t.icmp;
    case TimeoutClass::kOther:
      break;
  }
  return t.other;
}

int64_t FlowTracker::DueTick(const FlowEntry& flow) const {
  return CeilDivide(SaturatingAdd(flow.last, TimeoutOf(flow)), kTick);
}

FlowEnd FlowTracker::EndReason(const FlowEntry& flow) const {
  switch (flow.phase) {
    case TcpPhase::kClosed:
      return FlowEnd::kRst;
    case TcpPhase::kTimeWait:
    case TcpPhase::kClosing:
      return FlowEnd::kFin;
    case TcpPhase::kFinWait:
      // The only side there was has finished.
      return flow.Has(kFlowTwoWay) ? FlowEnd::kIdle : FlowEnd::kFin;
    default:
      return flow.Has(kFlowResetPending) ? FlowEnd::kRst : FlowEnd::kIdle;
  }
}

void FlowTracker::Reschedule(EntryId id) {
  const int64_t due = DueTick(slab_[id]);
  if (wheel_.TickOf(id, tick_) <= due) return;
  wheel_.Cancel(id);
  wheel_.Schedule(id, due, tick_);
}

// The writer is at the place of the end; the timer is off.
void FlowTracker::Close(EntryId id, FlowEnd reason) {
  FlowEntry& flow = slab_[id];
  Shard& shard = *shards_[flow.shard];
  EndAnalysis(flow);
  FlowSummary summary;
  Summarize(flow, reason, summary);
  TellRecord(SignalKind::kFlowClosed, std::move(summary));
  if (flow.touched != kNoPosition) {
    Touched& touched = shard.touched[flow.touched];
    touched.entry = kNoEntry;
    Fold(flow, touched, shard.ended);
  }
  index_.Remove(flow.tag, id);
  (flow.Has(kFlowEmbryonic) ? shard.embryonic : shard.settled).Remove(id);
  if (flow.detail != 0) details_.Remove(flow.detail);
  slab_.Return(id);
  --open_flows_;
  ++second_work_;
  counters_.closed_flows.Add();
}

void FlowTracker::CutByPacket(Shard& shard, EntryId id, FlowEnd reason) {
  if (reason == FlowEnd::kEvicted) shard.evicted_at = clock_;
  wheel_.Cancel(id);
  Close(id, reason);
}

void FlowTracker::Touch(Shard& shard, EntryId id) {
  FlowEntry& flow = slab_[id];
  const int64_t idle = FloorDivide(clock_, kSecondNanos) -
                       FloorDivide(flow.last, kSecondNanos) - 1;
  if (idle > 0) DecayRates(flow, idle);
  flow.touched = static_cast<uint32_t>(shard.touched.size());
  shard.touched.push_back({id,
                           {flow.packets[0], flow.packets[1]},
                           {flow.bytes[0].frame, flow.bytes[1].frame}});
}

void FlowTracker::DecayRates(FlowEntry& flow, int64_t seconds) const {
  const float factor =
      seconds > 1000 ? 0 : std::pow(decay_, static_cast<float>(seconds));
  for (int side = 0; side < 2; ++side) {
    flow.packet_rate[side] =
        PackRate(UnpackRate(flow.packet_rate[side]) * factor);
    flow.byte_rate[side] = PackRate(UnpackRate(flow.byte_rate[side]) * factor);
  }
}

// Ends the flow's second: tells what it moved and updates its rates.
void FlowTracker::Fold(FlowEntry& flow, const Touched& before,
                       std::vector<FlowDelta>& deltas) {
  uint64_t bytes[2];
  uint32_t packets[2];
  for (int side = 0; side < 2; ++side) {
    bytes[side] = flow.bytes[side].frame - before.bytes[side];
    packets[side] = flow.packets[side] - before.packets[side];
    flow.packet_rate[side] =
        PackRate(UnpackRate(flow.packet_rate[side]) * decay_ +
                 static_cast<float>(packets[side]) * (1 - decay_));
    flow.byte_rate[side] =
        PackRate(UnpackRate(flow.byte_rate[side]) * decay_ +
                 static_cast<float>(bytes[side]) * (1 - decay_));
  }
  flow.touched = kNoPosition;
  FlowDelta& delta = deltas.emplace_back();
  delta.originator = flow.originator;
  delta.responder = flow.responder;
  delta.originator_bytes = bytes[0];
  delta.responder_bytes = bytes[1];
  delta.originator_packets = packets[0];
  delta.responder_packets = packets[1];
  delta.protocol = static_cast<uint16_t>(flow.protocol);
  delta.ip_protocol = flow.ip_protocol;
  delta.encrypted = EncryptionOf(flow) == Encryption::kEncrypted;
}

void FlowTracker::FlushSecond(UnixNanos clock, uint8_t phase) {
  if (second_work_ == 0) return;
  second_work_ = 0;
  SignalBatch& out = writer_.batch();
  for (size_t s = 0; s < shards_.size(); ++s) {
    Shard& shard = *shards_[s];
    const uint64_t open = shard.embryonic.size() + shard.settled.size();
    if (shard.packets == 0 && shard.new_flows == 0 && shard.ended.empty() &&
        shard.touched.empty() && open == shard.told_open_flows) {
      continue;
    }
    TrafficData data;
    data.open_flows = shard.told_open_flows = open;
    data.new_flows = std::exchange(shard.new_flows, 0);
    data.packets = std::exchange(shard.packets, 0);
    data.bytes = std::exchange(shard.bytes, 0);
    data.deltas.swap(shard.ended);
    data.deltas.reserve(data.deltas.size() + shard.touched.size());
    for (size_t i = 0; i < shard.touched.size(); ++i) {
      if (i + kAhead < shard.touched.size() &&
          shard.touched[i + kAhead].entry != kNoEntry) {
        slab_.Prefetch(shard.touched[i + kAhead].entry);
        slab_.PrefetchCold(shard.touched[i + kAhead].entry);
      }
      const Touched& touched = shard.touched[i];
      if (touched.entry != kNoEntry) {
        Fold(slab_[touched.entry], touched, data.deltas);
      }
    }
    shard.touched.clear();
    shard.aggregates.AddDeltas(data.deltas);
    writer_.At(clock, phase, 0, static_cast<uint32_t>(s));
    writer_.Add(SignalKind::kTraffic).detail =
        static_cast<uint32_t>(out.traffic.size());
    out.traffic.push_back(std::move(data));
  }
}

void FlowTracker::AdvanceClock(UnixNanos clock, SignalBatch& out) {
  writer_ = SignalWriter(&out);
  AdvanceTo(clock);
  PublishCounters();
  out.watermark = clock_;
}

void FlowTracker::Finish(FlowEnd reason, int slice, SignalBatch& out) {
  writer_ = SignalWriter(&out);
  if (slice == 0) BeginFinish();
  endings_.clear();
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (SliceOf(rows_[i].id) != slice) continue;
    endings_.push_back({rows_[i].id, kNoEntry, static_cast<uint32_t>(i)});
  }
  for (uint32_t i = slice_begin_[slice]; i < slice_begin_[slice + 1]; ++i) {
    endings_.push_back({slab_[finishing_[i]].id, finishing_[i], 0});
  }
  CloseAll(clock_, kPhaseEnd, reason);
  PublishCounters();
  out.watermark = clock_;
}

// Puts the open flows in order of slice: by id would need four times the room.
void FlowTracker::BeginFinish() {
  endings_.clear();
  rows_.clear();
  FlushSecond(clock_, kPhaseEnd);
  TakeAggregates();
  slice_begin_.fill(0);
  for (EntryId id = 0; id < slab_.size(); ++id) {
    if (slab_.IsOpen(id)) ++slice_begin_[SliceOf(slab_[id].id) + 1];
  }
  for (int slice = 0; slice < FlowEngine::kFinishSlices; ++slice) {
    slice_begin_[slice + 1] += slice_begin_[slice];
  }
  finishing_.resize(slice_begin_.back());
  auto next = slice_begin_;
  for (EntryId id = 0; id < slab_.size(); ++id) {
    if (!slab_.IsOpen(id)) continue;
    wheel_.Cancel(id);
    finishing_[next[SliceOf(slab_[id].id)]++] = id;
  }
}

void FlowTracker::PublishCounters() {
  counters_.open_flows.Set(open_flows_);
  counters_.peak_open_flows.Set(peak_open_flows_);
}

}  // namespace tapline
