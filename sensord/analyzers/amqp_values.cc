#include "sensord/analyzers/amqp_values.h"

#include "absl/strings/str_cat.h"

namespace tapline::amqp {
namespace {

// Bytes of a value in a table by its type; -1 when that cannot be told.
int64_t TableValueBytes(char type, const ByteCursor& in) {
  switch (type) {
    case 't':
    case 'b':
    case 'B':
      return 1;
    case 'U':
    case 'u':
    case 's':
      return 2;
    case 'I':
    case 'i':
    case 'f':
      return 4;
    case 'D':
      return 5;
    case 'L':
    case 'l':
    case 'd':
    case 'T':
      return 8;
    case 'S':
    case 'A':
    case 'F':
    case 'x': {
      const uint8_t* length = in.Peek(4);
      return length == nullptr ? -1 : 4 + int64_t{LoadBig32(length)};
    }
    case 'V':
      return 0;
    default:
      return -1;
  }
}

absl::string_view TextAt(const uint8_t* p, size_t size) {
  if (p == nullptr) return absl::string_view();
  return {reinterpret_cast<const char*>(p), size};
}

}  // namespace

absl::string_view TakeShortText(ByteCursor& in) {
  const size_t size = in.U8();
  return TextAt(in.Take(size), size);
}

absl::string_view TakeLongText(ByteCursor& in) {
  const size_t size = in.U32();
  return TextAt(in.Take(size), size);
}

std::string TakeProduct(ByteCursor& in) {
  constexpr size_t kMaxText = 128;
  const absl::string_view table = TakeLongText(in);
  ByteCursor rows(reinterpret_cast<const uint8_t*>(table.data()), table.size());
  absl::string_view product;
  absl::string_view version;
  while (rows.ok() && rows.left() > 0) {
    const absl::string_view name = TakeShortText(rows);
    const char type = static_cast<char>(rows.U8());
    const int64_t size = TableValueBytes(type, rows);
    const uint8_t* value =
        size < 0 ? nullptr : rows.Take(static_cast<size_t>(size));
    if (value == nullptr) break;
    if (type != 'S') continue;
    const absl::string_view text =
        TextAt(value + 4, static_cast<size_t>(size) - 4).substr(0, kMaxText);
    if (name == "product") product = text;
    if (name == "version") version = text;
  }
  return version.empty()
             ? std::string(product.data(), product.size())
             : absl::StrCat(product, product.empty() ? "" : " ", version);
}

FieldList::FieldList(Bytes body) : in_(body.data(), body.size()) {
  constexpr uint8_t kDescribed = 0x00;
  constexpr uint8_t kList0 = 0x45;
  constexpr uint8_t kList8 = 0xc0;
  constexpr uint8_t kList32 = 0xd0;
  if (in_.U8() != kDescribed) return;
  const uint64_t descriptor = TakeNumber();
  uint8_t code;
  Bytes content;
  if (!TakeValue(&code, &content)) return;
  if (code != kList0 && code != kList8 && code != kList32) return;
  in_ = ByteCursor(content.data(), content.size());
  // Behind the size, which is passed, the count.
  if (code != kList0 && !in_.Skip(code == kList8 ? 1 : 4)) return;
  descriptor_ = descriptor;
}

bool FieldList::TakeValue(uint8_t* code, Bytes* content) {
  // AMQP 1.0 1.2.1: the first digit of the code says how long the value is.
  constexpr size_t kFixed[] = {0, 1, 2, 4, 8, 16};
  if (in_.left() == 0) return false;
  *code = in_.U8();
  const uint8_t kind = *code >> 4;
  size_t size;
  if (kind >= 4 && kind <= 9) {
    size = kFixed[kind - 4];
  } else if (kind >= 10) {
    size = (kind & 1) == 0 ? in_.U8() : in_.U32();
  } else {
    return false;
  }
  const uint8_t* value = in_.Take(size);
  if (value == nullptr) return false;
  *content = {value, size};
  return true;
}

absl::string_view FieldList::TakeText() {
  uint8_t code;
  Bytes content;
  if (!TakeValue(&code, &content)) return absl::string_view();
  const bool text = code >> 4 == 10 || code >> 4 == 11;
  return text ? TextOf(content) : absl::string_view();
}

uint64_t FieldList::TakeNumber() {
  uint8_t code;
  Bytes content;
  if (!TakeValue(&code, &content) || content.size() > 8) return 0;
  const uint8_t kind = code >> 4;
  uint64_t value = 0;
  if (kind >= 5 && kind <= 8) {
    for (const uint8_t byte : content) value = value << 8 | byte;
  }
  return value;
}

}  // namespace tapline::amqp
