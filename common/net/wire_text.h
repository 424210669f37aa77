// The only way bytes from the wire get into a `string` field.

#ifndef TAPLINE_COMMON_NET_WIRE_TEXT_H_
#define TAPLINE_COMMON_NET_WIRE_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline {

// Valid UTF-8 with controls (C0, DEL, C1), bidirectional overrides, line and
// paragraph separators, and every byte that is not UTF-8 as \xHH, and a
// backslash as "\\". At most `max_bytes` of output, cut at a whole unit.
std::string WireText(absl::string_view bytes, size_t max_bytes = 1024);

// The same for text on its way to a person, except that a backslash stays as it
// is: applied to WireText's result it changes nothing.
std::string PrintableText(absl::string_view text);

}  // namespace tapline

#endif  // TAPLINE_COMMON_NET_WIRE_TEXT_H_
