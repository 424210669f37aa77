#include "sensord/analyzers/rtp_packet.h"

#include "sensord/decode/byte_cursor.h"

namespace tapline::rtp {
namespace {

constexpr size_t kHeader = 12;
constexpr size_t kRtcpHeader = 4;
constexpr uint8_t kFirstDynamic = 96;

struct Encoding {
  const char* name;
  uint32_t clock_rate;
};

// RFC 3551 6, by type; those without a name are reserved or unassigned.
constexpr Encoding kEncodings[] = {
    {"PCMU", 8000},  {"", 0},         {"", 0},         {"GSM", 8000},
    {"G723", 8000},  {"DVI4", 8000},  {"DVI4", 16000}, {"LPC", 8000},
    {"PCMA", 8000},  {"G722", 8000},  {"L16", 44100},  {"L16", 44100},
    {"QCELP", 8000}, {"CN", 8000},    {"MPA", 90000},  {"G728", 8000},
    {"DVI4", 11025}, {"DVI4", 22050}, {"G729", 8000},  {"", 0},
    {"", 0},         {"", 0},         {"", 0},         {"", 0},
    {"", 0},         {"CelB", 90000}, {"JPEG", 90000}, {"", 0},
    {"nv", 90000},   {"", 0},         {"", 0},         {"H261", 90000},
    {"MPV", 90000},  {"MP2T", 90000}, {"H263", 90000}};

}  // namespace

const char* EncodingName(uint8_t type) {
  if (type >= kFirstDynamic) return "dynamic";
  return type < std::size(kEncodings) ? kEncodings[type].name : "";
}

uint32_t ClockRate(uint8_t type) {
  return type < std::size(kEncodings) ? kEncodings[type].clock_rate : 0;
}

bool ReadRtp(Bytes bytes, bool truncated, RtpPacket* packet) {
  if (bytes.size() <= kHeader || bytes[0] >> 6 != 2) return false;
  packet->type = bytes[1] & 0x7f;
  if (*EncodingName(packet->type) == '\0') return false;
  size_t header = kHeader + 4u * (bytes[0] & 0x0f);
  if ((bytes[0] & 0x10) != 0) {
    if (bytes.size() < header + 4) return false;
    header += 4 + 4u * LoadBig16(&bytes[header + 2]);
  }
  if (bytes.size() <= header) return false;
  size_t payload = bytes.size() - header;
  if ((bytes[0] & 0x20) != 0 && !truncated) {
    const uint8_t padding = bytes.back();
    if (padding == 0 || padding > payload) return false;
    payload -= padding;
  }
  packet->sequence = LoadBig16(&bytes[2]);
  packet->timestamp = LoadBig32(&bytes[4]);
  packet->ssrc = LoadBig32(&bytes[8]);
  packet->payload_bytes = payload;
  return true;
}

bool NextRtcp(Bytes* rest, RtcpPacket* packet) {
  if (rest->size() < kRtcpHeader || (*rest)[0] >> 6 != 2) return false;
  const size_t size = kRtcpHeader + 4u * LoadBig16(&(*rest)[2]);
  if (rest->size() < size) return false;
  packet->type = (*rest)[1];
  packet->count = (*rest)[0] & 0x1f;
  packet->body = rest->subspan(kRtcpHeader, size - kRtcpHeader);
  rest->remove_prefix(size);
  return true;
}

bool IsRtcp(Bytes bytes) {
  RtcpPacket packet;
  for (bool first = true; !bytes.empty(); first = false) {
    if (!NextRtcp(&bytes, &packet)) return false;
    // RFC 3550 6.4: sender info is 20 bytes, a report block 24.
    const size_t least = packet.type == kSenderReport ? 24u + 24u * packet.count
                         : packet.type == kReceiverReport
                             ? 4u + 24u * packet.count
                             : 0;
    if (packet.body.size() < least) return false;
    if (first && least == 0) return false;
    if (packet.type < 192 || packet.type > 223) return false;
  }
  return packet.type != 0;
}

}  // namespace tapline::rtp
