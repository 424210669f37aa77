// One direction of a text protocol: its lines, and what between them is not
// lines.

#ifndef TAPLINE_SENSORD_ANALYZERS_LINE_READER_H_
#define TAPLINE_SENSORD_ANALYZERS_LINE_READER_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sensord/analyzers/stream_buffer.h"

namespace tapline {

// Lines end with LF; a CR before it belongs to the end. Copies only what waits
// for its end:
//
//   lines.Add(segment.bytes);
//   for (absl::string_view line; lines.Next(&line);) {
//     if (...a literal of n bytes follows...) lines.Skip(n);
//   }
//
// Of a line longer than max_line its first max_line bytes are given, once, as
// soon as there are more; the rest of it is passed over.
// Thread safety: single-threaded.
class LineReader {
 public:
  explicit LineReader(size_t max_line)
      : max_line_(max_line), buffer_(max_line + 1) {}

  // The next bytes; only when Next has returned false.
  void Add(absl::Span<const uint8_t> bytes);

  // The next line without its end. False when there is none yet: what waits is
  // kept, and lines given earlier are no longer valid.
  bool Next(absl::string_view* line);

  // Passes over the next `bytes`, of those to come too.
  void Skip(uint64_t bytes) { skip_ += bytes; }
  // `bytes` will never come. True when they were to be passed over anyway.
  bool Gap(uint64_t bytes);

  // Of the last line given: it was longer; it ended with LF alone.
  bool cut() const { return cut_; }
  bool bare_lf() const { return bare_lf_; }
  // Bytes passed so far: lines given with their ends, and what was skipped.
  uint64_t passed() const { return passed_; }
  // Bytes added last that are not passed yet.
  size_t rest() const;
  size_t MemoryBytes() const { return buffer_.MemoryBytes(); }

 private:
  void Pass(size_t bytes) {
    all_.remove_prefix(bytes);
    passed_ += bytes;
    searched_ = 0;
  }

  const size_t max_line_;
  StreamBuffer buffer_;
  // Not passed yet, what waited included.
  absl::Span<const uint8_t> all_;
  // Of all_, how much has no LF.
  size_t searched_ = 0;
  size_t added_ = 0;
  uint64_t skip_ = 0;
  uint64_t passed_ = 0;
  // In the rest of a line that was too long.
  bool dropping_ = false;
  bool cut_ = false;
  bool bare_lf_ = false;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_LINE_READER_H_
