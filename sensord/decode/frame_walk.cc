#include "sensord/decode/frame_walk.h"

#include <algorithm>

namespace tapline {
namespace {

// Samples given per anomaly: the first, then each one in this many.
constexpr uint64_t kFirstSamples = 25;
constexpr uint64_t kSampleEvery = 1000;

bool CountAnomaly(DecodeState& state, Anomaly anomaly) {
  Counter& counter = state.counters.anomalies[static_cast<size_t>(anomaly)];
  counter.Add();
  const uint64_t n = counter.Get();
  return n <= kFirstSamples || n % kSampleEvery == 0;
}

// Secret-free: see InnerFlowCache.
uint64_t PublicFlowHash(const Packet& packet) {
  return HashFlowKey(SipKey(), FlowKeyOf(packet)).flow;
}

void LinkToCarrier(FrameWalk& walk, const Packet& inner) {
  Packet& carrier = walk.state.out->packets.end()[-2];
  carrier.marks |= kMarkCarriesTunnel;
  const bool opens = inner.ip_protocol == kIpProtoTcp &&
                     (inner.tcp_flags & (kTcpSyn | kTcpAck)) == kTcpSyn;
  const bool unseen =
      walk.state.inner_flows.Touch(PublicFlowHash(inner), inner.clock);
  if (opens || unseen) carrier.marks |= kMarkLinkInner;
}

uint32_t VlanOnlyContext(FrameWalk& walk) {
  const Context& context = walk.context;
  uint64_t vlans = 0;
  for (uint16_t vlan : context.vlans) vlans = vlans << 16 | vlan;
  DecodeState::VlanContext& slot =
      walk.state.vlan_contexts[vlans * 0x9e3779b97f4a7c15 >> 58];
  if (slot.vlans == vlans && slot.count == context.vlan_count) return slot.id;
  bool overflow = false;
  const uint32_t id = walk.state.contexts.Intern(context, &overflow);
  if (overflow) {
    NoteBenign(walk, Anomaly::kContextOverflow);
  } else {
    slot.vlans = vlans;
    slot.count = context.vlan_count;
    slot.id = id;
  }
  return id;
}

uint32_t ResolveContext(FrameWalk& walk) {
  if (walk.context.tunnel_count == 0) return VlanOnlyContext(walk);
  bool overflow = false;
  const uint32_t id = walk.state.contexts.Intern(walk.context, &overflow);
  if (overflow) NoteBenign(walk, Anomaly::kContextOverflow);
  return id;
}

}  // namespace

DecodeState::DecodeState(const DecoderOptions& o, ContextTable& table)
    : options(o),
      contexts(table),
      secret{o.seed[0], o.seed[1]},
      fragments(o.fragment_bytes, o.fragment_timeout, secret) {}

void NoteAt(DecodeState& state, Anomaly anomaly, UnixNanos clock,
            uint64_t ordinal) {
  if (!CountAnomaly(state, anomaly)) return;
  AnomalySample sample;
  sample.name = AnomalyName(anomaly);
  sample.clock = clock;
  sample.ordinal = ordinal;
  if (state.out != nullptr) state.out->anomalies.push_back(sample);
}

void NoteBenign(FrameWalk& walk, Anomaly anomaly) {
  if (!CountAnomaly(walk.state, anomaly)) return;
  AnomalySample sample;
  sample.name = AnomalyName(anomaly);
  sample.clock = walk.frame.clock;
  sample.ordinal = walk.frame.ordinal;
  // Of the packet begun or about to be; settled when the walk ends.
  sample.packet = static_cast<int32_t>(walk.first_packet + walk.packets);
  walk.state.out->anomalies.push_back(sample);
}

void Note(FrameWalk& walk, Anomaly anomaly) {
  walk.marks |= kMarkMalformed;
  NoteBenign(walk, anomaly);
}

void Drop(FrameWalk& walk, Anomaly anomaly) {
  Note(walk, anomaly);
  if (walk.drop == Anomaly::kCount) walk.drop = anomaly;
  walk.step = Step::kDone;
}

void DropCut(FrameWalk& walk, uint32_t size, Anomaly anomaly) {
  if (walk.WireLeft() < size) {
    Drop(walk, anomaly);
    return;
  }
  NoteBenign(walk, Anomaly::kSnapHeaderCut);
  if (walk.drop == Anomaly::kCount) walk.drop = Anomaly::kSnapHeaderCut;
  walk.step = Step::kDone;
}

Packet& BeginPacket(FrameWalk& walk) {
  if (walk.context_changed) {
    walk.context_id = ResolveContext(walk);
    walk.context_changed = false;
  }
  Packet& packet = walk.state.out->packets.emplace_back();
  packet.clock = walk.frame.clock;
  packet.time = walk.frame.time;
  packet.ordinal = walk.frame.ordinal;
  packet.frame_bytes = walk.frame_bytes;
  packet.frames =
      static_cast<uint16_t>(std::min<uint32_t>(walk.frames, 0xffff));
  packet.context = walk.context_id;
  packet.layer = walk.packets;
  return packet;
}

void AbandonPacket(FrameWalk& walk) { walk.state.out->packets.pop_back(); }

void FinishPacket(FrameWalk& walk) {
  Packet& packet = walk.packet();
  const FlowHashes hashes = HashFlowKey(walk.state.secret, FlowKeyOf(packet));
  // Of an ICMP error, shard and hash of the quoted pair are there already.
  packet.flow_hash ^= hashes.flow;
  if ((packet.marks & kMarkQuote) == 0) packet.shard = hashes.shard;
  packet.marks |= walk.marks;
  walk.marks = 0;
  if (walk.packets > 0) LinkToCarrier(walk, packet);
  ++walk.packets;
}

bool EnterLayer(FrameWalk& walk) {
  if (walk.layers == kMaxLayers) {
    Drop(walk, Anomaly::kLayersExceeded);
    return false;
  }
  ++walk.layers;
  return true;
}

bool EnterTunnel(FrameWalk& walk, TunnelKind kind, uint32_t id) {
  Context& context = walk.context;
  if (context.tunnel_count == kMaxTunnels) {
    Note(walk, Anomaly::kTunnelDepthExceeded);
    walk.step = Step::kDone;
    return false;
  }
  const Packet& outer = walk.packet();
  context.tunnels[context.tunnel_count] = kind;
  context.tunnel_ids[context.tunnel_count] = id;
  ++context.tunnel_count;
  const bool ordered = outer.source <= outer.destination;
  context.outer_low = ordered ? outer.source : outer.destination;
  context.outer_high = ordered ? outer.destination : outer.source;
  walk.context_changed = true;
  walk.extension_headers = 0;
  return EnterLayer(walk);
}

}  // namespace tapline
