// Where in the encapsulation a packet was found, as a small number.
//
// VLAN stack and tunnels make two packets with equal 5-tuples different flows.
// The decoder interns each combination once; packets and flows carry its id.

#ifndef TAPLINE_SENSORD_DECODE_CONTEXT_H_
#define TAPLINE_SENSORD_DECODE_CONTEXT_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "common/net/ip_address.h"

namespace tapline {

enum class TunnelKind : uint8_t {
  kNone = 0,
  kGre,
  kErspan,
  kIpIp,
  kSixInFour,
  kVxlan,
  kGeneve,
  kGtpU,
  kTeredo,
  kTzsp,
};

// "gre", "erspan", "ipip", "6in4", "vxlan", "geneve", "gtp-u", "teredo",
// "tzsp"; empty for kNone.
const char* TunnelName(TunnelKind kind);

// Direction free: both directions of a conversation give the same context, so
// outer addresses are ordered and GTP TEIDs, which differ by direction, are
// left out.
struct Context {
  static constexpr int kMaxVlans = 4;
  static constexpr int kMaxTunnels = 4;
  uint8_t vlan_count = 0;
  uint8_t tunnel_count = 0;
  std::array<uint16_t, kMaxVlans> vlans{};
  std::array<TunnelKind, kMaxTunnels> tunnels{};
  // Of VXLAN, GENEVE, GRE (key); 0 otherwise.
  std::array<uint32_t, kMaxTunnels> tunnel_ids{};
  // Of the innermost tunnel, low address first.
  IpAddress outer_low;
  IpAddress outer_high;
};

// Id 0 is the empty context. Ids past kCapacity collapse into kOverflow, which
// is counted by the decoder as "context.overflow".
// Thread safety: one writer (the decoder's thread); Get from any thread for an
// id that reached it through a queue.
class ContextTable {
 public:
  static constexpr uint32_t kCapacity = 65536;
  static constexpr uint32_t kOverflow = kCapacity;

  ContextTable();
  ~ContextTable();

  // Id of an equal context, new or old. *overflow is set when the table is
  // full.
  uint32_t Intern(const Context& context, bool* overflow);
  const Context& Get(uint32_t id) const;

 private:
  struct Index;
  std::unique_ptr<Index> index_;
  static constexpr uint32_t kChunk = 256;
  std::array<std::atomic<Context*>, kCapacity / kChunk + 1> chunks_{};
  uint32_t size_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_CONTEXT_H_
