#include "sensord/inspect/turn_preview.h"

#include <algorithm>

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

// Writes parts of `bytes`, from the first to the last.
class MaskedText {
 public:
  MaskedText(absl::string_view bytes, bool cut)
      : bytes_(bytes),
        text_(IsText(bytes, cut)),
        secrets_(FindPayloadSecrets(bytes, cut)) {}

  void Append(size_t begin, size_t end, std::string& out) {
    while (begin < end) {
      while (next_ < secrets_.size() && secrets_[next_].end <= begin) ++next_;
      const bool left = next_ < secrets_.size();
      if (left && secrets_[next_].begin <= begin) {
        absl::StrAppend(&out, kSecretMark);
        begin = secrets_[next_].end;
        continue;
      }
      const size_t stop = left ? std::min(secrets_[next_].begin, end) : end;
      const absl::string_view plain = bytes_.substr(begin, stop - begin);
      out += text_ ? WireText(plain, SIZE_MAX) : BinaryText(plain);
      begin = stop;
    }
  }

 private:
  const absl::string_view bytes_;
  const bool text_;
  const std::vector<SecretSpan> secrets_;
  size_t next_ = 0;
};

}  // namespace

void TurnPreview::Insert(int64_t position, absl::string_view bytes) {
  if (bytes.empty()) return;
  auto at = std::upper_bound(
      chunks_.begin(), chunks_.end(), position,
      [](int64_t p, const Chunk& chunk) { return p < chunk.begin; });
  // Full, and behind what is kept.
  if (size_ == kBytes && at == chunks_.end()) return;
  if (at != chunks_.begin() && (at - 1)->end() == position) {
    --at;
    absl::StrAppend(&at->bytes, bytes.substr(0, kBytes));
  } else {
    at = chunks_.insert(at, {position, std::string(bytes.substr(0, kBytes))});
  }
  if (at + 1 != chunks_.end() && at->end() == (at + 1)->begin) {
    at->bytes += (at + 1)->bytes;
    chunks_.erase(at + 1);
  }
  size_ += std::min(bytes.size(), kBytes);
  while (size_ > kBytes) {
    Chunk& last = chunks_.back();
    const size_t over = std::min(size_ - kBytes, last.bytes.size());
    last.bytes.resize(last.bytes.size() - over);
    size_ -= over;
    if (last.bytes.empty()) chunks_.pop_back();
  }
}

std::string TurnPreview::Text(int64_t begin, int64_t end) const {
  std::string bytes;
  for (const Chunk& chunk : chunks_) bytes += chunk.bytes;
  const int64_t more = end - (chunks_.empty() ? begin : chunks_.back().end());
  // Over what is missing: a secret may go on behind it.
  MaskedText masked(bytes, more > 0);
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
