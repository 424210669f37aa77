// TCP payload on its way to the analyzers, reassembled while they want it
// (reliability.md 7, E10, E14-E29).

#include <utility>

#include "sensord/flow/flow_math.h"
#include "sensord/flow/flow_output.h"
#include "sensord/flow/flow_tracker.h"

namespace tapline {
namespace {

// More urgent octets than this are no signals but a way to hide bytes: what a
// host reads is then anybody's guess (E28).
constexpr uint8_t kMaxUrgent = 64;

constexpr uint32_t Bit(FlowAnomaly anomaly) {
  return 1u << static_cast<uint32_t>(anomaly);
}

// The octet before the one the pointer names, as most hosts read it
// (RFC 6093 3.1); 0 for none inside the segment.
uint32_t UrgentPlace(const Packet& packet) {
  if ((packet.tcp_flags & kTcpUrg) == 0) return 0;
  return packet.tcp_urgent <= packet.payload_captured ? packet.tcp_urgent : 0;
}

}  // namespace

// Whether analyzers may see the payload of `packet`.
static bool IsReadable(const Packet& packet, const TcpOutcome& outcome) {
  return packet.payload_bytes > 0 && !outcome.keep_alive &&
         (packet.tcp_flags & kTcpRst) == 0 &&
         (outcome.anomalies &
          (Bit(FlowAnomaly::kOutOfWindow) | Bit(FlowAnomaly::kBadFlags))) == 0;
}

// Before a packet is tracked.
FlowTracker::StreamStart FlowTracker::StartOf(const FlowEntry& flow, int side) {
  StreamStart start;
  start.known = (flow.tcp_bits[side].known & kNextKnown) != 0;
  start.next = flow.tcp[side].next;
  // Segments without payload may claim to be from further on. What the other
  // end acknowledged it has; nothing before its first byte can be missing.
  if (!flow.Has(kFlowMidstream) &&
      (flow.tcp_bits[1 - side].known & kAckKnown) != 0 &&
      SequenceDistance(start.next, flow.tcp[1 - side].ack) > 0) {
    start.next = flow.tcp[1 - side].ack;
  }
  // An empty hole is the timestamp, or of SYN-ACKs that differed the last.
  if ((flow.anomalies & Bit(FlowAnomaly::kSynAckChanged)) != 0) return start;
  for (int i = 0; i < 2; ++i) {
    const TcpSide& tcp = flow.tcp[i];
    if (tcp.hole_begin == tcp.hole_end) start.timestamp[i] = tcp.hole_begin;
  }
  return start;
}

// The first payload comes.
TcpStreams* FlowTracker::OpenStreams(Shard& shard, EntryId id,
                                     const StreamStart& start) {
  FlowEntry& flow = slab_[id];
  FlowDetail& detail = DetailOf(flow);
  detail.analyzer = analyzer_->OpenStream(IdentityOf(flow));
  detail.streams = std::make_unique<TcpStreams>();
  shard.analyses.push_back({id, flow.id});
  if (start.HasTimestamps()) {
    for (int i = 0; i < 2; ++i) {
      detail.streams->facts[i].timestamp = start.timestamp[i];
      detail.streams->facts[i].timestamp_known = true;
    }
  }
  return detail.streams.get();
}

// RFC 7323 4.3: a segment from behind a hole says nothing about what fills it,
// and a host refuses one that has nothing new before it looks (5.3, R2).
// `next`: where the stream's next byte was expected.
static void NoteTimestamp(const Packet& packet, uint32_t next,
                          StreamFacts& facts) {
  if ((packet.marks & kMarkTimestamps) == 0) return;
  const uint32_t end = packet.tcp_sequence + packet.payload_bytes;
  if (facts.timestamp_known &&
      (SequenceDistance(packet.tcp_sequence, next) > 0 ||
       SequenceDistance(end, next) <= 0)) {
    return;
  }
  facts.timestamp = packet.aux;
  facts.timestamp_known = true;
}

void FlowTracker::AnalyzeTcp(Shard& shard, EntryId id, const Packet& packet,
                             int side, const StreamStart& start,
                             const TcpOutcome& outcome) {
  FlowEntry& flow = slab_[id];
  const bool syn = (packet.tcp_flags & kTcpSyn) != 0;
  // An established connection takes nothing of a SYN (RFC 9293 3.10.7.4, E24).
  if (syn && flow.phase != TcpPhase::kSynSent &&
      flow.phase != TcpPhase::kSynReceived) {
    return;
  }
  const bool readable = IsReadable(packet, outcome);
  TcpStreams* streams =
      flow.detail == 0 ? nullptr : details_[flow.detail].streams.get();
  if (streams == nullptr) {
    if (!readable) return;
    streams = OpenStreams(shard, id, start);
  }
  if (syn || streams->syn_data) OnSynOfStream(flow, packet, side, *streams);
  StreamSide& peer = streams->side[1 - side];
  if ((packet.tcp_flags & kTcpAck) != 0 && peer.begun() &&
      SequenceDistance(packet.tcp_acknowledgment, flow.tcp[1 - side].next) <=
          0) {
    peer.Acknowledge(packet.tcp_acknowledgment);
  }
  const bool waits = streams->side[0].holds() || streams->side[1].holds();
  if (packet.payload_bytes == 0 && !waits &&
      (flow.phase == TcpPhase::kEstablished ||
       flow.phase == TcpPhase::kMidstream)) {
    return;  // A bare acknowledgment: nothing moves.
  }
  Output output(*this, flow);
  bool more = true;
  if (readable) {
    const StreamSide& self = streams->side[side];
    NoteTimestamp(packet, self.begun() ? self.next_sequence() : start.next,
                  streams->facts[side]);
    more = AddToStream(flow, packet, side, start, *streams, output);
  }
  if (more && streams->syn_data) {
    // Bytes of a SYN that nobody took yet wait.
    streams->side[side].Keep();
  } else if (more) {
    more = Deliver(flow, side, packet.clock, output) &&
           Deliver(flow, 1 - side, packet.clock, output);
  }
  if (!more) {
    StopAnalysis(shard, flow);
  } else if ((flow.phase == TcpPhase::kClosing ||
              flow.phase == TcpPhase::kTimeWait) &&
             !streams->side[0].holds() && !streams->side[1].holds()) {
    EndAnalysis(flow);
  } else {
    CountAnalysis(shard, flow);
  }
}

// A SYN with payload (E21): the SYN-ACK says whether the server took it.
void FlowTracker::OnSynOfStream(FlowEntry& flow, const Packet& packet, int side,
                                TcpStreams& streams) {
  if (IsBareSyn(packet.tcp_flags) && side == 0) {
    streams.side[0] = StreamSide();
    streams.side[0].Begin(packet.tcp_sequence + 1);
    streams.syn_data = packet.payload_bytes > 0;
    return;
  }
  if (!streams.syn_data) return;
  streams.syn_data = false;
  if (IsSynAck(packet.tcp_flags) && side == 1 &&
      packet.tcp_acknowledgment == flow.isn + 1) {
    streams.side[0] = StreamSide();
    streams.side[0].Begin(flow.isn + 1);
  }
}

// False: nothing more is wanted.
bool FlowTracker::AddToStream(FlowEntry& flow, const Packet& packet, int side,
                              const StreamStart& start, TcpStreams& streams,
                              AnalyzerOutput& output) {
  StreamSide& stream = streams.side[side];
  uint32_t sequence = packet.tcp_sequence;
  if ((packet.tcp_flags & kTcpSyn) != 0) ++sequence;
  if (!stream.begun()) {
    // What was seen of it may be a keep-alive, one octet back (RFC 9293 3.8.4).
    const bool after_probe =
        flow.Has(kFlowMidstream) && sequence == start.next + 1;
    stream.Begin(start.known && !after_probe ? start.next : sequence);
  }
  absl::Span<const uint8_t> bytes(packet.payload, packet.payload_captured);
  uint32_t wire_bytes = packet.payload_bytes;
  const uint32_t urgent = UrgentPlace(packet);
  if (urgent > 0 &&
      SequenceDistance(sequence + urgent - 1, stream.next_sequence()) >= 0) {
    StreamFacts& facts = streams.facts[side];
    TellAnomaly(flow, FlowAnomaly::kUrgent);
    // Only in order its place is sure to be the octet to leave out.
    if (facts.urgent_bytes == kMaxUrgent || streams.syn_data ||
        stream.holds() || sequence != stream.next_sequence()) {
      TellAnomaly(flow, FlowAnomaly::kAmbiguous);
    } else {
      ++facts.urgent_bytes;
      stream.Add(sequence, bytes.first(urgent - 1), urgent - 1);
      if (!Deliver(flow, side, packet.clock, output)) return false;
      stream.LeaveOut(bytes[urgent - 1]);
      bytes.remove_prefix(urgent);
      sequence += urgent;
      wire_bytes -= urgent;
    }
  }
  const StreamDifference difference = stream.Add(sequence, bytes, wire_bytes);
  if (difference.found) TellDifference(flow, difference);
  return true;
}

void FlowTracker::TellDifference(FlowEntry& flow,
                                 const StreamDifference& difference) {
  constexpr uint32_t kTold = Bit(FlowAnomaly::kOverlapDiff);
  if ((flow.anomalies & kTold) == 0) {
    TellAnomaly(flow, FlowAnomaly::kOverlapDiff);
    AnomalyData& told = writer_.batch().anomalies.back();
    told.first_hash = difference.first_hash;
    told.other_hash = difference.other_hash;
  }
  TellAnomaly(flow, FlowAnomaly::kAmbiguous);
}

// Everything of a side that is in order. False: nothing more is wanted.
bool FlowTracker::Deliver(FlowEntry& flow, int side, UnixNanos clock,
                          AnalyzerOutput& output) {
  const FlowDetail& detail = details_[flow.detail];
  StreamSide& stream = detail.streams->side[side];
  for (StreamRun run = stream.Next(); !run.empty(); run = stream.Next()) {
    if (run.missing > 0) {
      if (!run.cut) TellAnomaly(flow, FlowAnomaly::kGap);
      if (!detail.analyzer->OnGap(side == 0, run.missing, output)) return false;
      continue;
    }
    Segment segment;
    segment.bytes = run.bytes;
    segment.offset = run.offset;
    segment.clock = clock;
    segment.from_originator = side == 0;
    segment.midstream = flow.Has(kFlowMidstream);
    if (!detail.analyzer->OnSegment(segment, output)) return false;
    stream.Remember(run);
  }
  return true;
}

}  // namespace tapline
