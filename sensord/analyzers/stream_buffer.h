// Bytes of one direction that wait for the rest of their message.

#ifndef TAPLINE_SENSORD_ANALYZERS_STREAM_BUFFER_H_
#define TAPLINE_SENSORD_ANALYZERS_STREAM_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/types/span.h"

namespace tapline {

// Add gives everything not yet taken, as one run; Keep says how much of its end
// is to wait. Copies only what waits:
//
//   Bytes all = buffer.Add(segment.bytes);
//   size_t used = ParseMessages(all);
//   if (!buffer.Keep(all.subspan(used))) ...too much waits...
//
// Thread safety: single-threaded.
class StreamBuffer {
 public:
  explicit StreamBuffer(size_t max_bytes) : max_bytes_(max_bytes) {}

  // What waited and `bytes` behind it. Valid until Keep.
  absl::Span<const uint8_t> Add(absl::Span<const uint8_t> bytes) {
    if (waiting_.empty()) return bytes;
    waiting_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {reinterpret_cast<const uint8_t*>(waiting_.data()), waiting_.size()};
  }

  // `rest` is the end of what Add gave, to come first at the next Add. False,
  // and nothing waits, when it is more than max_bytes.
  bool Keep(absl::Span<const uint8_t> rest) {
    const char* begin = reinterpret_cast<const char*>(rest.data());
    if (rest.empty() || rest.size() > max_bytes_) {
      // Memory given back: few streams have messages cut in two for long.
      std::string().swap(waiting_);
      return rest.empty();
    }
    if (waiting_.empty()) {
      waiting_.assign(begin, rest.size());
    } else {
      waiting_.erase(0, waiting_.size() - rest.size());
    }
    return true;
  }

  size_t size() const { return waiting_.size(); }
  // On the heap.
  size_t MemoryBytes() const { return waiting_.capacity(); }

 private:
  const size_t max_bytes_;
  std::string waiting_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_STREAM_BUFFER_H_
