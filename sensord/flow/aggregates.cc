#include "sensord/flow/aggregates.h"

#include "sensord/flow/flow_math.h"

namespace tapline {
namespace {

constexpr size_t kSlots = 1024;
constexpr size_t kProtocols = 256;

bool IsRowOf(const FlowSummary& row, const Packet& p) {
  return row.responder == p.destination &&
         row.responder_port == p.destination_port &&
         row.ip_protocol == p.ip_protocol && row.context == p.context;
}

// The order of slots never shows: rows keep the order of their first packet.
size_t SlotOf(const Packet& p) {
  const uint64_t place = static_cast<uint64_t>(p.context) << 32 |
                         static_cast<uint64_t>(p.destination_port) << 8 |
                         p.ip_protocol;
  const uint64_t h = MultiplyFold(p.destination.high() ^ 0xa0761d6478bd642f,
                                  p.destination.low() ^ 0xe7037ed1a0b428db);
  return MultiplyFold(h ^ 0x8ebc6af09c88c6e3, place ^ 0x589965cc75374cc3) &
         (kSlots - 1);
}

}  // namespace

FlowSummary& Aggregates::RowOf(const Packet& packet, bool* fresh) {
  *fresh = false;
  if (slots_.empty()) slots_.resize(kSlots);
  size_t slot = SlotOf(packet);
  for (; slots_[slot] != 0; slot = (slot + 1) & (kSlots - 1)) {
    FlowSummary& row = rows_[slots_[slot] - 1];
    if (IsRowOf(row, packet)) return row;
  }
  if (target_rows_ < kRows) {
    ++target_rows_;
    *fresh = true;
    FlowSummary& row = rows_.emplace_back();
    slots_[slot] = static_cast<uint16_t>(rows_.size());
    row.responder = packet.destination;
    row.responder_port = packet.destination_port;
    row.context = packet.context;
    return row;
  }
  if (overflow_.empty()) overflow_.resize(2 * kProtocols);
  uint16_t& place =
      overflow_[packet.ip_protocol + (packet.ip_version == 6 ? kProtocols : 0)];
  if (place != 0) return rows_[place - 1];
  *fresh = true;
  FlowSummary& row = rows_.emplace_back();
  place = static_cast<uint16_t>(rows_.size());
  return row;
}

void Aggregates::Add(const Packet& packet, Protocol protocol, UnixNanos clock) {
  bool fresh = false;
  FlowSummary& row = RowOf(packet, &fresh);
  if (fresh) {
    row.aggregated_flows = 0;
    row.ip_protocol = packet.ip_protocol;
    row.ip_version = packet.ip_version;
    row.end = FlowEnd::kAggregated;
    row.one_way = true;
    row.icmp_type = packet.icmp_type;
    row.icmp_code = packet.icmp_code;
    row.start = clock;
    if (row.responder_port != 0) {
      row.protocol = static_cast<uint16_t>(protocol);
    }
    if (row.protocol != 0) row.basis = ProtocolBasis::kPortHint;
  }
  row.last = clock;
  ++row.aggregated_flows;
  row.from_originator.packets += packet.frames;
  row.from_originator.frame_bytes += packet.frame_bytes;
  row.from_originator.ip_bytes += packet.ip_bytes;
  row.from_originator.payload_bytes += packet.payload_bytes;
  row.from_originator.tcp_flags |= packet.tcp_flags;
}

void Aggregates::AddDeltas(std::vector<FlowDelta>& deltas) const {
  for (const FlowSummary& row : rows_) {
    FlowDelta& delta = deltas.emplace_back();
    delta.responder = row.responder;
    delta.originator_bytes = row.from_originator.frame_bytes;
    delta.originator_packets =
        static_cast<uint32_t>(row.from_originator.packets);
    delta.protocol = row.protocol;
    delta.ip_protocol = row.ip_protocol;
    delta.encrypted = IsEncrypted(static_cast<Protocol>(row.protocol));
  }
}

void Aggregates::Take(uint8_t shard, std::vector<FlowSummary>& out) {
  for (FlowSummary& row : rows_) {
    IdInput in;
    in.responder = row.responder;
    in.responder_port = row.responder_port;
    in.ip_protocol = row.ip_protocol;
    in.context = row.context;
    in.start = row.start;
    in.repetition = 0xffffff00 | shard;
    row.id = MakeId(in);
    out.push_back(std::move(row));
  }
  rows_.clear();
  slots_.clear();
  overflow_.clear();
  target_rows_ = 0;
}

}  // namespace tapline
