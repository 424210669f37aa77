#include "sensord/analyzers/text_head.h"

#include <array>

namespace tapline {
namespace {

constexpr size_t kNone = absl::string_view::npos;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

constexpr std::array<bool, 256> MakeTokenChars() {
  std::array<bool, 256> table = {};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^',
                       '_', '`', '|', '~'}) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}

constexpr std::array<bool, 256> kTokenChars = MakeTokenChars();

}  // namespace

bool IsTokenChar(char c) { return kTokenChars[static_cast<unsigned char>(c)]; }

bool IsToken(absl::string_view text) {
  for (const char c : text) {
    if (!IsTokenChar(c)) return false;
  }
  return !text.empty();
}

absl::string_view TrimBlanks(absl::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

bool NextElement(absl::string_view* list, absl::string_view* element) {
  if (list->empty()) return false;
  const size_t comma = list->find(',');
  *element = TrimBlanks(list->substr(0, comma));
  list->remove_prefix(comma == kNone ? list->size() : comma + 1);
  return true;
}

size_t FindHeadEnd(absl::string_view text, size_t searched) {
  // An end that `searched` cut in two begins up to three bytes before it.
  size_t at = searched > 3 ? searched - 3 : 0;
  while (at < text.size()) {
    at = text.find('\n', at);
    if (at == kNone) return kNone;
    ++at;
    if (at < text.size() && text[at] == '\n') return at + 1;
    if (at + 1 < text.size() && text[at] == '\r' && text[at + 1] == '\n') {
      return at + 2;
    }
  }
  return kNone;
}

absl::string_view HeadReader::Line() {
  const size_t end = rest_.find('\n');
  absl::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end == kNone ? rest_.size() : end + 1);
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  } else if (end != kNone) {
    bare_lf_ = true;
  }
  bare_cr_ |= line.find('\r') != kNone;
  nul_ |= line.find('\0') != kNone;
  return line;
}

absl::string_view HeadReader::StartLine() { return Line(); }

bool HeadReader::Next(HeadField* field) {
  if (rest_.empty()) return false;
  const absl::string_view line = Line();
  if (line.empty()) {
    rest_ = absl::string_view();
    return false;
  }
  *field = HeadField();
  while (!rest_.empty() && IsBlank(rest_.front())) {
    field->folded = true;
    Line();
  }
  const size_t colon = line.find(':');
  const absl::string_view name = line.substr(0, colon);
  field->name = TrimBlanks(name);
  field->spaced = !name.empty() && IsBlank(name.back());
  field->odd = colon == kNone || IsBlank(line.front()) || !IsToken(field->name);
  if (colon != kNone) field->value = TrimBlanks(line.substr(colon + 1));
  return true;
}

}  // namespace tapline
