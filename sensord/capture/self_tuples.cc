#include "sensord/capture/self_tuples.h"

#include <utility>

#include "absl/types/span.h"

namespace tapline {
namespace {

using Bytes = absl::Span<const uint8_t>;

uint16_t Load16(Bytes bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

// The IP packet of a frame; empty if it carries something else.
Bytes NetworkLayer(uint16_t link_type, Bytes frame) {
  constexpr uint16_t kIpv4 = 0x0800;
  constexpr uint16_t kIpv6 = 0x86dd;
  // Offsets of EtherType and payload (tcpdump.org/linktypes).
  size_t type_at = 0;
  size_t payload_at = 0;
  switch (link_type) {
    case 1:  // Ethernet
      type_at = 12;
      payload_at = 14;
      break;
    case 113:  // Linux cooked v1
      type_at = 14;
      payload_at = 16;
      break;
    case 276:  // Linux cooked v2
      type_at = 0;
      payload_at = 20;
      break;
    case 101:  // raw IP
    case 228:
    case 229:
      return frame;
    case 0:  // null, loop
    case 108:
      return frame.size() > 4 ? frame.subspan(4) : Bytes();
    default:
      return {};
  }
  if (frame.size() < payload_at) return {};
  uint16_t type = Load16(frame, type_at);
  for (int tags = 0; tags < 2 && (type == 0x8100 || type == 0x88a8); ++tags) {
    if (frame.size() < payload_at + 4) return {};
    type = Load16(frame, payload_at + 2);
    payload_at += 4;
  }
  if (type != kIpv4 && type != kIpv6) return {};
  return frame.subspan(payload_at);
}

}  // namespace

TcpTuple TcpTuple::Ordered() const {
  if (std::tie(a, a_port) <= std::tie(b, b_port)) return *this;
  return {b, a, b_port, a_port};
}

std::optional<TcpTuple> TcpTupleOf(const Frame& frame) {
  constexpr uint8_t kTcp = 6;
  const Bytes ip =
      NetworkLayer(frame.link_type, Bytes(frame.data, frame.captured_bytes));
  if (ip.size() < 20) return std::nullopt;
  TcpTuple tuple;
  size_t ports_at = 0;
  if (ip[0] >> 4 == 4) {
    const bool later_fragment = (Load16(ip, 6) & 0x1fff) != 0;
    if (ip[9] != kTcp || later_fragment) return std::nullopt;
    tuple.a = IpAddress::FromV4(&ip[12]);
    tuple.b = IpAddress::FromV4(&ip[16]);
    ports_at = (ip[0] & 15) * 4;
  } else if (ip[0] >> 4 == 6 && ip.size() >= 40) {
    if (ip[6] != kTcp) return std::nullopt;
    tuple.a = IpAddress::FromV6(&ip[8]);
    tuple.b = IpAddress::FromV6(&ip[24]);
    ports_at = 40;
  }
  if (ports_at < 20 || ip.size() < ports_at + 4) return std::nullopt;
  tuple.a_port = Load16(ip, ports_at);
  tuple.b_port = Load16(ip, ports_at + 2);
  return tuple;
}

void SelfTuples::Add(const TcpTuple& tuple) {
  MutexLock lock(mutex_);
  if (tuples_.size() >= kMaxTuples) return;
  tuples_.insert(tuple.Ordered());
  version_.fetch_add(1, std::memory_order_release);
}

void SelfTuples::Remove(const TcpTuple& tuple) {
  MutexLock lock(mutex_);
  tuples_.erase(tuple.Ordered());
  version_.fetch_add(1, std::memory_order_release);
}

void SelfFilter::Refresh() {
  if (tuples_ == nullptr) return;
  const uint64_t version = tuples_->version_.load(std::memory_order_acquire);
  if (version == version_) return;
  MutexLock lock(tuples_->mutex_);
  known_ = tuples_->tuples_;
  version_ = version;
}

bool SelfFilter::Lookup(const Frame& frame) const {
  const std::optional<TcpTuple> tuple = TcpTupleOf(frame);
  return tuple.has_value() && known_.contains(tuple->Ordered());
}

}  // namespace tapline
