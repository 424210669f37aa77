// What the payload told of open flows, outside the entries: a scan has none.

#ifndef TAPLINE_SENSORD_FLOW_FLOW_DETAILS_H_
#define TAPLINE_SENSORD_FLOW_FLOW_DETAILS_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
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

// Different numbers in the order they came; one pointer as long as there are
// none.
class NumberList {
 public:
  // Whether `number` is new.
  bool Add(uint16_t number) {
    const absl::Span<const uint16_t> old = numbers();
    if (std::find(old.begin(), old.end(), number) != old.end()) return false;
    // block_[0] says how many follow.
    const size_t used = old.size() + 1;
    if (used % kGrowth == 0 || block_ == nullptr) {
      auto larger = std::make_unique<uint16_t[]>(used + kGrowth);
      std::copy(old.begin(), old.end(), &larger[1]);
      block_ = std::move(larger);
    }
    block_[used] = number;
    block_[0] = static_cast<uint16_t>(used);
    return true;
  }

  absl::Span<const uint16_t> numbers() const {
    if (block_ == nullptr) return {};
    return {&block_[1], block_[0]};
  }

 private:
  static constexpr size_t kGrowth = 8;
  std::unique_ptr<uint16_t[]> block_;
};

struct FlowDetail {
  // Null before the first payload and when nothing more is wanted.
  std::unique_ptr<FlowAnalyzer> analyzer;
  // TCP, as long as there is an analyzer.
  std::unique_ptr<TcpStreams> streams;
  // First SNI, HTTP host or queried name, as WireText leaves it.
  SmallText host;
  SmallText ja4;
  // Places in the tracker's list of names.
  NumberList anomalies;
  // Inside what is encrypted, as told; null for nothing. Static storage.
  const char* carries = nullptr;
  // What `analyzer` and `streams` hold, as counted by the shard.
  uint32_t analysis_bytes = 0;
  uint8_t confidence = 0;
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
