// Values while a record is looked at, and what a filter compares them with.

#ifndef TAPLINE_COMMON_FILTER_VALUE_H_
#define TAPLINE_COMMON_FILTER_VALUE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "common/filter/field.h"
#include "common/net/ip_address.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace tapline::filter {

// Of one family; different families are in no order.
struct Address {
  enum Family : uint8_t { kNone, kIpv4, kIpv6, kMac };
  Family family = kNone;
  absl::uint128 bits = 0;

  // kNone for text that is none.
  static Address FromText(absl::string_view text);
  // RFC 5952, or "02:00:5e:10:00:01".
  std::string ToString() const;
  // 32, 128, 48.
  int Bits() const;
  friend bool operator==(const Address&, const Address&) = default;
};

// How values of a type are held. Times and durations are whole numbers of
// nanoseconds, enums and booleans their numbers.
enum class Storage { kWhole, kReal, kText, kAddress, kNothing };

inline Storage StorageOf(Type type) {
  switch (type) {
    case Type::kReal:
      return Storage::kReal;
    case Type::kText:
      return Storage::kText;
    case Type::kAddress:
      return Storage::kAddress;
    case Type::kPresence:
      return Storage::kNothing;
    default:
      return Storage::kWhole;
  }
}

// The members that the storage does not name mean nothing.
struct Value {
  Storage storage = Storage::kNothing;
  absl::int128 whole = 0;
  double real = 0;
  // Borrowed.
  absl::string_view text;
  Address address;
};

inline Value WholeValue(absl::int128 whole) {
  Value value;
  value.storage = Storage::kWhole;
  value.whole = whole;
  return value;
}
inline Value TextValue(absl::string_view text) {
  Value value;
  value.storage = Storage::kText;
  value.text = text;
  return value;
}
inline Value AddressValue(const Address& address) {
  Value value;
  value.storage = Storage::kAddress;
  value.address = address;
  return value;
}

// Nanoseconds; any seconds and nanos give a number.
absl::int128 NanosOf(const google::protobuf::Timestamp& time);
absl::int128 NanosOf(const google::protobuf::Duration& duration);

// What a literal or an operand is, as far as comparing needs to know it.
struct TypeInfo {
  Type type = Type::kPresence;
  const google::protobuf::EnumDescriptor* enum_type = nullptr;
  absl::string_view unit;
  absl::int128 least = 0;
  absl::int128 most = 0;
  // As Field::named_after and Field::names.
  const google::protobuf::Descriptor* named_after = nullptr;
  const ValueNames* names = nullptr;
};
TypeInfo InfoOf(const Field& field);

// Decimal digits.
std::string WholeText(absl::int128 value);

// A value as the language writes it: text in quotes, enums by their lower-case
// short name, times as RFC 3339 in quotes.
std::string ValueText(const Value& value, const TypeInfo& info);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_VALUE_H_
