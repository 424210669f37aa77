// The decoder's side of fragments: accounting and the way back into the walk.

#include "sensord/decode/frame_walk.h"

namespace tapline {
namespace {

void Lose(DecodeState& state, Anomaly reason, const LostDatagram& lost,
          UnixNanos clock) {
  if (lost.discarded) return;
  DecodeCounters& counters = state.counters;
  counters.held.Set(counters.held.Get() - lost.held);
  counters.dropped[static_cast<size_t>(reason)].Add(lost.held);
  NoteAt(state, reason, clock, lost.ordinal);
}

Anomaly ReasonOf(FragmentVerdict verdict) {
  switch (verdict) {
    case FragmentVerdict::kEmpty:
      return Anomaly::kFragEmpty;
    case FragmentVerdict::kTooLong:
      return Anomaly::kFragTooLong;
    case FragmentVerdict::kBadLength:
      return Anomaly::kFragBadLength;
    case FragmentVerdict::kBadEnd:
      return Anomaly::kFragBadEnd;
    case FragmentVerdict::kOverlap6:
      return Anomaly::kIp6FragOverlap;
    default:
      return Anomaly::kCount;
  }
}

// RFC 1858: a transport header that the first fragment does not hold.
bool IsTiny(const Fragment& f) {
  if (f.protocol == kIpProtoTcp) {
    return f.offset == 8 || (f.offset == 0 && f.wire < 20);
  }
  return f.protocol == kIpProtoUdp && f.offset == 0 && f.wire < 8;
}

Fragment MakeFragment(FrameWalk& walk, const FragmentHeader& header) {
  const Packet& packet = walk.packet();
  Fragment f;
  f.data = walk.in.position();
  f.captured = static_cast<uint32_t>(walk.in.left());
  f.wire = walk.WireLeft();
  f.offset = header.offset;
  f.more = header.more;
  f.protocol = header.protocol;
  f.ttl = packet.ttl;
  f.frame_bytes = walk.frame_bytes;
  f.ip_bytes = packet.ip_bytes;
  f.frames = walk.frames;
  f.held = walk.packets == 0 ? 1 : 0;
  f.clock = walk.frame.clock;
  f.ordinal = walk.frame.ordinal;
  return f;
}

// The begun packet becomes the joined datagram.
void Continue(FrameWalk& walk, uint32_t own) {
  DecodeState& state = walk.state;
  const JoinedDatagram joined = state.fragments.Complete();
  uint8_t* bytes = state.out->joined.Allocate(joined.captured);
  state.fragments.Take(bytes);
  // The frame itself is accounted when its walk ends.
  const uint32_t waited = joined.held - own;
  state.counters.held.Set(state.counters.held.Get() - waited);
  state.counters.decoded.Add(waited);
  walk.in = ByteCursor(bytes, joined.captured);
  walk.missing = joined.bytes - joined.captured;
  walk.frames = joined.frames;
  walk.frame_bytes = joined.frame_bytes;
  walk.marks |= kMarkReassembled;
  if (walk.missing > 0) walk.marks |= kMarkTruncated;
  if (joined.ambiguous) walk.marks |= kMarkAmbiguous;
  Packet& packet = walk.packet();
  packet.frames =
      static_cast<uint16_t>(joined.frames > 0xffff ? 0xffff : joined.frames);
  packet.frame_bytes = joined.frame_bytes;
  packet.ip_bytes = joined.ip_bytes;
  packet.ip_protocol = joined.protocol;
  packet.ttl = joined.ttl;
}

void NoteDifference(FrameWalk& walk, const FragmentResult& result) {
  std::vector<AnomalySample>& samples = walk.state.out->anomalies;
  const size_t before = samples.size();
  Note(walk, Anomaly::kFragOverlapDiff);
  if (samples.size() == before) return;
  samples.back().first_hash = result.first_hash;
  samples.back().other_hash = result.other_hash;
}

}  // namespace

void ExpireFragments(DecodeState& state, UnixNanos clock) {
  LostDatagram lost;
  while (state.fragments.PopExpired(clock, &lost)) {
    Lose(state, Anomaly::kFragTimeout, lost,
         lost.clock + state.fragments.timeout());
  }
}

void FinishFragments(DecodeState& state) {
  LostDatagram lost;
  while (state.fragments.PopAny(&lost)) {
    Lose(state, Anomaly::kFragIncomplete, lost, lost.clock);
  }
}

bool JoinFragment(FrameWalk& walk, const FragmentHeader& header) {
  DecodeState& state = walk.state;
  const Fragment fragment = MakeFragment(walk, header);
  if (IsTiny(fragment)) Note(walk, Anomaly::kFragTiny);
  ExpireFragments(state, walk.frame.clock);
  LostDatagram lost;
  while (state.fragments.PopForRoom(fragment.wire, &lost)) {
    Lose(state, Anomaly::kFragEvicted, lost, walk.frame.clock);
  }
  const Packet& packet = walk.packet();
  FragmentKey key;
  key.source = packet.source;
  key.destination = packet.destination;
  key.id = header.id;
  key.context = packet.context;
  key.version = packet.ip_version;
  if (key.version == 4) key.protocol = header.protocol;
  const FragmentResult result = state.fragments.Insert(key, fragment);
  if (result.duplicate) {
    NoteBenign(walk, Anomaly::kFragDuplicate);
  } else if (result.verdict == FragmentVerdict::kHeld ||
             result.verdict == FragmentVerdict::kComplete) {
    if (result.differs) {
      NoteDifference(walk, result);
    } else if (result.overlap) {
      Note(walk, Anomaly::kFragOverlap);
    }
  }
  if (result.discarded > 0) {
    DecodeCounters& counters = state.counters;
    counters.held.Set(counters.held.Get() - result.discarded);
    counters.dropped[static_cast<size_t>(Anomaly::kIp6FragOverlap)].Add(
        result.discarded);
  }
  if (result.verdict == FragmentVerdict::kComplete) {
    Continue(walk, fragment.held);
    return true;
  }
  AbandonPacket(walk);
  if (result.verdict == FragmentVerdict::kHeld) {
    walk.held = fragment.held > 0;
    walk.step = Step::kDone;
  } else {
    Drop(walk, ReasonOf(result.verdict));
  }
  return false;
}

}  // namespace tapline
