#include "sensord/decode/context.h"

#include "absl/container/flat_hash_map.h"

namespace tapline {
namespace {

struct ContextKey {
  Context value;

  friend bool operator==(const ContextKey& a, const ContextKey& b) {
    const Context& x = a.value;
    const Context& y = b.value;
    return x.vlan_count == y.vlan_count && x.tunnel_count == y.tunnel_count &&
           x.vlans == y.vlans && x.tunnels == y.tunnels &&
           x.tunnel_ids == y.tunnel_ids && x.outer_low == y.outer_low &&
           x.outer_high == y.outer_high;
  }
  template <typename H>
  friend H AbslHashValue(H h, const ContextKey& k) {
    const Context& c = k.value;
    return H::combine(std::move(h), c.vlan_count, c.tunnel_count, c.vlans,
                      c.tunnels, c.tunnel_ids, c.outer_low, c.outer_high);
  }
};

}  // namespace

const char* TunnelName(TunnelKind kind) {
  switch (kind) {
    case TunnelKind::kNone:
      return "";
    case TunnelKind::kGre:
      return "gre";
    case TunnelKind::kErspan:
      return "erspan";
    case TunnelKind::kIpIp:
      return "ipip";
    case TunnelKind::kSixInFour:
      return "6in4";
    case TunnelKind::kVxlan:
      return "vxlan";
    case TunnelKind::kGeneve:
      return "geneve";
    case TunnelKind::kGtpU:
      return "gtp-u";
    case TunnelKind::kTeredo:
      return "teredo";
    case TunnelKind::kTzsp:
      return "tzsp";
  }
  return "";
}

struct ContextTable::Index {
  absl::flat_hash_map<ContextKey, uint32_t> ids;
  std::array<std::unique_ptr<Context[]>, kCapacity / kChunk + 1> chunks;
};

ContextTable::ContextTable() : index_(std::make_unique<Index>()) {
  // The overflow context, alone in the last chunk, is empty.
  index_->chunks.back() = std::make_unique<Context[]>(1);
  chunks_.back().store(index_->chunks.back().get(), std::memory_order_release);
  bool overflow = false;
  Intern(Context(), &overflow);
}

ContextTable::~ContextTable() = default;

uint32_t ContextTable::Intern(const Context& context, bool* overflow) {
  *overflow = false;
  const ContextKey key{context};
  const auto it = index_->ids.find(key);
  if (it != index_->ids.end()) return it->second;
  if (size_ == kCapacity) {
    *overflow = true;
    return kOverflow;
  }
  const uint32_t id = size_++;
  std::unique_ptr<Context[]>& chunk = index_->chunks[id / kChunk];
  if (chunk == nullptr) {
    chunk = std::make_unique<Context[]>(kChunk);
    chunks_[id / kChunk].store(chunk.get(), std::memory_order_release);
  }
  chunk[id % kChunk] = context;
  index_->ids.emplace(key, id);
  return id;
}

const Context& ContextTable::Get(uint32_t id) const {
  if (id > kOverflow) id = kOverflow;
  return chunks_[id / kChunk].load(std::memory_order_acquire)[id % kChunk];
}

}  // namespace tapline
