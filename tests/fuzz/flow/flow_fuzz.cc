// Sequences of packets, 8 bytes of input each, through an engine with small
// caps: what goes in comes out, in order, and the table keeps its size.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "sensord/analyzers/analyzer_set.h"
#include "sensord/decode/flow_key.h"
#include "sensord/flow/flow_engine.h"

namespace tapline {
namespace {

constexpr size_t kMaxFlows = 64;

struct Totals {
  uint64_t packets = 0;
  uint64_t frame_bytes = 0;
  uint64_t payload_bytes = 0;
};

Packet PacketOf(const uint8_t* d, UnixNanos clock, uint64_t ordinal,
                DecodedBatch& batch) {
  Packet p;
  p.source = IpAddress::FromV4(0x0a000000 + (d[0] & 7));
  p.destination = IpAddress::FromV4(0x0a000000 + (d[0] >> 3 & 7));
  static constexpr uint8_t kProtocols[] = {6, 6, 17, 1};
  p.ip_protocol = kProtocols[d[0] >> 6];
  p.ip_version = 4;
  if (p.ip_protocol != kIpProtoIcmp) {
    static constexpr uint16_t kPorts[] = {53, 443, 40000, 40001};
    p.source_port = kPorts[d[1] & 3];
    p.destination_port = kPorts[d[1] >> 2 & 3];
  }
  p.icmp_type = d[2];
  p.tcp_flags = d[2];
  p.tcp_sequence = static_cast<uint32_t>(d[3] << 8);
  p.tcp_acknowledgment = static_cast<uint32_t>(d[4] << 8) | (d[1] >> 7);
  p.tcp_window = static_cast<uint16_t>(d[4] * 7);
  p.payload_bytes = d[5];
  p.ip_bytes = 40u + d[5];
  p.frame_bytes = 54u + d[5];
  p.clock = p.time = clock;
  p.ordinal = ordinal;
  p.context = d[1] >> 4 & 1;
  if ((d[1] & 0x20) != 0) p.marks |= kMarkLinkInner;
  const FlowHashes h = HashFlowKey(SipKey{1, 2}, FlowKeyOf(p));
  p.flow_hash = h.flow;
  p.shard = h.shard;
  if (p.ip_protocol == kIpProtoIcmp && !batch.packets.empty()) {
    const Packet& q = batch.packets[d[3] % batch.packets.size()];
    p.marks |= kMarkQuote;
    p.aux = static_cast<uint32_t>(batch.quotes.size());
    p.shard = q.shard;
    batch.quotes.push_back({q.source, q.destination, q.source_port,
                            q.destination_port, q.ip_protocol, q.flow_hash});
  }
  return p;
}

void CheckBatch(const SignalBatch& out, Signal& last) {
  for (const Signal& s : out.signals) {
    if (!(last < s)) std::abort();
    last = s;
  }
}

void AddRecords(const SignalBatch& out, Totals& told) {
  for (const FlowSummary& f : out.flows) {
    if (f.last < f.start) std::abort();
    for (const FlowSideCounters* c : {&f.from_originator, &f.from_responder}) {
      told.packets += c->packets;
      told.frame_bytes += c->frame_bytes;
      told.payload_bytes += c->payload_bytes;
    }
  }
}

}  // namespace
}  // namespace tapline

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tapline;
  FlowOptions options;
  options.max_flows = kMaxFlows;
  options.max_embryonic_flows = kMaxFlows / 2;
  options.rotate_after = 20 * kSecondNanos;
  FlowEngine engine(options, kAllShards, nullptr);
  Totals sent, told;
  SignalBatch out;
  DecodedBatch batch;
  Signal last;
  UnixNanos clock = 1;
  uint64_t ordinal = 0;
  for (; size >= 8; data += 8, size -= 8) {
    clock += (UnixNanos{1} << (data[6] & 63)) >> 16;
    if (clock < 0) clock = 1LL << 62;
    batch.packets.push_back(PacketOf(data, clock, ordinal++, batch));
    batch.clock = clock;
    ++sent.packets;
    sent.frame_bytes += batch.packets.back().frame_bytes;
    sent.payload_bytes += batch.packets.back().payload_bytes;
    if ((data[7] & 3) == 0) {
      out.Clear();
      engine.Process(batch, out);
      CheckBatch(out, last);
      AddRecords(out, told);
      batch.Clear();
    }
  }
  out.Clear();
  engine.Process(batch, out);
  engine.Finish(FlowEnd::kEndOfInput, out);
  CheckBatch(out, last);
  AddRecords(out, told);
  if (told.packets != sent.packets || told.frame_bytes != sent.frame_bytes ||
      told.payload_bytes > sent.payload_bytes ||
      engine.counters().peak_open_flows.Get() > kMaxFlows ||
      engine.counters().open_flows.Get() != 0 ||
      engine.counters().packets.Get() != sent.packets) {
    std::abort();
  }
  return 0;
}
