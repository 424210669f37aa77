// Escaping of text for each output format. Any bytes in; no control byte, no
// escape sequence, no bidirectional control and no invalid UTF-8 out.

#ifndef TAPLINE_COMMON_OUTPUT_ESCAPE_H_
#define TAPLINE_COMMON_OUTPUT_ESCAPE_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline {

// Appends a JSON string with its quotes (RFC 8259 7). Controls become \uXXXX; a
// byte that is not UTF-8 becomes the text \xHH. Also a YAML double-quoted
// scalar.
void AppendJsonString(absl::string_view text, std::string& out);

// One CSV field (RFC 4180), quoted when it must be. Text that a spreadsheet
// would take for a formula (begins with =, +, -, @) gets a leading apostrophe,
// numbers excepted.
std::string CsvField(absl::string_view text);

// Columns of a terminal that printable text takes: 0 for combining marks, 2 for
// wide East Asian characters and emoji.
size_t DisplayWidth(absl::string_view text);

// `text`, printable, in at most `width` columns; what is cut ends in "…".
std::string FitWidth(absl::string_view text, size_t width);

}  // namespace tapline

#endif  // TAPLINE_COMMON_OUTPUT_ESCAPE_H_
