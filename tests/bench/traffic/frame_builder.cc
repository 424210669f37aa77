#include "tests/bench/traffic/frame_builder.h"

#include <cstring>

namespace tapline::bench {
namespace {

constexpr uint32_t kMinFrame = 60;
constexpr size_t kNoise = 1u << 16;
constexpr uint16_t kWindow = 64240;

void Put16(uint8_t* out, uint16_t value) {
  out[0] = static_cast<uint8_t>(value >> 8);
  out[1] = static_cast<uint8_t>(value);
}

void Put32(uint8_t* out, uint32_t value) {
  Put16(out, static_cast<uint16_t>(value >> 16));
  Put16(out + 2, static_cast<uint16_t>(value));
}

// Ones' complement sum (RFC 1071) in memory order, not folded.
uint64_t Sum(const uint8_t* data, size_t size, uint64_t sum) {
  while (size >= 4) {
    uint32_t word;
    std::memcpy(&word, data, 4);
    sum += word;
    data += 4;
    size -= 4;
  }
  if (size >= 2) {
    uint16_t word;
    std::memcpy(&word, data, 2);
    sum += word;
    data += 2;
    size -= 2;
  }
  if (size == 1) sum += *data;  // little endian: the byte is the low half
  return sum;
}

// The folded complement, in memory order.
uint16_t Fold(uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// Checksum over pseudo header and segment; stored at `field`.
void TransportChecksum(const Flow& flow, uint8_t* segment, uint32_t length,
                       uint8_t* field) {
  const bool v6 = flow.host[0].address.v6;
  uint64_t sum = 0;
  if (flow.transport != kIcmp) {
    // The two addresses commute in the sum.
    for (const Host& host : flow.host) {
      sum = Sum(host.address.bytes.data(), v6 ? 16 : 4, sum);
    }
    uint8_t rest[4] = {0, flow.transport, 0, 0};
    Put16(rest + 2, static_cast<uint16_t>(length));
    sum = Sum(rest, 4, sum);
  }
  uint16_t value = Fold(Sum(segment, length, sum));
  if (value == 0 && flow.transport == kUdp) value = 0xffff;
  std::memcpy(field, &value, 2);
}

// Options of a SYN: MSS, SACK permitted, window scale (12 bytes).
constexpr uint8_t kSynOptions[12] = {2, 4, 5, 180, 1, 3, 3, 7, 1, 1, 4, 2};

}  // namespace

FrameBuilder::FrameBuilder(uint64_t seed) : noise_(kNoise + 2048) {
  Rng rng(seed ^ 0x6e6f697365);
  rng.Fill(noise_.data(), noise_.size());
}

uint8_t* FrameBuilder::LinkHeader(const Flow& flow, int from,
                                  uint8_t* out) const {
  std::memcpy(out, flow.host[1 - from].mac.data(), 6);
  std::memcpy(out + 6, flow.host[from].mac.data(), 6);
  out += 12;
  if (flow.vlan != 0) {
    Put16(out, 0x8100);
    Put16(out + 2, flow.vlan);
    out += 4;
  }
  Put16(out, flow.host[0].address.v6 ? 0x86dd : 0x0800);
  return out + 2;
}

uint8_t* FrameBuilder::NetworkHeader(const Flow& flow, int from,
                                     uint16_t payload, uint8_t* out) {
  const Address& source = flow.host[from].address;
  const Address& target = flow.host[1 - from].address;
  if (source.v6) {
    Put32(out, 0x60000000);
    Put16(out + 4, payload);
    out[6] = flow.transport;
    out[7] = 64;
    std::memcpy(out + 8, source.bytes.data(), 16);
    std::memcpy(out + 24, target.bytes.data(), 16);
    return out + 40;
  }
  out[0] = 0x45;
  out[1] = 0;
  Put16(out + 2, static_cast<uint16_t>(payload + 20));
  Put16(out + 4, ip_id_++);
  Put16(out + 6, 0x4000);
  out[8] = from == 0 ? 64 : 57;
  out[9] = flow.transport;
  Put16(out + 10, 0);
  std::memcpy(out + 12, source.bytes.data(), 4);
  std::memcpy(out + 16, target.bytes.data(), 4);
  const uint16_t checksum = Fold(Sum(out, 20, 0));
  std::memcpy(out + 10, &checksum, 2);
  return out + 20;
}

uint32_t FrameBuilder::Payload(Flow& flow, const Step& step, uint8_t* out) {
  std::memcpy(out, flow.blob.data() + step.blob_offset, step.blob_length);
  if (step.fill_length > 0) {
    flow.filler = flow.filler * 1664525 + 1013904223;
    std::memcpy(out + step.blob_length, &noise_[flow.filler % kNoise],
                step.fill_length);
  }
  return step.blob_length + step.fill_length;
}

uint32_t FrameBuilder::Build(Flow& flow, const Step& step, uint8_t* out) {
  const int from = step.direction;
  uint8_t* ip = LinkHeader(flow, from, out);
  const uint32_t data = step.blob_length + step.fill_length;
  const bool syn = flow.transport == kTcp && (step.flags & kSyn) != 0;
  const bool options = syn && !flow.plain_syn;
  uint32_t header = 8;
  if (flow.transport == kTcp) header = options ? 32 : 20;
  uint8_t* l4 =
      NetworkHeader(flow, from, static_cast<uint16_t>(header + data), ip);
  Payload(flow, step, l4 + header);
  Put16(l4, flow.port[from]);
  Put16(l4 + 2, flow.port[1 - from]);
  uint8_t* checksum = l4 + 2;
  if (flow.transport == kTcp) {
    Put32(l4 + 4, flow.sequence[from]);
    const bool ack = (step.flags & kAck) != 0;
    Put32(l4 + 8, ack ? flow.sequence[1 - from] : 0);
    l4[12] = static_cast<uint8_t>(header / 4 << 4);
    l4[13] = step.flags;
    Put16(l4 + 14, (step.flags & kRst) != 0 ? 0 : kWindow);
    Put32(l4 + 16, 0);
    if (options) std::memcpy(l4 + 20, kSynOptions, sizeof(kSynOptions));
    checksum = l4 + 16;
    flow.sequence[from] += data + (syn ? 1 : 0) + ((step.flags & kFin) != 0);
  } else if (flow.transport == kUdp) {
    Put16(l4 + 4, static_cast<uint16_t>(header + data));
    checksum = l4 + 6;
    Put16(checksum, 0);
  } else {
    l4[0] = step.flags;
    l4[1] = 0;
    Put16(checksum, 0);
    Put16(l4 + 4, flow.port[0]);
    Put16(l4 + 6, static_cast<uint16_t>(++flow.sequence[from]));
  }
  TransportChecksum(flow, l4, header + data, checksum);
  uint32_t length = static_cast<uint32_t>(l4 - out) + header + data;
  if (length < kMinFrame) {
    std::memset(out + length, 0, kMinFrame - length);
    length = kMinFrame;
  }
  ++flow.packets[from];
  flow.frame_bytes[from] += length;
  return length;
}

}  // namespace tapline::bench
