// Which flow carries which: inner and outer flows live in different shards and
// meet only here.
//
// kOuterSeen of frame N names the flow that carried layer k of frame N;
// kFlowOpened of the same frame with layer k is the inner flow. The link is
// kept until the inner flow closes.

#ifndef TAPLINE_SENSORD_PIPELINE_TUNNEL_LINKS_H_
#define TAPLINE_SENSORD_PIPELINE_TUNNEL_LINKS_H_

#include <array>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "sensord/event/signal.h"

namespace tapline {

// Thread safety: single-threaded.
class TunnelLinks {
 public:
  // Open inner flows remembered; past it new ones stay without a link.
  static constexpr size_t kMaxLinks = 1 << 20;

  // For kOuterSeen and kFlowOpened, in the order of the signals.
  void OnSignal(const Signal& signal) {
    if (signal.kind == SignalKind::kOuterSeen) {
      if (signal.tie != ordinal_) Begin(signal.tie);
      if (signal.detail < outer_.size()) outer_[signal.detail] = signal.flow_id;
      return;
    }
    if (signal.layer == 0 || signal.tie != ordinal_ ||
        signal.layer >= outer_.size() || outer_[signal.layer] == 0) {
      return;
    }
    if (links_.size() < kMaxLinks) {
      links_.emplace(signal.flow_id, outer_[signal.layer]);
    }
  }

  // Fills flow.outer_flow_id; forgets the link when the flow has ended.
  void Apply(FlowSummary& flow, bool closed) {
    if (links_.empty()) return;
    auto it = links_.find(flow.id);
    if (it == links_.end()) return;
    flow.outer_flow_id = it->second;
    if (closed) links_.erase(it);
  }

 private:
  void Begin(uint64_t ordinal) {
    ordinal_ = ordinal;
    outer_.fill(0);
  }

  uint64_t ordinal_ = ~uint64_t{0};
  // By the layer of the inner packet.
  std::array<uint64_t, 16> outer_{};
  absl::flat_hash_map<uint64_t, uint64_t> links_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_TUNNEL_LINKS_H_
