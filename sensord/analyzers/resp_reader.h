// One direction of RESP: its elements, whatever their nesting.

#ifndef TAPLINE_SENSORD_ANALYZERS_RESP_READER_H_
#define TAPLINE_SENSORD_ANALYZERS_RESP_READER_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sensord/analyzers/line_reader.h"

namespace tapline::redis {

// An element of a message: a number, an array's head, a string.
struct RespElement {
  // First byte of its line, as in the specification; 0 for words outside RESP.
  char type = 0;
  // Simple text, or a bulk string's content as far as it was asked for.
  absl::string_view text;
  // It begins, or ends, a message.
  bool first = false;
  bool last = false;
};

// Thread safety: single-threaded.
class RespReader {
 public:
  // Longer strings are passed over and given without text.
  static constexpr size_t kMaxText = 256;

  void Add(absl::Span<const uint8_t> bytes) { lines_.Add(bytes); }
  // False when nothing whole is left, or at the end of sense (malformed()).
  bool Next(RespElement* element);
  bool malformed() const { return malformed_; }
  // `bytes` will never come. True when they belong to a string passed over.
  bool Gap(uint64_t bytes) { return lines_.Gap(bytes); }
  size_t MemoryBytes() const { return lines_.MemoryBytes(); }

 private:
  bool OnHead(absl::string_view line, RespElement* element, bool* whole);
  bool OnBulk(absl::string_view line, RespElement* element);
  void Count(RespElement* element);

  LineReader lines_{1024};
  // Elements to come until the message is whole; 0 between messages.
  uint64_t open_ = 0;
  bool malformed_ = false;
  // The line to come is the content of a bulk string.
  bool bulk_ = false;
  char bulk_type_ = 0;
  uint64_t bulk_bytes_ = 0;
};

}  // namespace tapline::redis

#endif  // TAPLINE_SENSORD_ANALYZERS_RESP_READER_H_
