#include "common/net/code_point.h"

namespace tapline {

CodePoint DecodeUtf8(absl::string_view text, size_t position) {
  const auto byte = [&](size_t offset) {
    return static_cast<uint8_t>(text[position + offset]);
  };
  const size_t left = text.size() - position;
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1, true};
  size_t size = 0;
  uint32_t value = 0;
  uint32_t least = 0;
  if ((first & 0xE0) == 0xC0) {
    size = 2, value = first & 0x1F, least = 0x80;
  } else if ((first & 0xF0) == 0xE0) {
    size = 3, value = first & 0x0F, least = 0x800;
  } else if ((first & 0xF8) == 0xF0) {
    size = 4, value = first & 0x07, least = 0x10000;
  } else {
    return {};
  }
  if (size > left) return {};
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = (value << 6) | (byte(i) & 0x3F);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < least || value > 0x10FFFF || surrogate) return {};
  return {value, size, true};
}

bool IsControl(uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C ||
         (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

bool IsPlainAscii(absl::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c >= 0x7F || c == '\\') return false;
  }
  return true;
}

}  // namespace tapline
