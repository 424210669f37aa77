#include "sensord/analyzers/dns_name.h"

#include "sensord/decode/byte_cursor.h"

namespace tapline {
namespace {

constexpr size_t kMaxNameBytes = 255;
constexpr size_t kMaxLabelBytes = 63;
constexpr int kMaxJumps = 64;

// Lower case of what may stand as it is, else 0.
struct PlainTable {
  constexpr PlainTable() {
    for (int c = 0x21; c < 0x7f; ++c) {
      if (c == '.' || c == '\\' || c == '"') continue;
      plain[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
  }
  char plain[256] = {};
};
constexpr PlainTable kPlain;

// Gives each label to `take`.
template <typename Take>
bool WalkName(const uint8_t* message, size_t size, size_t* at, Take take) {
  size_t position = *at;
  // A pointer must lead before the part of the name it ends.
  size_t before = position;
  size_t wire_bytes = 0;
  int jumps = 0;
  while (position < size) {
    const uint8_t length = message[position];
    if (length == 0) {
      if (jumps == 0) *at = position + 1;
      return true;
    }
    if (length >= 0xc0) {
      if (position + 2 > size || ++jumps > kMaxJumps) return false;
      const size_t target = LoadBig16(message + position) & 0x3fff;
      if (target >= before || target < kDnsHeaderBytes) return false;
      if (jumps == 1) *at = position + 2;
      position = before = target;
      continue;
    }
    wire_bytes += length + 1u;
    if (length > kMaxLabelBytes || wire_bytes + 1 > kMaxNameBytes ||
        position + 1 + length > size) {
      return false;
    }
    take(message + position + 1, length);
    position += length + 1u;
  }
  return false;
}

}  // namespace

void DnsName::AddLabel(const uint8_t* label, size_t size) {
  if (size_ != 0) {
    text_[size_++] = '.';
    ++plain_bytes_;
  }
  plain_bytes_ = static_cast<uint16_t>(plain_bytes_ + size);
  for (size_t i = 0; i < size; ++i) {
    const uint8_t c = label[i];
    if (kPlain.plain[c] != 0) {
      text_[size_++] = kPlain.plain[c];
      continue;
    }
    text_[size_++] = '\\';
    text_[size_++] = static_cast<char>('0' + c / 100);
    text_[size_++] = static_cast<char>('0' + c / 10 % 10);
    text_[size_++] = static_cast<char>('0' + c % 10);
  }
}

bool DnsName::Read(const uint8_t* message, size_t size, size_t* at) {
  size_ = plain_bytes_ = 0;
  if (!WalkName(message, size, at, [this](const uint8_t* label, size_t n) {
        AddLabel(label, n);
      })) {
    return false;
  }
  if (size_ == 0) text_[size_++] = '.';
  return true;
}

bool DnsName::Skip(const uint8_t* message, size_t size, size_t* at) {
  return WalkName(message, size, at, [](const uint8_t*, size_t) {});
}

}  // namespace tapline
