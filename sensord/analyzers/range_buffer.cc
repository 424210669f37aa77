#include "sensord/analyzers/range_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tapline {
namespace {

absl::string_view Cut(Bytes bytes, size_t from, size_t to) {
  return TextOf(bytes).substr(from, to - from);
}

}  // namespace

void RangeBuffer::Piece::Prepend(absl::string_view bytes) {
  if (unused < bytes.size()) {
    // As much again as there is: each byte is moved twice at most.
    const size_t more = std::max(bytes.size(), text.size() - unused);
    text.insert(0, more, '\0');
    unused += more;
  }
  unused -= bytes.size();
  begin -= static_cast<uint32_t>(bytes.size());
  std::memcpy(&text[unused], bytes.data(), bytes.size());
}

void RangeBuffer::Piece::Join(Piece&& next) {
  if (next.size() <= size()) {
    Append(next.view());
    return;
  }
  // The shorter one is copied.
  next.Prepend(view());
  *this = std::move(next);
}

bool RangeBuffer::Merge(uint32_t offset, Bytes bytes, Pieces::iterator first,
                        Pieces::iterator last) {
  const uint32_t end = offset + static_cast<uint32_t>(bytes.size());
  bool same = true;
  const auto check = [&](const Piece& known) {
    const uint32_t from = std::max(offset, known.begin);
    const uint32_t to = std::min(end, known.end());
    if (from >= to) return;
    same = same && known.view().substr(from - known.begin, to - from) ==
                       Cut(bytes, from - offset, to - offset);
  };
  check(*first);
  if (offset < first->begin) {
    first->Prepend(Cut(bytes, 0, first->begin - offset));
  }
  for (auto next = first + 1; next != last; ++next) {
    check(*next);
    first->Append(Cut(bytes, first->end() - offset, next->begin - offset));
    first->Join(std::move(*next));
  }
  if (first->end() < end) {
    first->Append(Cut(bytes, first->end() - offset, bytes.size()));
  }
  pieces_.erase(first + 1, last);
  return same;
}

RangeBuffer::Result RangeBuffer::Add(uint64_t offset, Bytes bytes) {
  if (bytes.empty()) return Result::kAdded;
  if (offset > max_bytes_ || bytes.size() > max_bytes_ - offset) {
    return Result::kTooFar;
  }
  const auto begin = static_cast<uint32_t>(offset);
  const auto end = static_cast<uint32_t>(offset + bytes.size());
  // Those it overlaps or touches become one with it.
  const auto first =
      std::find_if(pieces_.begin(), pieces_.end(),
                   [begin](const Piece& p) { return p.end() >= begin; });
  const auto last =
      std::find_if(first, pieces_.end(),
                   [end](const Piece& piece) { return piece.begin > end; });
  if (first != last) {
    return Merge(begin, bytes, first, last) ? Result::kAdded : Result::kDiffers;
  }
  // What nothing is missing before is always wanted.
  if (begin > 0 && pieces_.size() >= kMaxRanges) return Result::kTooMany;
  Piece piece;
  piece.begin = begin;
  piece.Append(TextOf(bytes));
  pieces_.insert(first, std::move(piece));
  return Result::kAdded;
}

Bytes RangeBuffer::Ready() const {
  if (pieces_.empty() || pieces_.front().begin != 0) return {};
  const absl::string_view text = pieces_.front().view();
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void RangeBuffer::Clear() { Pieces().swap(pieces_); }

size_t RangeBuffer::MemoryBytes() const {
  // Short texts stand within their string.
  const size_t within = std::string().capacity();
  size_t bytes = pieces_.capacity() * sizeof(Piece);
  for (const Piece& piece : pieces_) {
    if (piece.text.capacity() > within) bytes += piece.text.capacity() + 1;
  }
  return bytes;
}

}  // namespace tapline
