// Cuts one direction of a stream into messages whose heads say how long they
// are, and hands over their beginnings only: what is behind is skipped, held
// nowhere, and may be missing from the capture.

#ifndef TAPLINE_SENSORD_ANALYZERS_FRAMED_STREAM_H_
#define TAPLINE_SENSORD_ANALYZERS_FRAMED_STREAM_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/stream_buffer.h"

namespace tapline {

// Thread safety: single-threaded.
class FramedStream {
 public:
  // Results of the function that measures a message, when it is no size.
  static constexpr uint64_t kNeedsMore = 0;
  static constexpr uint64_t kBroken = ~uint64_t{0};

  enum class Result : uint8_t {
    // All was taken.
    kTaken,
    // The measure said so, or it wants more than max_head bytes.
    kBroken,
    // on_message said so; rest() is what was not taken.
    kStopped,
  };

  // Of each message at most `max_head` bytes are handed over.
  explicit FramedStream(size_t max_head)
      : max_head_(max_head), buffer_(max_head) {}

  // `measure(Bytes begin) -> uint64_t`: size of the message that begins there,
  // its head included, kNeedsMore or kBroken. `on_message(Bytes head, uint64_t
  // size) -> bool`: a message, whole or its first max_head bytes; false stops.
  template <typename Measure, typename OnMessage>
  Result Add(Bytes bytes, const Measure& measure, const OnMessage& on_message) {
    const size_t skipped =
        static_cast<size_t>(std::min<uint64_t>(skip_, bytes.size()));
    skip_ -= skipped;
    bytes.remove_prefix(skipped);
    rest_ = 0;
    if (bytes.empty()) return Result::kTaken;
    Bytes all = buffer_.Add(bytes);
    while (!all.empty()) {
      const uint64_t size = measure(all);
      if (size == kBroken) return Stop(Result::kBroken, all);
      if (size == kNeedsMore) {
        if (all.size() >= max_head_) return Stop(Result::kBroken, all);
        break;
      }
      const size_t head =
          static_cast<size_t>(std::min<uint64_t>(size, max_head_));
      if (all.size() < head) break;
      const bool more = on_message(all.first(head), size);
      const size_t taken =
          static_cast<size_t>(std::min<uint64_t>(size, all.size()));
      skip_ = size - taken;
      all.remove_prefix(taken);
      if (!more) return Stop(Result::kStopped, all);
    }
    buffer_.Keep(all);
    return Result::kTaken;
  }

  // `bytes` are missing. True: they were of a part that is skipped anyway.
  bool Gap(uint64_t bytes) {
    if (buffer_.size() != 0 || bytes > skip_) return false;
    skip_ -= bytes;
    return true;
  }

  // After kStopped: bytes at the end of what was added that no message took.
  size_t rest() const { return rest_; }
  // Nothing of a message waits.
  bool idle() const { return buffer_.size() == 0 && skip_ == 0; }
  // On the heap.
  size_t MemoryBytes() const { return buffer_.MemoryBytes(); }

 private:
  Result Stop(Result result, Bytes rest) {
    rest_ = rest.size();
    buffer_.Keep({});
    return result;
  }

  const size_t max_head_;
  StreamBuffer buffer_;
  // Bytes of the message at hand that are still to come.
  uint64_t skip_ = 0;
  size_t rest_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_FRAMED_STREAM_H_
