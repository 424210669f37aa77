// Packets that no host takes (reliability.md 7, E9, E10, E18, E27): they are
// counted and change nothing else. A sensor that believed them would follow a
// connection that nobody has.

#include "sensord/decode/checksum.h"
#include "sensord/flow/flow_math.h"
#include "sensord/flow/flow_tracker.h"

namespace tapline {
namespace {

// Of a transport whose payload nobody reads only what begins or ends
// connections is worth a look at every byte.
bool IsWorthALook(const FlowEntry& flow, const Packet& packet) {
  if (packet.ip_protocol == kIpProtoTcp) {
    // A handshake also tells whether a side's checksums are right.
    if ((packet.tcp_flags & (kTcpRst | kTcpSyn)) != 0) return true;
    return flow.Has(kFlowWantsPayload) && packet.payload_bytes > 0;
  }
  return packet.ip_protocol == kIpProtoUdp && flow.Has(kFlowWantsPayload);
}

}  // namespace

// Captures whose addresses were exchanged have wrong headers throughout: in
// kAuto only a flow that had a right one can have a wrong one.
bool FlowTracker::HasBadHeader(FlowEntry& flow, const Packet& packet) const {
  if ((packet.marks & kMarkBadHeader) == 0) {
    flow.Set(kFlowGoodHeader);
    return false;
  }
  return options_.checksums == ChecksumMode::kStrict ||
         (options_.checksums == ChecksumMode::kAuto &&
          flow.Has(kFlowGoodHeader));
}

// A card that fills checksums in later leaves all of a host's own wrong, and a
// host that merges what it received leaves those unfinished: in kAuto only a
// side that had a right one can have a wrong one, and not an unfinished one
// (E10). Who forges that has to send the place again, which shows.
bool FlowTracker::HasBadChecksum(FlowEntry& flow, const Packet& packet,
                                 int side) const {
  TcpSideBits& bits = flow.tcp_bits[side];
  if (options_.checksums == ChecksumMode::kOff) return false;
  if (!HasChecksum(packet)) return false;
  if (ChecksumIsBad(packet)) {
    return options_.checksums == ChecksumMode::kStrict ||
           ((bits.known & kGoodChecksum) != 0 && !ChecksumIsUnfinished(packet));
  }
  bits.known = static_cast<uint8_t>(bits.known | kGoodChecksum) & 15;
  return false;
}

// PAWS (RFC 7323 5.3): the timestamp is older than the side's last.
bool FlowTracker::IsOld(const FlowEntry& flow, const Packet& packet,
                        int side) const {
  if ((packet.marks & kMarkTimestamps) == 0 || packet.payload_bytes == 0 ||
      (packet.tcp_flags & kTcpRst) != 0) {
    return false;
  }
  const TcpStreams* streams =
      flow.detail == 0 ? nullptr : details_[flow.detail].streams.get();
  if (streams != nullptr) {
    const StreamFacts& facts = streams->facts[side];
    return facts.timestamp_known &&
           SequenceDistance(packet.aux, facts.timestamp) < 0;
  }
  const StreamStart start = StartOf(flow, side);
  return start.HasTimestamps() &&
         SequenceDistance(packet.aux, start.timestamp[side]) < 0;
}

bool FlowTracker::IsBroken(FlowEntry& flow, const Packet& packet, int side) {
  if (HasBadHeader(flow, packet)) return true;
  if ((packet.marks & kMarkNoTransport) != 0) {
    // What lies behind an IP header is no payload of anything.
    return packet.ip_protocol == kIpProtoTcp ||
           packet.ip_protocol == kIpProtoUdp;
  }
  if (!IsWorthALook(flow, packet)) return false;
  if (!HasBadChecksum(flow, packet, side)) {
    if (packet.ip_protocol != kIpProtoTcp || !IsOld(flow, packet, side)) {
      return false;
    }
    TellAnomaly(flow, FlowAnomaly::kOldTimestamp);
  } else if (packet.ip_protocol == kIpProtoUdp) {
    TellAnomaly(flow, FlowAnomaly::kBadDatagramChecksum);
  } else if ((packet.tcp_flags & kTcpRst) != 0) {
    TellAnomaly(flow, FlowAnomaly::kBadReset);
  } else {
    TellAnomaly(flow, FlowAnomaly::kBadChecksum);
  }
  return true;
}

void FlowTracker::NoteTruncation(FlowEntry& flow, const Packet& packet) {
  if ((packet.marks & kMarkTruncated) == 0) return;
  flow.anomalies |= 1u << static_cast<int>(FlowAnomaly::kSnapTruncated);
}

}  // namespace tapline
