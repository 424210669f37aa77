// Bytes of messages, written as in the documents that define them.

#ifndef TAPLINE_TESTS_SUPPORT_WIRE_BYTES_H_
#define TAPLINE_TESTS_SUPPORT_WIRE_BYTES_H_

#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline::testing {

// "16 03 01" gives three bytes; white space is free. Ends the process on
// anything else.
inline std::string Hex(absl::string_view digits) {
  std::string bytes;
  int high = -1;
  for (const char c : digits) {
    if (c == ' ' || c == '\n') continue;
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else {
      std::abort();
    }
    if (high < 0) {
      high = digit;
    } else {
      bytes += static_cast<char>(high << 4 | digit);
      high = -1;
    }
  }
  if (high >= 0) std::abort();
  return bytes;
}

// The low `size` bytes of a number, highest first.
inline std::string Big(uint64_t value, size_t size) {
  std::string bytes;
  for (size_t i = size; i-- > 0;) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}
inline std::string Big8(uint64_t value) { return Big(value, 1); }
inline std::string Big16(uint64_t value) { return Big(value, 2); }
inline std::string Big24(uint64_t value) { return Big(value, 3); }
inline std::string Big32(uint64_t value) { return Big(value, 4); }

// The same, lowest first.
inline std::string Little(uint64_t value, size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i)
    bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}
inline std::string Little16(uint64_t value) { return Little(value, 2); }
inline std::string Little24(uint64_t value) { return Little(value, 3); }
inline std::string Little32(uint64_t value) { return Little(value, 4); }

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_WIRE_BYTES_H_
