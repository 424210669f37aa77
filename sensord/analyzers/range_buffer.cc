#include "sensord/analyzers/range_buffer.h"

#include <algorithm>
#include <cstring>

namespace tapline {

bool RangeBuffer::Fill(Range piece, const uint8_t* bytes) {
  bool same = true;
  uint32_t at = piece.begin;
  const auto put = [&](uint32_t end) {
    if (end > at) {
      std::memcpy(&bytes_[at], bytes + (at - piece.begin), end - at);
    }
  };
  for (const Range& known : ranges_) {
    if (known.end <= at) continue;
    if (known.begin >= piece.end) break;
    put(known.begin);
    const uint32_t from = std::max(at, known.begin);
    const uint32_t to = std::min(piece.end, known.end);
    same = same && std::memcmp(&bytes_[from], bytes + (from - piece.begin),
                               to - from) == 0;
    at = to;
  }
  put(piece.end);
  return same;
}

RangeBuffer::Result RangeBuffer::Add(uint64_t offset, Bytes bytes) {
  if (bytes.empty()) return Result::kAdded;
  if (offset > max_bytes_ || bytes.size() > max_bytes_ - offset) {
    return Result::kTooFar;
  }
  Range piece{static_cast<uint32_t>(offset),
              static_cast<uint32_t>(offset + bytes.size())};
  // Those it overlaps or touches become one with it.
  auto first = std::find_if(
      ranges_.begin(), ranges_.end(),
      [&piece](const Range& range) { return range.end >= piece.begin; });
  auto last = std::find_if(first, ranges_.end(), [&piece](const Range& range) {
    return range.begin > piece.end;
  });
  // What nothing is missing before is always wanted.
  if (first == last && piece.begin > 0 && ranges_.size() >= kMaxRanges) {
    return Result::kTooMany;
  }
  if (bytes_.size() < piece.end) bytes_.resize(piece.end);
  const bool same = Fill(piece, bytes.data());
  if (first == last) {
    ranges_.insert(first, piece);
  } else {
    first->begin = std::min(first->begin, piece.begin);
    first->end = std::max((last - 1)->end, piece.end);
    ranges_.erase(first + 1, last);
  }
  return same ? Result::kAdded : Result::kDiffers;
}

Bytes RangeBuffer::Ready() const {
  if (ranges_.empty() || ranges_.front().begin != 0) return {};
  return {reinterpret_cast<const uint8_t*>(bytes_.data()), ranges_.front().end};
}

void RangeBuffer::Clear() {
  std::string().swap(bytes_);
  std::vector<Range>().swap(ranges_);
}

}  // namespace tapline
