#include "sensord/inspect/turn_preview.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/net/code_point.h"
#include "common/net/wire_text.h"
#include "common/redact/payload_mask.h"

namespace tapline {
namespace {

// UTF-8 without controls but those of lines. What is cut may end within a code
// point.
bool IsText(absl::string_view bytes, bool cut) {
  constexpr size_t kMaxPointBytes = 4;
  for (size_t i = 0; i < bytes.size();) {
    const CodePoint point = DecodeUtf8(bytes, i);
    const bool line = bytes[i] == '\t' || bytes[i] == '\r' || bytes[i] == '\n';
    if (!point.valid) return cut && bytes.size() - i < kMaxPointBytes;
    if (IsControl(point.value) && !line) return false;
    i += point.size;
  }
  return true;
}

// Of binary data every byte that is not printable ASCII as \xHH: letters of
// UTF-8 in it are accidents. As WireText otherwise.
std::string BinaryText(absl::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    // A part of a code point is no UTF-8.
    text += WireText(bytes.substr(i, 1));
  }
  return text;
}

// Writes parts of `bytes`, a mark for each run that is not to be shown.
class MaskedText {
 public:
  MaskedText(absl::string_view bytes, std::string flags, bool cut,
             const PayloadGuard& guard)
      : bytes_(bytes),
        flags_(std::move(flags)),
        text_(IsText(bytes, cut)),
        guard_(guard) {
    for (const SecretSpan& span : FindPayloadSecrets(bytes, cut)) {
      std::fill(flags_.begin() + static_cast<ptrdiff_t>(span.begin),
                flags_.begin() + static_cast<ptrdiff_t>(span.end),
                PayloadGuard::kSecret);
    }
  }

  void Append(size_t begin, size_t end, std::string& out) const {
    while (begin < end) {
      const bool shown = flags_[begin] == PayloadGuard::kShown;
      bool secret = false;
      size_t stop = begin;
      for (; stop < end && (flags_[stop] == PayloadGuard::kShown) == shown;
           ++stop) {
        secret |= flags_[stop] == PayloadGuard::kSecret;
      }
      const absl::string_view part = bytes_.substr(begin, stop - begin);
      if (shown) {
        out += text_ ? WireText(part, SIZE_MAX) : BinaryText(part);
      } else {
        out += secret ? std::string(kSecretMark) : guard_.Mark(part.size());
      }
      begin = stop;
    }
  }

 private:
  const absl::string_view bytes_;
  std::string flags_;
  const bool text_;
  const PayloadGuard& guard_;
};

}  // namespace

void TurnPreview::Insert(int64_t position, absl::string_view bytes,
                         absl::string_view flags) {
  if (bytes.empty()) return;
  bytes = bytes.substr(0, kBytes);
  flags = flags.substr(0, kBytes);
  auto at = std::upper_bound(
      chunks_.begin(), chunks_.end(), position,
      [](int64_t p, const Chunk& chunk) { return p < chunk.begin; });
  if (full() && at == chunks_.end()) return;
  if (at != chunks_.begin() && (at - 1)->end() == position) {
    --at;
    absl::StrAppend(&at->bytes, bytes);
    absl::StrAppend(&at->flags, flags);
  } else {
    at = chunks_.insert(at, {position, std::string(bytes), std::string(flags)});
  }
  if (at + 1 != chunks_.end() && at->end() == (at + 1)->begin) {
    at->bytes += (at + 1)->bytes;
    at->flags += (at + 1)->flags;
    chunks_.erase(at + 1);
  }
  size_ += bytes.size();
  while (size_ > kBytes) {
    Chunk& last = chunks_.back();
    const size_t over = std::min(size_ - kBytes, last.bytes.size());
    last.bytes.resize(last.bytes.size() - over);
    last.flags.resize(last.bytes.size());
    size_ -= over;
    if (last.bytes.empty()) chunks_.pop_back();
  }
}

std::string TurnPreview::Text(int64_t begin, int64_t end,
                              const PayloadGuard& guard) const {
  std::string bytes;
  std::string flags;
  for (const Chunk& chunk : chunks_) {
    bytes += chunk.bytes;
    flags += chunk.flags;
  }
  const int64_t more = end - (chunks_.empty() ? begin : chunks_.back().end());
  // Over what is missing: a secret may go on behind it.
  const MaskedText masked(bytes, std::move(flags), more > 0, guard);
  std::string out;
  size_t at = 0;
  for (const Chunk& chunk : chunks_) {
    if (chunk.begin > begin) {
      absl::StrAppend(&out, "[", chunk.begin - begin, " bytes missing]");
    }
    masked.Append(at, at + chunk.bytes.size(), out);
    at += chunk.bytes.size();
    begin = chunk.end();
  }
  // No '+': behind one the redactor sees a telephone number.
  if (more > 0) absl::StrAppend(&out, "... (", more, " more bytes)");
  return out;
}

}  // namespace tapline
