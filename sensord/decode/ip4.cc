// IPv4 (RFC 791).

#include "sensord/decode/checksum.h"
#include "sensord/decode/frame_walk.h"

namespace tapline {
namespace {

// Walks the options; false when a length does not fit.
bool OptionsAreSane(const uint8_t* p, size_t size) {
  size_t i = 0;
  while (i < size) {
    const uint8_t kind = p[i];
    if (kind == 0) return true;
    if (kind == 1) {
      ++i;
      continue;
    }
    if (i + 1 >= size || p[i + 1] < 2 || i + p[i + 1] > size) return false;
    i += p[i + 1];
  }
  return true;
}

// Applies the total length (header included). False: the walk has ended.
bool LimitToTotalLength(FrameWalk& walk, uint32_t header, uint32_t* total) {
  const uint32_t wire = walk.WireLeft();
  if (*total == 0) {
    // Segmentation offload leaves it empty.
    NoteBenign(walk, Anomaly::kIpZeroLength);
    *total = wire;
  } else if (*total < header) {
    Drop(walk, Anomaly::kIpBadTotalLength);
    return false;
  } else if (*total > wire) {
    Note(walk, Anomaly::kIpLengthExceedsFrame);
    *total = wire;
  }
  walk.LimitWire(*total);
  if (walk.missing > 0) walk.marks |= kMarkTruncated;
  return true;
}

// False, and counted, when the header checksum is wrong.
bool ChecksumIsGood(FrameWalk& walk, const uint8_t* p, size_t header) {
  // Zero: left to the hardware by a sender on this host.
  if (LoadBig16(p + 10) == 0 || InternetChecksum(p, header) == 0) return true;
  Note(walk, Anomaly::kIpBadChecksum);
  walk.marks |= kMarkBadHeader;
  return false;
}

}  // namespace

void ReadIpv4(FrameWalk& walk) {
  if (!EnterLayer(walk)) return;
  const uint8_t* p = walk.in.Peek(20);
  if (p == nullptr) return DropCut(walk, 20, Anomaly::kIpTruncated);
  if (p[0] >> 4 != 4) return Drop(walk, Anomaly::kIpBadVersion);
  const uint32_t header = (p[0] & 15) * 4;
  if (header < 20) return Drop(walk, Anomaly::kIpBadHeaderLength);
  if (header > walk.in.left()) {
    return DropCut(walk, header, Anomaly::kIpBadHeaderLength);
  }
  uint32_t total = LoadBig16(p + 2);
  if (!LimitToTotalLength(walk, header, &total)) return;
  const uint16_t fragment = LoadBig16(p + 6) & 0x3fff;
  const bool checksum_is_good = ChecksumIsGood(walk, p, header);
  if (header > 20 && !OptionsAreSane(p + 20, header - 20)) {
    Note(walk, Anomaly::kIpBadOption);
  }
  Packet& packet = BeginPacket(walk);
  packet.ip_version = 4;
  packet.ip_protocol = p[9];
  packet.ttl = p[8];
  packet.ip_bytes = total;
  packet.source = IpAddress::FromV4(p + 12);
  packet.destination = IpAddress::FromV4(p + 16);
  walk.in.Skip(header);
  walk.step = Step::kTransport;
  if (fragment != 0 && !checksum_is_good) {
    // Never joined (E9): counted by itself, a later one without ports.
    packet.marks |= kMarkNoTransport;
    const bool has_ports =
        packet.ip_protocol == kIpProtoTcp || packet.ip_protocol == kIpProtoUdp;
    if (has_ports && (fragment & 0x1fff) == 0) ReadPorts(walk, packet);
  } else if (fragment != 0) {
    FragmentHeader f;
    f.id = LoadBig16(p + 4);
    f.offset = static_cast<uint16_t>((fragment & 0x1fff) * 8);
    f.more = (fragment & 0x2000) != 0;
    f.protocol = packet.ip_protocol;
    JoinFragment(walk, f);
  }
}

}  // namespace tapline
