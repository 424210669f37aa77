// Bytes of messages, written as in the documents that define them.

#ifndef TAPLINE_TESTS_SUPPORT_WIRE_BYTES_H_
#define TAPLINE_TESTS_SUPPORT_WIRE_BYTES_H_

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

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

inline std::string Zeros(size_t size) { return std::string(size, '\0'); }

// ASCII as UTF-16LE.
inline std::string Utf16(absl::string_view ascii) {
  std::string bytes;
  for (const char c : ascii) {
    bytes += c;
    bytes += '\0';
  }
  return bytes;
}

// As functions over bytes want them; a copy of its own size, so that sanitizers
// see a read past its end.
inline std::vector<uint8_t> ByteVector(absl::string_view text) {
  return {text.begin(), text.end()};
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_WIRE_BYTES_H_
