#include "common/net/wire_text.h"

#include <algorithm>
#include <cstdint>

#include "common/net/code_point.h"

namespace tapline {
namespace {

void AppendHex(uint8_t byte, std::string& out) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

// Appends `unit`, raw or as one \xHH a byte.
void AppendUnit(absl::string_view unit, bool raw, std::string& out) {
  if (raw) {
    out.append(unit.data(), unit.size());
    return;
  }
  for (const char c : unit) AppendHex(static_cast<uint8_t>(c), out);
}

}  // namespace

std::string WireText(absl::string_view bytes, size_t max_bytes) {
  if (IsPlainAscii(bytes)) {
    return std::string(bytes.substr(0, max_bytes));
  }
  std::string out;
  out.reserve(std::min(bytes.size() + 16, max_bytes));
  for (size_t i = 0; i < bytes.size();) {
    const CodePoint point = DecodeUtf8(bytes, i);
    const absl::string_view unit = bytes.substr(i, point.size);
    const bool backslash = point.valid && point.value == '\\';
    const bool raw = point.valid && !IsControl(point.value);
    const size_t length = backslash ? 2 : raw ? point.size : 4 * point.size;
    if (out.size() + length > max_bytes) break;
    if (backslash) out += '\\';
    AppendUnit(unit, raw, out);
    i += point.size;
  }
  return out;
}

std::string PrintableText(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    AppendUnit(text.substr(i, point.size),
               point.valid && !IsControl(point.value), out);
    i += point.size;
  }
  return out;
}

}  // namespace tapline
