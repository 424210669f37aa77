// Bytes that come in pieces with their place said: CRYPTO frames of QUIC (RFC
// 9000 19.6), fragments of DTLS (RFC 6347 4.2.3).

#ifndef TAPLINE_SENSORD_ANALYZERS_RANGE_BUFFER_H_
#define TAPLINE_SENSORD_ANALYZERS_RANGE_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/analyzer.h"

namespace tapline {

// In any order, once or more often; where two disagree the first one stands.
// Holds what came, whatever place it said it has; adding takes time in
// proportion to it. Thread safety: single-threaded.
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
  bool empty() const { return pieces_.empty(); }
  // On the heap.
  size_t MemoryBytes() const;

 private:
  struct Piece {
    // Of its first byte.
    uint32_t begin = 0;
    // At the front of the text, for what comes before it.
    size_t unused = 0;
    std::string text;

    absl::string_view view() const {
      return absl::string_view(text).substr(unused);
    }
    size_t size() const { return text.size() - unused; }
    uint32_t end() const { return begin + static_cast<uint32_t>(size()); }
    void Append(absl::string_view bytes) {
      text.append(bytes.data(), bytes.size());
    }
    void Prepend(absl::string_view bytes);
    // What follows right behind it.
    void Join(Piece&& next);
  };
  using Pieces = std::vector<Piece>;
  // Makes one of the pieces [first, last) and the bytes that overlap or touch
  // each; false when something else was there before.
  bool Merge(uint32_t offset, Bytes bytes, Pieces::iterator first,
             Pieces::iterator last);

  size_t max_bytes_;
  // Ascending, with gaps between them.
  Pieces pieces_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_RANGE_BUFFER_H_
