// The elements of a BSON document (bsonspec.org), one level deep.

#ifndef TAPLINE_SENSORD_ANALYZERS_BSON_READER_H_
#define TAPLINE_SENSORD_ANALYZERS_BSON_READER_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline {

// Borrows from the document. A value that is of another type, or not there,
// reads as empty, zero or false.
struct BsonElement {
  uint8_t type = 0;
  absl::string_view name;
  absl::Span<const uint8_t> value;

  // Without its length and NUL.
  absl::string_view text() const;
  // Doubles, integers and booleans.
  int64_t number() const;
  // An embedded document, whole.
  absl::Span<const uint8_t> document() const;
};

// Any bytes; a document may be cut short.
// Thread safety: single-threaded.
class BsonReader {
 public:
  explicit BsonReader(absl::Span<const uint8_t> document);
  // False at the end, and where it is no document any more.
  bool Next(BsonElement* element);

 private:
  bool TakeName(absl::string_view* name);

  ByteCursor in_;
};

// The document's length by its own account; 0 when there are not four bytes.
uint32_t BsonLength(absl::Span<const uint8_t> document);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_BSON_READER_H_
