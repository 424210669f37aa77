// UTF-8 one code point at a time, and which of them may not reach a terminal.

#ifndef TAPLINE_COMMON_NET_CODE_POINT_H_
#define TAPLINE_COMMON_NET_CODE_POINT_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace tapline {

// RFC 3629. Overlong forms, surrogates and values over U+10FFFF are invalid.
struct CodePoint {
  uint32_t value = 0;
  // Bytes it takes, 1..4; 1 when invalid.
  size_t size = 1;
  bool valid = false;
};

// The one that begins at `position`, which must be below text.size().
CodePoint DecodeUtf8(absl::string_view text, size_t position);

// C0, DEL, C1, line and paragraph separators, bidirectional controls, and the
// byte order mark.
bool IsControl(uint32_t code_point);

// True when every byte is printable ASCII other than a backslash: the common
// case that needs no work in any escaping.
bool IsPlainAscii(absl::string_view text);

}  // namespace tapline

#endif  // TAPLINE_COMMON_NET_CODE_POINT_H_
