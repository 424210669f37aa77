#include "common/output/escape.h"

#include <array>
#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/net/code_point.h"
#include "common/net/wire_text.h"

namespace tapline {
namespace {

constexpr absl::string_view kEllipsis = "\xE2\x80\xA6";

void AppendHex4(uint32_t value, std::string& out) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) {
    out += kDigits[(value >> shift) & 15];
  }
}

void AppendJsonControl(uint32_t value, std::string& out) {
  switch (value) {
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      AppendHex4(value, out);
      return;
  }
}

using Range = std::pair<uint32_t, uint32_t>;

constexpr std::array<Range, 7> kNoWidth = {{{0x0300, 0x036F},
                                            {0x0483, 0x0489},
                                            {0x0591, 0x05BD},
                                            {0x200B, 0x200D},
                                            {0x20D0, 0x20FF},
                                            {0xFE00, 0xFE0F},
                                            {0xFE20, 0xFE2F}}};
constexpr std::array<Range, 9> kDoubleWidth = {{{0x1100, 0x115F},
                                                {0x2E80, 0xA4CF},
                                                {0xAC00, 0xD7A3},
                                                {0xF900, 0xFAFF},
                                                {0xFE30, 0xFE6F},
                                                {0xFF00, 0xFF60},
                                                {0xFFE0, 0xFFE6},
                                                {0x1F300, 0x1FAFF},
                                                {0x20000, 0x3FFFD}}};

template <size_t N>
bool In(const std::array<Range, N>& ranges, uint32_t value) {
  for (const Range& range : ranges) {
    if (value >= range.first && value <= range.second) return true;
  }
  return false;
}

size_t WidthOf(uint32_t value) {
  if (value < 0x0300) return 1;
  if (In(kNoWidth, value)) return 0;
  return In(kDoubleWidth, value) ? 2 : 1;
}

}  // namespace

void AppendJsonString(absl::string_view text, std::string& out) {
  out += '"';
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    if (!point.valid) {
      absl::StrAppend(
          &out, "\\\\x",
          absl::Hex(static_cast<uint8_t>(text[i]), absl::kZeroPad2));
    } else if (point.value == '"' || point.value == '\\') {
      out += '\\';
      out += text[i];
    } else if (IsControl(point.value)) {
      AppendJsonControl(point.value, out);
    } else {
      out.append(text.data() + i, point.size);
    }
    i += point.size;
  }
  out += '"';
}

std::string CsvField(absl::string_view text) {
  std::string field = PrintableText(text);
  if (!field.empty() &&
      absl::string_view("=+-@").find(field[0]) != absl::string_view::npos) {
    double number = 0;
    if (!absl::SimpleAtod(field, &number)) field.insert(0, 1, '\'');
  }
  if (field.find_first_of(",\"") == std::string::npos) return field;
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

size_t DisplayWidth(absl::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    width += WidthOf(point.value);
    i += point.size;
  }
  return width;
}

std::string FitWidth(absl::string_view text, size_t width) {
  std::string safe = PrintableText(text);
  if (DisplayWidth(safe) <= width) return safe;
  if (width == 0) return "";
  size_t used = 0;
  size_t end = 0;
  while (end < safe.size()) {
    const CodePoint point = DecodeUtf8(safe, end);
    const size_t next = used + WidthOf(point.value);
    if (next > width - 1) break;
    used = next;
    end += point.size;
  }
  safe.resize(end);
  absl::StrAppend(&safe, kEllipsis);
  return safe;
}

}  // namespace tapline
