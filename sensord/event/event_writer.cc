#include "sensord/event/event_writer.h"

#include <cstdlib>
#include <cstring>

#include "common/net/wire_text.h"

namespace tapline {
namespace {

constexpr uint32_t kVarint = 0;
constexpr uint32_t kFixed64 = 1;
constexpr uint32_t kLengthDelimited = 2;
// Tag and value, or tag and length, of anything.
constexpr size_t kMaxHead = 16;
// A message's length is not known when it begins: always this many bytes of
// varint, more than needed as a rule.
constexpr size_t kLengthBytes = 3;

// Printable ASCII without a backslash: WireText leaves it alone.
bool IsPlain(absl::string_view bytes) {
  for (const char c : bytes) {
    if (c < 0x20 || c == 0x7f || c == '\\') return false;
  }
  return true;
}

}  // namespace

EventWriter::~EventWriter() {
  while (depth_ > 0) Close();
  const size_t size = list_->bytes.size() - begin_;
  list_->items.push_back({begin_, static_cast<uint32_t>(size), arm_});
}

bool EventWriter::HasRoom(size_t bytes) {
  if (list_->bytes.size() - begin_ + bytes > kMaxBytes) truncated_ = true;
  return !truncated_;
}

void EventWriter::Varint(uint64_t value) {
  char text[10];
  size_t n = 0;
  while (value >= 0x80) {
    text[n++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  text[n++] = static_cast<char>(value);
  list_->bytes.append(text, n);
}

void EventWriter::Set(UintField field, uint64_t value) {
  if (!HasRoom(kMaxHead)) return;
  Tag(field.number, kVarint);
  Varint(value);
}

void EventWriter::Set(BoolField field, bool value) {
  Set(UintField{field.number}, value ? 1 : 0);
}

void EventWriter::Set(DoubleField field, double value) {
  if (!HasRoom(kMaxHead)) return;
  Tag(field.number, kFixed64);
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  for (int i = 0; i < 8; ++i) {
    list_->bytes.push_back(static_cast<char>(bits >> (8 * i)));
  }
}

void EventWriter::Set(TextField field, absl::string_view bytes,
                      size_t max_bytes) {
  std::string escaped;
  absl::string_view text = bytes.substr(0, max_bytes);
  if (!IsPlain(text)) {
    escaped = WireText(bytes.substr(0, max_bytes * 4), max_bytes);
    text = escaped;
  }
  SetSafe(field, text);
  if (list_->places != nullptr) NotePlace(field, bytes);
}

void EventWriter::SetSafe(TextField field, absl::string_view text) {
  if (!HasRoom(kMaxHead + text.size())) return;
  Tag(field.number, kLengthDelimited);
  Varint(text.size());
  list_->bytes.append(text.data(), text.size());
}

void EventWriter::Set(TimeField field, UnixNanos time) {
  // Timestamp: 1 seconds, 2 nanos in 0..999999999 (timestamp.proto).
  int64_t seconds = time / kSecondNanos;
  int64_t nanos = time % kSecondNanos;
  if (nanos < 0) {
    nanos += kSecondNanos;
    --seconds;
  }
  Open(MessageField{field.number});
  Set(UintField{1}, static_cast<uint64_t>(seconds));
  Set(UintField{2}, static_cast<uint64_t>(nanos));
  Close();
}

void EventWriter::Open(MessageField field) {
  if (depth_ == kMaxDepth) std::abort();
  // What is inside must fit behind it, so room for its own head is enough; the
  // length bytes are written even without room, for Close.
  HasRoom(kMaxHead);
  Tag(field.number, kLengthDelimited);
  open_[depth_++] = {static_cast<uint32_t>(list_->bytes.size()), field.number};
  list_->bytes.append(kLengthBytes, '\0');
}

void EventWriter::Close() {
  if (depth_ == 0) std::abort();
  const uint32_t at = open_[--depth_].length_at;
  const size_t size = list_->bytes.size() - at - kLengthBytes;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    const uint8_t more = i + 1 < kLengthBytes ? 0x80 : 0;
    list_->bytes[at + i] = static_cast<char>((size >> (7 * i) & 0x7f) | more);
  }
}

void EventWriter::NotePlace(TextField field, absl::string_view bytes) {
  FieldPlace& place = list_->places->emplace_back();
  place.path.push_back(arm_);
  for (int i = 0; i < depth_; ++i) place.path.push_back(open_[i].number);
  place.path.push_back(field.number);
  place.begin = reinterpret_cast<const uint8_t*>(bytes.data());
  place.size = bytes.size();
}

}  // namespace tapline
