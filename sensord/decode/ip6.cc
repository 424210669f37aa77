// IPv6 (RFC 8200) and its extension headers.

#include "sensord/decode/frame_walk.h"

namespace tapline {
namespace {

constexpr uint8_t kHopByHop = 0;
constexpr uint8_t kRouting = 43;
constexpr uint8_t kFragment = 44;
constexpr uint8_t kNoNextHeader = 59;
constexpr uint8_t kDestinationOptions = 60;
constexpr uint8_t kMobility = 135;
constexpr uint8_t kHostIdentity = 139;
constexpr uint8_t kShim6 = 140;

bool IsExtension(uint8_t next) {
  switch (next) {
    case kHopByHop:
    case kRouting:
    case kFragment:
    case kDestinationOptions:
    case kMobility:
    case kHostIdentity:
    case kShim6:
      return true;
    default:
      return false;
  }
}

// Applies the payload length; *total includes the header.
void LimitToPayloadLength(FrameWalk& walk, uint32_t payload, uint32_t* total) {
  const uint32_t wire = walk.WireLeft();
  *total = payload + 40;
  if (payload == 0 && wire > 40) {
    // A jumbogram (RFC 2675) or segmentation offload; a header without payload
    // followed by Ethernet padding has next header 59.
    if (walk.in.Peek(40)[6] != kNoNextHeader) {
      NoteBenign(walk, Anomaly::kIpZeroLength);
      *total = wire;
    }
  } else if (*total > wire) {
    Note(walk, Anomaly::kIpLengthExceedsFrame);
    *total = wire;
  }
  walk.LimitWire(*total);
  if (walk.missing > 0) walk.marks |= kMarkTruncated;
}

// The packet stays, what it carries is unknown.
void StopWithoutTransport(FrameWalk& walk, Anomaly anomaly) {
  Note(walk, anomaly);
  walk.packet().marks |= kMarkNoTransport;
  walk.step = Step::kTransport;
}

// True when the chain goes on with *next.
bool ReadFragmentHeader(FrameWalk& walk, const uint8_t* p, uint8_t next) {
  FragmentHeader f;
  f.id = LoadBig32(p + 4);
  f.offset = static_cast<uint16_t>(LoadBig16(p + 2) & 0xfff8);
  f.more = (p[3] & 1) != 0;
  f.protocol = next;
  if (f.offset == 0 && !f.more) {
    // RFC 6946: by itself, whatever else carries its id.
    NoteBenign(walk, Anomaly::kIp6AtomicFragment);
    return true;
  }
  if ((walk.marks & kMarkReassembled) != 0) {
    StopWithoutTransport(walk, Anomaly::kIp6NestedFragment);
    return false;
  }
  return JoinFragment(walk, f);
}

void NoteOrder(FrameWalk& walk, uint8_t next, int position, uint32_t* seen) {
  if (next == kHopByHop && position > 0) {
    Note(walk, Anomaly::kIp6HopByHopNotFirst);
  }
  // Destination options may come twice, before and after routing.
  const int bit = next == kHopByHop   ? 0
                  : next == kRouting  ? 1
                  : next == kFragment ? 2
                  : next == kMobility ? 3
                                      : 4;
  if (bit < 4 && (*seen & 1u << bit) != 0) {
    Note(walk, Anomaly::kIp6DuplicateHeader);
  }
  *seen |= 1u << bit;
}

}  // namespace

void ReadIpv6Extensions(FrameWalk& walk, uint8_t next) {
  uint32_t seen = 0;
  walk.step = Step::kTransport;
  while (IsExtension(next)) {
    walk.packet().ip_protocol = next;
    if (walk.extension_headers == kMaxExtensionHeaders) {
      return StopWithoutTransport(walk, Anomaly::kIp6ExtHeaderLimit);
    }
    const uint8_t* p = walk.in.Peek(8);
    const uint32_t size = p == nullptr        ? 8
                          : next == kFragment ? 8
                                              : (p[1] + 1u) * 8;
    if (size > walk.in.left()) {
      const bool cut = walk.WireLeft() >= size;
      return StopWithoutTransport(
          walk, cut ? Anomaly::kSnapHeaderCut : Anomaly::kIp6ExtHeaderCut);
    }
    NoteOrder(walk, next, walk.extension_headers, &seen);
    ++walk.extension_headers;
    walk.in.Skip(size);
    if (next == kRouting && p[2] == 0) Note(walk, Anomaly::kIp6RoutingType0);
    const uint8_t kind = next;
    next = p[0];
    walk.packet().ip_protocol = next;
    if (kind == kFragment) {
      if (!ReadFragmentHeader(walk, p, next)) return;
      next = walk.packet().ip_protocol;
    }
  }
  walk.packet().ip_protocol = next;
  if (next == kNoNextHeader && walk.WireLeft() > 0) {
    Note(walk, Anomaly::kIp6NoNextHeaderData);
  }
}

void ReadIpv6(FrameWalk& walk) {
  if (!EnterLayer(walk)) return;
  const uint8_t* p = walk.in.Peek(40);
  if (p == nullptr) return DropCut(walk, 40, Anomaly::kIpTruncated);
  if (p[0] >> 4 != 6) return Drop(walk, Anomaly::kIpBadVersion);
  uint32_t total = 0;
  LimitToPayloadLength(walk, LoadBig16(p + 4), &total);
  walk.extension_headers = 0;
  const IpAddress source = IpAddress::FromV6(p + 8);
  const IpAddress destination = IpAddress::FromV6(p + 24);
  // Not on the wire by RFC 4291; it would be taken for IPv4.
  if (source.IsV4() || destination.IsV4()) {
    Note(walk, Anomaly::kIp6MappedAddress);
  }
  Packet& packet = BeginPacket(walk);
  packet.ip_version = 6;
  packet.ttl = p[7];
  packet.ip_bytes = total;
  packet.source = source;
  packet.destination = destination;
  walk.in.Skip(40);
  ReadIpv6Extensions(walk, p[6]);
}

}  // namespace tapline
