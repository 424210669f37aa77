#include "sensord/analyzers/resp_reader.h"

#include "absl/strings/numbers.h"

namespace tapline::redis {
namespace {

// What Redis itself refuses: 512 MB of a string, 2^20 elements and more.
constexpr int64_t kMaxBulk = int64_t{512} << 20;
constexpr int64_t kMaxElements = int64_t{1} << 31;
constexpr uint64_t kEnd = 2;

}  // namespace

bool RespReader::Next(RespElement* element) {
  absl::string_view line;
  while (!malformed_ && lines_.Next(&line)) {
    *element = RespElement();
    if (bulk_) return OnBulk(line, element);
    if (line.empty() && open_ == 0) continue;
    bool whole = false;
    if (!OnHead(line, element, &whole)) {
      malformed_ = true;
      return false;
    }
    if (whole) return true;
  }
  return false;
}

// A line that begins an element. *whole: it is all there is of it.
bool RespReader::OnHead(absl::string_view line, RespElement* element,
                        bool* whole) {
  if (line.empty()) return false;
  const char type = line[0];
  const absl::string_view rest = line.substr(1);
  int64_t number = 0;
  switch (type) {
    case '$':
    case '!':
    case '=': {
      if (!absl::SimpleAtoi(rest, &number) || number > kMaxBulk) return false;
      element->type = type;
      if (number < 0) break;
      bulk_type_ = type;
      bulk_bytes_ = static_cast<uint64_t>(number);
      if (bulk_bytes_ <= kMaxText) {
        bulk_ = true;
        return true;
      }
      lines_.Skip(bulk_bytes_ + kEnd);
      break;
    }
    case '*':
    case '~':
    case '>':
    case '%':
    case '|': {
      if (!absl::SimpleAtoi(rest, &number) || number > kMaxElements) {
        return false;
      }
      element->type = type;
      const bool pairs = type == '%' || type == '|';
      // An attribute stands before the element it belongs to.
      const uint64_t own = type == '|' ? 1 : 0;
      if (open_ == 0) {
        element->first = true;
        open_ = 1;
      }
      open_ += own;
      if (number > 0)
        open_ += static_cast<uint64_t>(pairs ? 2 * number : number);
      break;
    }
    case '+':
    case '-':
    case ':':
    case '_':
    case '#':
    case ',':
    case '(':
      element->type = type;
      element->text = rest;
      break;
    default:
      // Words without RESP are a command, but only between messages.
      if (open_ != 0 || type < 'A' || type > 'z') return false;
      element->text = line;
      break;
  }
  Count(element);
  *whole = true;
  return true;
}

bool RespReader::OnBulk(absl::string_view line, RespElement* element) {
  bulk_ = false;
  element->type = bulk_type_;
  // A content with line ends in it goes on behind this line.
  const uint64_t passed = line.size() + (lines_.bare_lf() ? 1 : 2);
  if (lines_.cut() || line.size() > bulk_bytes_) {
    malformed_ = true;
    return false;
  }
  if (passed < bulk_bytes_ + kEnd) lines_.Skip(bulk_bytes_ + kEnd - passed);
  if (line.size() == bulk_bytes_) element->text = line;
  Count(element);
  return true;
}

void RespReader::Count(RespElement* element) {
  if (open_ == 0) {
    open_ = 1;
    element->first = true;
  }
  --open_;
  element->last = open_ == 0;
}

}  // namespace tapline::redis
