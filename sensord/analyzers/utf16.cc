#include "sensord/analyzers/utf16.h"

#include <cstdint>

#include "sensord/analyzers/little_endian.h"

namespace tapline {
namespace {

constexpr uint32_t kReplacement = 0xfffd;

bool IsHighSurrogate(uint32_t unit) { return (unit & 0xfc00) == 0xd800; }
bool IsLowSurrogate(uint32_t unit) { return (unit & 0xfc00) == 0xdc00; }

size_t Encode(uint32_t value, char* out) {
  const auto tail = [&](int shift) {
    return static_cast<char>(0x80 | (value >> shift & 0x3f));
  };
  if (value < 0x80) {
    out[0] = static_cast<char>(value);
    return 1;
  }
  if (value < 0x800) {
    out[0] = static_cast<char>(0xc0 | value >> 6);
    out[1] = tail(0);
    return 2;
  }
  if (value < 0x10000) {
    out[0] = static_cast<char>(0xe0 | value >> 12);
    out[1] = tail(6);
    out[2] = tail(0);
    return 3;
  }
  out[0] = static_cast<char>(0xf0 | value >> 18);
  out[1] = tail(12);
  out[2] = tail(6);
  out[3] = tail(0);
  return 4;
}

}  // namespace

std::string Utf16Text(Bytes bytes, size_t max_bytes) {
  std::string text;
  for (size_t at = 0; at + 2 <= bytes.size(); at += 2) {
    uint32_t value = LoadLittle16(&bytes[at]);
    if (value == 0) break;
    if (IsHighSurrogate(value) && at + 4 <= bytes.size() &&
        IsLowSurrogate(LoadLittle16(&bytes[at + 2]))) {
      at += 2;
      value = 0x10000 + ((value & 0x3ff) << 10 |
                         (uint32_t{LoadLittle16(&bytes[at])} & 0x3ff));
    } else if (IsHighSurrogate(value) || IsLowSurrogate(value)) {
      value = kReplacement;
    }
    char unit[4];
    const size_t size = Encode(value, unit);
    if (text.size() + size > max_bytes) break;
    text.append(unit, size);
  }
  return text;
}

}  // namespace tapline
