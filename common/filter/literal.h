// From what somebody wrote to a value of the type it is compared with.

#ifndef TAPLINE_COMMON_FILTER_LITERAL_H_
#define TAPLINE_COMMON_FILTER_LITERAL_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/filter/value.h"

namespace tapline::filter {

// All values from `low` to `high`, both included: one value, or the addresses
// of a network. Of a text only `text` is set.
struct Literal {
  Value low;
  Value high;
  std::string text;
  // As the language writes it, for printing.
  std::string shown;
  bool is_network = false;
};

struct LiteralText {
  // The word, or what the string says.
  absl::string_view text;
  bool quoted = false;
  size_t offset = 0;
};

// InvalidArgument (ErrorAt): says what can stand there.
//   whole numbers  80, 0x50, 0b101, 10k, 1.5M, 64Ki, 10MB; of a number of
//                  nanoseconds or seconds also a duration; what a number is
//                  called (number_values.def) in any case
//   durations      5ms, 1h30m, 2d; a number is seconds
//   times          2026-01-31, 2026-01-31T12:00:00Z, a number of seconds since
//                  1970, now, now-10m
//   addresses      192.0.2.1, 10.0.0.0/8, 2001:db8::/32, 02:00:5e:10:00:01
//   enums          short or full name in any case, or number
absl::StatusOr<Literal> ParseLiteral(const LiteralText& text,
                                     const TypeInfo& info, absl::Time now);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_LITERAL_H_
