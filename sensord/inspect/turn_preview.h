// The beginning of what one side sent in a turn, as text. Internal to inspect.

#ifndef TAPLINE_SENSORD_INSPECT_TURN_PREVIEW_H_
#define TAPLINE_SENSORD_INSPECT_TURN_PREVIEW_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/redact/payload_guard.h"

namespace tapline {

// Holds the kBytes bytes with the lowest positions of the stream, in whatever
// order they come.
class TurnPreview {
 public:
  static constexpr size_t kBytes = 512;

  // `position` of bytes[0]; none of them was inserted before. `flags` are the
  // guard's.
  void Insert(int64_t position, absl::string_view bytes,
              absl::string_view flags);
  // Nothing behind what is kept is taken any more.
  bool full() const { return size_ == kBytes; }

  // Of the turn's [begin, end): in order of the stream, "[5 bytes missing]"
  // where bytes were not seen or not captured, a mark for what is not to be
  // shown, and "... (1234 more bytes)" when that is not all. Text stays
  // readable, of binary data all but printable ASCII is \xHH.
  std::string Text(int64_t begin, int64_t end, const PayloadGuard& guard) const;

 private:
  struct Chunk {
    int64_t begin;
    std::string bytes;
    std::string flags;

    int64_t end() const { return begin + static_cast<int64_t>(bytes.size()); }
  };

  // Ascending, none touches the next.
  std::vector<Chunk> chunks_;
  // Of all of them.
  size_t size_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_TURN_PREVIEW_H_
