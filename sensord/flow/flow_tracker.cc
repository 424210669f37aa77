// The packet path. Of what it calls flow_room.cc has who gives way when the
// table is full, flow_evidence.cc who opened a flow and what it carries,
// flow_acceptance.cc what no host takes, flow_signals.cc what single packets
// tell, flow_analysis.cc and flow_streams.cc payload, flow_expiry.cc timers and
// ends.

#include "sensord/flow/flow_tracker.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sensord/flow/flow_math.h"

namespace tapline {
namespace {

constexpr size_t kWindow = 16;
// A TTL that is lower by more than this is another path, or meant to die on
// the way (reliability.md 7, E8).
constexpr int kTtlShift = 5;

bool IsIcmp(uint8_t protocol) {
  return protocol == kIpProtoIcmp || protocol == kIpProtoIcmpV6;
}

}  // namespace

FlowTracker::FlowTracker(const FlowOptions& options, ShardMask shards,
                         std::unique_ptr<PayloadAnalyzer> analyzer)
    : options_(options),
      mask_(shards),
      max_flows_(std::clamp<size_t>(options.max_flows / kShards, 1,
                                    TimerWheel::kPositionMask / kShards)),
      max_embryonic_(std::clamp<size_t>(options.max_embryonic_flows / kShards,
                                        1, max_flows_)),
      max_analysis_bytes_(options.max_analysis_bytes / kShards),
      analyzer_(std::move(analyzer)),
      slab_(max_flows_ * std::bitset<kShards>(shards).count()),
      wheel_(&slab_) {
  for (int i = 0; i < kShards; ++i) {
    shards_.push_back(std::make_unique<Shard>(&slab_));
  }
  if (options_.rate_half_life > 0) {
    decay_ = std::exp2(-static_cast<float>(kSecondNanos) /
                       static_cast<float>(options_.rate_half_life));
  }
  LearnServicePorts();
}

void FlowTracker::Process(const DecodedBatch& batch, SignalBatch& out) {
  writer_ = SignalWriter(&out);
  own_.clear();
  for (size_t i = 0; i < batch.packets.size(); ++i) {
    if (mask_ == kAllShards || (mask_ >> batch.shards[i] & 1) != 0) {
      own_.push_back(&batch.packets[i]);
    }
  }
  // What a packet needs is fetched step by step: its index slot four windows
  // ahead, its entry three, the entry's detail two, what the detail points to
  // one. Here and not in functions of their own: gcc drops a call that does
  // nothing but prefetch.
  const size_t n = own_.size();
  peeked_.assign(n, kNoEntry);
  for (size_t base = 0; base < n + 4 * kWindow; base += kWindow) {
    const auto begin = [base](size_t windows) {
      return base < windows * kWindow ? 0 : base - windows * kWindow;
    };
    const auto end = [base, n](size_t windows) {
      return base < windows * kWindow
                 ? 0
                 : std::min(base + kWindow - windows * kWindow, n);
    };
    for (size_t i = begin(0); i < end(0); ++i) {
      index_.PrefetchSlot(FlowIndex::Tag(own_[i]->flow_hash));
    }
    for (size_t i = begin(1); i < end(1); ++i) {
      const EntryId id = index_.Peek(FlowIndex::Tag(own_[i]->flow_hash));
      peeked_[i] = id;
      if (id != kNoEntry) slab_.Prefetch(id);
    }
    for (size_t i = begin(2); i < end(2); ++i) {
      if (peeked_[i] == kNoEntry) continue;
      const uint32_t detail = slab_[peeked_[i]].detail;
      if (detail != 0) __builtin_prefetch(&details_[detail]);
    }
    for (size_t i = begin(3); i < end(3); ++i) {
      if (peeked_[i] == kNoEntry) continue;
      const FlowEntry& flow = slab_[peeked_[i]];
      if (flow.detail == 0 || !flow.Has(kFlowWantsPayload)) continue;
      const FlowDetail& detail = details_[flow.detail];
      const auto* analyzer =
          reinterpret_cast<const char*>(detail.analyzer.get());
      const auto* streams = reinterpret_cast<const char*>(detail.streams.get());
      for (int line = 0; line < 3; ++line) {
        if (analyzer != nullptr) __builtin_prefetch(analyzer + line * 64);
        if (streams != nullptr) __builtin_prefetch(streams + line * 64);
      }
    }
    for (size_t i = begin(4); i < end(4); ++i) OnPacket(batch, *own_[i]);
  }
  AdvanceTo(batch.clock);
  PublishCounters();
  out.watermark = clock_;
}

void FlowTracker::OnPacket(const DecodedBatch& batch, const Packet& packet) {
  AdvanceTo(packet.clock);
  counters_.packets.Add();
  writer_.AtPacket(packet, clock_);
  Shard& shard = *shards_[packet.shard];
  if (packet.layer == 0) {
    shard.packets += packet.frames;
    shard.bytes += packet.frame_bytes;
    ++second_work_;
  }
  if (packet.ip_version == 0) {
    counters_.not_flow.Add();
    if ((packet.marks & kMarkArp) != 0) OnArp(batch, packet);
    return;
  }
  if ((packet.marks & kMarkNeighbour) != 0) OnArp(batch, packet);
  counters_.updated.Add();
  const uint32_t tag = FlowIndex::Tag(packet.flow_hash);
  EntryId id = Find(packet, tag);
  bool again = false;
  if (id != kNoEntry && HasTcp(packet)) {
    const bool from_originator = IsFromOriginator(id, packet);
    again = BeginsNewConnection(slab_[id], packet, from_originator) &&
            !IsBroken(slab_[id], packet, from_originator ? 0 : 1);
  }
  if (again) {
    CutByPacket(shard, id, FlowEnd::kReused);
    id = kNoEntry;
  }
  const bool opened = id == kNoEntry;
  if (opened) {
    const bool from_originator = SenderIsOriginator(packet);
    if (!MakeRoom(shard, IsOpener(packet, from_originator))) {
      Aggregate(shard, packet);
    } else {
      id = Open(shard, packet, tag, from_originator, again);
    }
  }
  if ((packet.marks & kMarkQuote) == 0 || packet.aux >= batch.quotes.size()) {
    if (id != kNoEntry) Update(shard, id, packet, opened);
    return;
  }
  const QuotedPacket& quote = batch.quotes[packet.aux];
  const EntryId quoted = FindQuoted(packet, quote);
  if (quoted != kNoEntry) quoted_flow_id_ = slab_[quoted].id;
  if (id != kNoEntry) Update(shard, id, packet, opened);
  quoted_flow_id_ = 0;
  if (quoted != kNoEntry) OnQuote(packet, quote, quoted);
}

EntryId FlowTracker::Find(const Packet& p, uint32_t tag) {
  return index_.Find(tag, [&](EntryId id) {
    const FlowEntry& f = slab_[id];
    return f.ip_protocol == p.ip_protocol && f.context == p.context &&
           f.IsBetween(p.source, p.source_port, p.destination,
                       p.destination_port);
  });
}

bool FlowTracker::IsFromOriginator(EntryId id, const Packet& packet) {
  const FlowEntry& f = slab_[id];
  return f.originator == packet.source &&
         f.originator_port == packet.source_port;
}

EntryId FlowTracker::Open(Shard& shard, const Packet& packet, uint32_t tag,
                          bool from_originator, bool again) {
  const EntryId id = slab_.Take();
  FlowEntry& flow = slab_[id];
  SetKey(flow, packet, from_originator);
  flow.tag = tag;
  flow.start = flow.last = clock_;
  flow.Set(kFlowEmbryonic);
  if (packet.ip_version == 6) flow.Set(kFlowIpV6);
  if (IsIcmp(packet.ip_protocol)) {
    flow.tcp_flags[0] = packet.icmp_type;
    flow.tcp_flags[1] = packet.icmp_code;
  }
  flow.id = NewId(shard, flow, packet, again);
  Classify(flow);
  index_.Insert(tag, id);
  shard.embryonic.Append(id);
  wheel_.Schedule(id, DueTick(flow), tick_);
  ++shard.new_flows;
  ++second_work_;
  counters_.opened_flows.Add();
  peak_open_flows_ = std::max(peak_open_flows_, ++open_flows_);
  Signal& signal = writer_.Add(SignalKind::kFlowOpened, flow);
  signal.tcp_flags = packet.tcp_flags;
  signal.icmp_type = packet.icmp_type;
  return id;
}

void FlowTracker::SetKey(FlowEntry& flow, const Packet& packet,
                         bool from_originator) {
  flow.originator = from_originator ? packet.source : packet.destination;
  flow.responder = from_originator ? packet.destination : packet.source;
  flow.originator_port =
      from_originator ? packet.source_port : packet.destination_port;
  flow.responder_port =
      from_originator ? packet.destination_port : packet.source_port;
  flow.context = packet.context & 0xfffffff;
  flow.ip_protocol = packet.ip_protocol;
  flow.shard = packet.shard & (kShards - 1);
}

// Of nothing that depends on what else the shard holds.
uint64_t FlowTracker::NewId(const Shard& shard, const FlowEntry& flow,
                            const Packet& packet, bool again) {
  IdInput in;
  in.originator = flow.originator;
  in.responder = flow.responder;
  in.originator_port = flow.originator_port;
  in.responder_port = flow.responder_port;
  in.ip_protocol = flow.ip_protocol;
  in.context = flow.context;
  in.start = flow.start;
  if ((packet.marks & kMarkQuote) != 0) in.repetition = packet.tcp_sequence;
  if (again || shard.evicted_at == flow.start) {
    in.repetition = static_cast<uint32_t>(packet.ordinal) + 1;
  }
  return MakeId(in);
}

void FlowTracker::Update(Shard& shard, EntryId id, const Packet& packet,
                         bool opened) {
  FlowEntry& flow = slab_[id];
  const bool from_originator = IsFromOriginator(id, packet);
  const int side = from_originator ? 0 : 1;
  if (!opened && NeedsRotation(flow, side, packet.frames)) Rotate(flow);
  if (flow.touched == kNoPosition) Touch(shard, id);
  flow.Set(kFlowReferenced);
  const bool broken = IsBroken(flow, packet, side);
  const TcpPhase before = flow.phase;
  const StreamStart start =
      HasTcp(packet) ? StartOf(flow, side) : StreamStart();
  TcpOutcome outcome;
  if (!broken && flow.packets[1 - side] != 0) flow.Set(kFlowTwoWay);
  if (broken) {
    // Counted, and that is all.
  } else if (HasTcp(packet)) {
    outcome = TrackTcp(flow, packet, from_originator);
    if (opened) TellFirstTcp(flow, packet);
    TellTcp(flow, packet, outcome, opened);
    flow.last = clock_;
    if (flow.phase != before || outcome.anomalies != 0) Reschedule(id);
  } else if (!from_originator && !flow.Has(kFlowAnswered)) {
    flow.Set(kFlowAnswered);
    writer_.Add(SignalKind::kAnswered, flow).icmp_type = packet.icmp_type;
  }
  if (!broken) CheckEvasion(flow, packet, side, outcome.overlaps);
  NoteTruncation(flow, packet);
  flow.last = clock_;
  Count(flow, packet, side, !outcome.keep_alive);
  if (flow.phase != before && IsOver(flow.phase) && !IsOver(before)) {
    TellSessionEnd(flow);
  }
  if (!opened && flow.Has(kFlowEmbryonic) && IsSettled(flow)) {
    Settle(shard, id);
  }
  if ((packet.marks & kMarkLinkInner) != 0) {
    writer_.Add(SignalKind::kOuterSeen, flow).detail = packet.layer + 1u;
  }
  if (broken || !flow.Has(kFlowWantsPayload)) return;
  if (packet.ip_protocol != kIpProtoTcp) {
    if (packet.payload_captured > 0) {
      const TimeoutClass chosen = flow.timeout_class;
      AnalyzeDatagram(shard, id, packet, from_originator);
      if (flow.timeout_class != chosen) Reschedule(id);
    }
  } else if (HasTcp(packet)) {
    AnalyzeTcp(shard, id, packet, side, start, outcome);
  }
}

void FlowTracker::Count(FlowEntry& flow, const Packet& packet, int side,
                        bool payload) {
  flow.packets[side] += packet.frames;
  // A keep-alive's octet was counted before.
  flow.bytes[side].Add(packet.frame_bytes, packet.ip_bytes,
                       payload ? packet.payload_bytes : 0);
}

bool FlowTracker::NeedsRotation(const FlowEntry& flow, int side,
                                uint32_t frames) const {
  constexpr uint16_t kFull = 0xffff;
  const TcpSide& tcp = flow.tcp[side];
  if (flow.packets[side] > ~0u - frames || flow.bytes[side].IsFull() ||
      tcp.retransmissions == kFull || tcp.out_of_order == kFull ||
      tcp.zero_windows == kFull || tcp.duplicate_acks == kFull) {
    return true;
  }
  return options_.rotate_after > 0 &&
         Elapsed(clock_, flow.start) >
             static_cast<uint64_t>(options_.rotate_after);
}

void FlowTracker::TellTcp(FlowEntry& flow, const Packet& packet,
                          const TcpOutcome& outcome, bool opened) {
  const uint8_t flags = packet.tcp_flags;
  if ((opened || (flow.Has(kFlowProbe) && flow.phase == TcpPhase::kNone)) &&
      IsStealthProbe(flags)) {
    writer_.Add(SignalKind::kStealthProbe, flow).tcp_flags = flags;
  }
  if (outcome.syn) {
    writer_.Add(SignalKind::kSyn, flow).tcp_flags = flags;
  }
  if (outcome.answered) {
    writer_.Add(SignalKind::kAnswered, flow).tcp_flags = flags;
  }
  if (outcome.established) {
    writer_.Add(SignalKind::kEstablished, flow).tcp_flags = flags;
  }
  if (outcome.refused) {
    writer_.Add(SignalKind::kRefused, flow).tcp_flags = flags;
  }
  for (uint32_t left = outcome.anomalies & ~flow.anomalies; left != 0;
       left &= left - 1) {
    TellAnomaly(flow, static_cast<FlowAnomaly>(__builtin_ctz(left)));
  }
}

// A low TTL marks data that only one of sensor and host may have read, whether
// it came before or after what it overlaps.
void FlowTracker::CheckEvasion(FlowEntry& flow, const Packet& packet, int side,
                               bool overlaps) {
  constexpr uint32_t kShifted = 1u << static_cast<int>(FlowAnomaly::kTtlShift);
  const int highest = side == 0 ? flow.originator_ttl : flow.responder_ttl;
  // Messages of ICMP have one each: 255 between neighbours (RFC 4861 4), the
  // usual in echoes.
  const bool usual = packet.ip_protocol != kIpProtoIcmp &&
                     packet.ip_protocol != kIpProtoIcmpV6;
  if (packet.ttl > highest) {
    if (side == 0) flow.originator_ttl = packet.ttl;
    if (side != 0) flow.responder_ttl = packet.ttl;
  } else if (usual && packet.ttl + kTtlShift < highest) {
    TellAnomaly(flow, FlowAnomaly::kTtlShift);
  }
  if ((packet.marks & kMarkAmbiguous) != 0 ||
      (overlaps && (flow.anomalies & kShifted) != 0)) {
    TellAnomaly(flow, FlowAnomaly::kAmbiguous);
  }
}

}  // namespace tapline
