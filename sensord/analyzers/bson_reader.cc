#include "sensord/analyzers/bson_reader.h"

#include <cstring>

namespace tapline {
namespace {

constexpr uint8_t kDouble = 1;
constexpr uint8_t kString = 2;
constexpr uint8_t kDocument = 3;
constexpr uint8_t kArray = 4;
constexpr uint8_t kBinary = 5;
constexpr uint8_t kObjectId = 7;
constexpr uint8_t kBoolean = 8;
constexpr uint8_t kDate = 9;
constexpr uint8_t kCode = 13;
constexpr uint8_t kSymbol = 14;
constexpr uint8_t kInt32 = 16;
constexpr uint8_t kTimestamp = 17;
constexpr uint8_t kInt64 = 18;
constexpr uint8_t kDecimal = 19;

// Bytes of the value at `in`; -1 when that cannot be told.
int64_t SizeOf(uint8_t type, const ByteCursor& in) {
  const uint8_t* p = in.Peek(4);
  const int64_t length = p == nullptr ? -1 : int64_t{LoadLittle32(p)};
  switch (type) {
    case kDouble:
    case kDate:
    case kTimestamp:
    case kInt64:
      return 8;
    case kString:
    case kCode:
    case kSymbol:
      return length < 1 ? -1 : 4 + length;
    case kDocument:
    case kArray:
      return length < 5 ? -1 : length;
    case kBinary:
      return length < 0 ? -1 : 5 + length;
    case kObjectId:
      return 12;
    case kBoolean:
      return 1;
    case kInt32:
      return 4;
    case kDecimal:
      return 16;
    case 6:  // undefined, null, least and greatest
    case 10:
    case 0x7f:
    case 0xff:
      return 0;
    default:
      return -1;
  }
}

}  // namespace

absl::string_view BsonElement::text() const {
  if (type != kString || value.size() < 5) return absl::string_view();
  return {reinterpret_cast<const char*>(value.data()) + 4, value.size() - 5};
}

int64_t BsonElement::number() const {
  switch (type) {
    case kBoolean:
      return value[0] != 0 ? 1 : 0;
    case kInt32:
      return static_cast<int32_t>(LoadLittle32(value.data()));
    case kInt64: {
      int64_t number;
      std::memcpy(&number, value.data(), sizeof(number));
      return number;
    }
    case kDouble: {
      double number;
      std::memcpy(&number, value.data(), sizeof(number));
      // What does not fit would be undefined.
      return number > -1e9 && number < 1e9 ? static_cast<int64_t>(number) : 0;
    }
    default:
      return 0;
  }
}

absl::Span<const uint8_t> BsonElement::document() const {
  if (type != kDocument) return {};
  return value;
}

BsonReader::BsonReader(absl::Span<const uint8_t> document)
    : in_(document.data(), document.size()) {
  const uint32_t length = BsonLength(document);
  in_.Skip(4);
  in_.Limit(length < 4 ? 0 : length - 4);
}

bool BsonReader::TakeName(absl::string_view* name) {
  const uint8_t* begin = in_.position();
  const void* end =
      in_.left() == 0 ? nullptr : std::memchr(begin, 0, in_.left());
  if (end == nullptr) return false;
  const size_t size =
      static_cast<size_t>(static_cast<const uint8_t*>(end) - begin);
  *name = {reinterpret_cast<const char*>(begin), size};
  return in_.Skip(size + 1);
}

bool BsonReader::Next(BsonElement* element) {
  element->type = in_.U8();
  if (!in_.ok() || element->type == 0 || !TakeName(&element->name)) {
    return false;
  }
  const int64_t size = SizeOf(element->type, in_);
  const uint8_t* value =
      size < 0 ? nullptr : in_.Take(static_cast<size_t>(size));
  if (value == nullptr) return false;
  element->value = {value, static_cast<size_t>(size)};
  return true;
}

uint32_t BsonLength(absl::Span<const uint8_t> document) {
  return document.size() < 4 ? 0 : LoadLittle32(document.data());
}

}  // namespace tapline
