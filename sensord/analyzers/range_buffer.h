// Bytes that come in pieces with their place said: CRYPTO frames of QUIC (RFC
// 9000 19.6), fragments of DTLS (RFC 6347 4.2.3).

#ifndef TAPLINE_SENSORD_ANALYZERS_RANGE_BUFFER_H_
#define TAPLINE_SENSORD_ANALYZERS_RANGE_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sensord/analyzers/analyzer.h"

namespace tapline {

// In any order, once or more often; where two disagree the first one stands.
// Thread safety: single-threaded.
class RangeBuffer {
 public:
  // Pieces with something missing before them.
  static constexpr size_t kMaxRanges = 64;

  enum class Result : uint8_t {
    kAdded,
    // Added as far as it was new: other bytes were there before.
    kDiffers,
    // Nothing added: ends past max_bytes, or would be one range too many.
    kTooFar,
    kTooMany,
  };

  explicit RangeBuffer(size_t max_bytes) : max_bytes_(max_bytes) {}

  Result Add(uint64_t offset, Bytes bytes);

  // From the beginning up to what is missing. Valid until the next Add.
  Bytes Ready() const;

  // Frees everything.
  void Clear();
  bool empty() const { return ranges_.empty(); }
  // On the heap.
  size_t MemoryBytes() const {
    return bytes_.capacity() + ranges_.capacity() * sizeof(Range);
  }

 private:
  struct Range {
    uint32_t begin;
    uint32_t end;
  };
  // Copies what of the piece lies in no range yet; false when the rest differs.
  bool Fill(Range piece, const uint8_t* bytes);

  size_t max_bytes_;
  std::string bytes_;
  // Ascending, with gaps between them.
  std::vector<Range> ranges_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_RANGE_BUFFER_H_
