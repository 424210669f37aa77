#include "sensord/analyzers/ber.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

constexpr uint8_t kLongTag = 0x1f;
constexpr uint8_t kMore = 0x80;
constexpr size_t kMaxLengthBytes = 4;

}  // namespace

BerHead ReadBerHead(Bytes bytes) {
  BerHead head;
  size_t at = 0;
  const auto needs_more = [&head] {
    head.state = BerHead::kNeedsMore;
    return head;
  };
  if (bytes.empty()) return needs_more();
  head.tag = bytes[at++];
  if ((head.tag & kLongTag) == kLongTag) {
    if (at == bytes.size()) return needs_more();
    const uint8_t number = bytes[at++];
    if ((number & kMore) != 0 || number < kLongTag) return head;
    head.tag = static_cast<BerTag>(head.tag << 8 | number);
  }
  if (at == bytes.size()) return needs_more();
  const uint8_t first = bytes[at++];
  size_t length = first;
  if ((first & kMore) != 0) {
    const size_t count = first & 0x7f;
    // Zero would be the indefinite form.
    if (count == 0 || count > kMaxLengthBytes) return head;
    length = 0;
    for (size_t i = 0; i < count; ++i) {
      if (at == bytes.size()) return needs_more();
      length = length << 8 | bytes[at++];
    }
  }
  head.head_bytes = at;
  head.content_bytes = length;
  head.state = BerHead::kWhole;
  return head;
}

BerTag BerReader::Peek() const {
  const BerHead head = ReadBerHead(left_);
  return head.state == BerHead::kWhole ? head.tag : BerTag{0};
}

Bytes BerReader::TakeAny(BerTag* tag) {
  *tag = 0;
  const BerHead head = ReadBerHead(left_);
  if (failed_ || head.state != BerHead::kWhole) return Fail();
  const size_t there = left_.size() - head.head_bytes;
  if (head.content_bytes > there && !cut_) return Fail();
  const size_t size = std::min(head.content_bytes, there);
  *tag = head.tag;
  const Bytes contents = left_.subspan(head.head_bytes, size);
  left_.remove_prefix(head.head_bytes + size);
  return contents;
}

Bytes BerReader::Take(BerTag tag) {
  BerTag found;
  const Bytes contents = TakeAny(&found);
  return found == tag ? contents : Fail();
}

int64_t BerReader::Integer(BerTag tag) {
  const Bytes contents = Take(tag);
  if (failed_) return 0;
  if (contents.empty() || contents.size() > sizeof(int64_t)) {
    Fail();
    return 0;
  }
  uint64_t value = (contents[0] & 0x80) != 0 ? ~uint64_t{0} : 0;
  for (const uint8_t byte : contents) value = value << 8 | byte;
  return static_cast<int64_t>(value);
}

std::string BerReader::Oid() {
  const Bytes contents = Take(kBerOid);
  if (failed_) return {};
  std::string text = OidText(contents);
  if (text.empty()) Fail();
  return text;
}

std::string OidText(Bytes contents) {
  constexpr int kMaxComponents = 64;
  std::string text;
  uint64_t value = 0;
  size_t bytes = 0;
  int components = 0;
  for (const uint8_t byte : contents) {
    value = value << 7 | (byte & 0x7f);
    // More than 32 bits are no object identifier (RFC 2578 3.5).
    if (++bytes > 5) return {};
    if ((byte & kMore) != 0) continue;
    if (components == 0) {
      // The first two are one number (X.690 8.19.4).
      const uint64_t top = value < 80 ? value / 40 : 2;
      absl::StrAppend(&text, top, ".", value - top * 40);
    } else {
      absl::StrAppend(&text, ".", value);
    }
    if (++components == kMaxComponents) return {};
    value = 0;
    bytes = 0;
  }
  return bytes == 0 ? text : std::string();
}

}  // namespace tapline
