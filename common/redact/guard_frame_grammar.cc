#include "common/redact/guard_frame_grammar.h"

#include <algorithm>

namespace tapline {
namespace {

constexpr uint64_t kAll = FrameStart::kAll;

}  // namespace

void FrameGrammar::Next(bool client, absl::string_view bytes, char* flags) {
  if (!Reads(client)) return;
  Side& side = sides_[client ? 1 : 0];
  if (side.lost && Fits(client, bytes)) side = Side();
  size_t head_at = 0;
  for (size_t i = 0; i < bytes.size();) {
    if (side.lost) {
      std::fill_n(flags + i, bytes.size() - i, 1);
      return;
    }
    if (side.left > 0) {
      i += Body(side, bytes.size() - i, flags + i);
      continue;
    }
    if (side.head.empty()) head_at = i;
    side.head += bytes[i++];
    const FrameStart message = side.head.size() > kMaxHead
                                   ? FrameStart{FrameStart::kBad, 0, 0}
                                   : Parse(client, side.head);
    if (message.kind == FrameStart::kMore) continue;
    side.head.clear();
    side.left = message.left;
    side.shown = message.shown;
    if (message.kind == FrameStart::kBad) {
      side.lost = true;
      i = head_at;
    }
  }
}

void FrameGrammar::Gap(bool client, uint64_t bytes) {
  Side& side = sides_[client ? 1 : 0];
  if (bytes > 0 && side.left >= bytes) {
    side.left -= bytes;
    side.shown -= side.shown == kAll ? 0 : std::min(side.shown, bytes);
    return;
  }
  side = Side();
  side.lost = true;
}

size_t FrameGrammar::Body(Side& side, size_t available, char* flags) {
  const auto size =
      static_cast<size_t>(std::min<uint64_t>(side.left, available));
  const auto shown = static_cast<size_t>(std::min<uint64_t>(side.shown, size));
  std::fill_n(flags + shown, size - shown, 1);
  side.left -= size;
  if (side.shown != kAll) side.shown -= shown;
  return size;
}

bool FrameGrammar::Fits(bool client, absl::string_view bytes) {
  if (!stateless()) return false;
  while (!bytes.empty()) {
    size_t size = 0;
    FrameStart message;
    while (message.kind == FrameStart::kMore && size < bytes.size() &&
           size < kMaxHead) {
      message = Parse(client, bytes.substr(0, ++size));
    }
    if (message.kind != FrameStart::kKnown ||
        message.left > bytes.size() - size) {
      return false;
    }
    bytes.remove_prefix(size + static_cast<size_t>(message.left));
  }
  return true;
}

}  // namespace tapline
