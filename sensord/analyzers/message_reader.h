// One direction of a protocol whose messages say how long they are.

#ifndef TAPLINE_SENSORD_ANALYZERS_MESSAGE_READER_H_
#define TAPLINE_SENSORD_ANALYZERS_MESSAGE_READER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "sensord/analyzers/stream_buffer.h"

namespace tapline {

// Gives the beginning of each message as far as it is of interest, and passes
// over the rest without keeping it:
//
//   in.Add(segment.bytes);
//   while (in.Peek(kHeadBytes, &head)) {
//     const uint32_t size = ...;
//     if (!in.Peek(std::min(size, kOfInterest), &message)) break;
//     ...
//     in.Pass(size);
//   }
//
// Thread safety: single-threaded.
class MessageReader {
 public:
  // No Peek asks for more than `max_bytes`.
  explicit MessageReader(size_t max_bytes) : buffer_(max_bytes) {}

  // The next bytes; only when Peek has returned false.
  void Add(absl::Span<const uint8_t> bytes) {
    added_ = bytes.size();
    const size_t passed =
        static_cast<size_t>(std::min<uint64_t>(skip_, bytes.size()));
    skip_ -= passed;
    all_ = buffer_.Add(bytes.subspan(passed));
  }

  // The next `size` bytes, still to be passed. False when they are not there
  // yet: what waits is kept, and bytes given earlier are no longer valid.
  bool Peek(size_t size, absl::Span<const uint8_t>* bytes) {
    if (skip_ > 0 || all_.size() < size) {
      buffer_.Keep(all_);
      return false;
    }
    *bytes = all_.first(size);
    return true;
  }

  // Passes over the next `bytes`, of those to come too.
  void Pass(uint64_t bytes) {
    const size_t here =
        static_cast<size_t>(std::min<uint64_t>(bytes, all_.size()));
    all_.remove_prefix(here);
    skip_ += bytes - here;
  }

  // `bytes` will never come. True when they were to be passed over anyway.
  bool Gap(uint64_t bytes) {
    if (bytes > skip_) return false;
    skip_ -= bytes;
    return true;
  }

  // Bytes added last that are not passed yet.
  size_t rest() const { return std::min(all_.size(), added_); }
  // On the heap.
  size_t MemoryBytes() const { return buffer_.MemoryBytes(); }

 private:
  StreamBuffer buffer_;
  // Not passed yet, what waited included; valid from Add to a failing Peek.
  absl::Span<const uint8_t> all_;
  size_t added_ = 0;
  uint64_t skip_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_MESSAGE_READER_H_
