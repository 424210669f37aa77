// What the payload told of open flows, outside the entries: a scan has none.

#ifndef TAPLINE_SENSORD_FLOW_FLOW_DETAILS_H_
#define TAPLINE_SENSORD_FLOW_FLOW_DETAILS_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "sensord/event/protocol.h"
#include "sensord/event/signal.h"
#include "sensord/flow/payload_analyzer.h"
#include "sensord/flow/tcp_streams.h"

namespace tapline {

// Text without NUL bytes, in one pointer; null when empty.
using SmallText = std::unique_ptr<char[]>;

inline SmallText MakeSmallText(absl::string_view text) {
  SmallText copy(new char[text.size() + 1]);
  std::memcpy(copy.get(), text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

struct FlowDetail {
  // Null before the first payload and when nothing more is wanted.
  std::unique_ptr<FlowAnalyzer> analyzer;
  // TCP, as long as there is an analyzer.
  std::unique_ptr<TcpStreams> streams;
  // First SNI, HTTP host or queried name, as WireText leaves it.
  SmallText host;
  SmallText ja4;
  // Numbers in the tracker's list of names; 0 ends them.
  static constexpr size_t kMaxAnomalies = 6;
  std::array<uint8_t, kMaxAnomalies> anomalies = {};
  uint8_t confidence = 0;
  // What `analyzer` and `streams` hold, as counted by the shard.
  uint32_t analysis_bytes = 0;
  // Inside what is encrypted, as told; null for nothing. Static storage.
  const char* carries = nullptr;
  ProtocolBasis carries_basis = ProtocolBasis::kNone;
  // As told, where it does not follow from the protocol.
  Encryption encryption = Encryption::kUnknown;
  // First to last; kUnknown ends them.
  std::array<uint8_t, 3> earlier = {};

  void AddEarlier(Protocol protocol) {
    for (uint8_t& slot : earlier) {
      if (slot == static_cast<uint8_t>(protocol)) return;
      if (slot != 0) continue;
      slot = static_cast<uint8_t>(protocol);
      return;
    }
  }
};

// Handles are numbers from 1. Thread safety: single-threaded.
class FlowDetails {
 public:
  uint32_t Add() {
    if (free_.empty()) {
      if (size_ % kChunk == 0) {
        chunks_.push_back(std::make_unique<FlowDetail[]>(kChunk));
      }
      return ++size_;
    }
    const uint32_t handle = free_.back();
    free_.pop_back();
    return handle;
  }
  FlowDetail& operator[](uint32_t handle) {
    return chunks_[(handle - 1) / kChunk][(handle - 1) % kChunk];
  }
  const FlowDetail& operator[](uint32_t handle) const {
    return chunks_[(handle - 1) / kChunk][(handle - 1) % kChunk];
  }
  void Remove(uint32_t handle) {
    (*this)[handle] = FlowDetail();
    free_.push_back(handle);
  }

 private:
  static constexpr uint32_t kChunk = 256;
  // Details never move.
  std::vector<std::unique_ptr<FlowDetail[]>> chunks_;
  uint32_t size_ = 0;
  std::vector<uint32_t> free_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_FLOW_DETAILS_H_
