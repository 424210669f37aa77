// The encodings of values in AMQP 0-9-1 (4.2.5) and AMQP 1.0 (1.6).

#ifndef TAPLINE_SENSORD_ANALYZERS_AMQP_VALUES_H_
#define TAPLINE_SENSORD_ANALYZERS_AMQP_VALUES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/analyzer.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::amqp {

// 0-9-1: a text behind a length of one or four bytes. Fails the cursor when it
// is not all there.
absl::string_view TakeShortText(ByteCursor& in);
absl::string_view TakeLongText(ByteCursor& in);

// 0-9-1: "product version" of a table of properties, as far as it has them.
// Passes the table.
std::string TakeProduct(ByteCursor& in);

// 1.0: a described list. Gives its descriptor and reads its fields in order.
class FieldList {
 public:
  // `body` begins with the descriptor.
  explicit FieldList(Bytes body);
  // The descriptor's code; 0 when it is no described list.
  uint64_t descriptor() const { return descriptor_; }
  // The next field: a string, symbol or binary; empty for others.
  absl::string_view TakeText();
  // The next field: an unsigned number; 0 for others.
  uint64_t TakeNumber();

 private:
  // Format code and content of the next value. False at the end.
  bool TakeValue(uint8_t* code, Bytes* content);

  ByteCursor in_;
  uint64_t descriptor_ = 0;
};

}  // namespace tapline::amqp

#endif  // TAPLINE_SENSORD_ANALYZERS_AMQP_VALUES_H_
