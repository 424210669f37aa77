#include "sensord/analyzers/line_reader.h"

#include <algorithm>
#include <cstring>

namespace tapline {

void LineReader::Add(absl::Span<const uint8_t> bytes) {
  all_ = buffer_.Add(bytes);
  added_ = bytes.size();
}

bool LineReader::Next(absl::string_view* line) {
  while (true) {
    const size_t skipped =
        static_cast<size_t>(std::min<uint64_t>(skip_, all_.size()));
    if (skipped > 0) {
      Pass(skipped);
      skip_ -= skipped;
    }
    if (all_.empty()) break;
    const char* begin = reinterpret_cast<const char*>(all_.data());
    const void* lf =
        std::memchr(begin + searched_, '\n', all_.size() - searched_);
    if (lf == nullptr) {
      if (dropping_) {
        Pass(all_.size());
        break;
      }
      // One more may be the CR.
      if (all_.size() <= max_line_ + 1) {
        searched_ = all_.size();
        break;
      }
      *line = {begin, max_line_};
      cut_ = dropping_ = true;
      bare_lf_ = false;
      Pass(all_.size());
      return true;
    }
    size_t size = static_cast<size_t>(static_cast<const char*>(lf) - begin);
    const bool given = dropping_;
    dropping_ = false;
    Pass(size + 1);
    if (given) continue;
    bare_lf_ = size == 0 || begin[size - 1] != '\r';
    if (!bare_lf_) --size;
    cut_ = size > max_line_;
    *line = {begin, std::min(size, max_line_)};
    return true;
  }
  buffer_.Keep(all_);
  all_ = {};
  added_ = 0;
  return false;
}

bool LineReader::Gap(uint64_t bytes) {
  if (buffer_.size() > 0 || skip_ < bytes) return false;
  skip_ -= bytes;
  passed_ += bytes;
  return true;
}

size_t LineReader::rest() const {
  const size_t left = all_.size() - std::min<uint64_t>(skip_, all_.size());
  return std::min(left, added_);
}

}  // namespace tapline
