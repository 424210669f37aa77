// What a filter can ask about: fields of records, by name.

#ifndef TAPLINE_COMMON_FILTER_FIELD_H_
#define TAPLINE_COMMON_FILTER_FIELD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/filter/number_values.h"
#include "google/protobuf/descriptor.h"
#include "tapline/v1/options.pb.h"
#include "tapline/v1/record.pb.h"

namespace tapline::filter {

enum class Type {
  kInteger,
  kReal,
  kBool,
  kText,
  kEnum,
  kTime,
  // Also of a number of nanoseconds under a Wireshark name.
  kDuration,
  kAddress,
  // There or not, without a value: messages and protocols.
  kPresence,
};

// "number", "text", ...: for people.
absl::string_view TypeName(Type type);

// How the value of a schema field becomes that of a filter's field.
enum class View {
  // As it is; a text marked as address (schema) becomes one.
  kPlain,
  // IP of either version, of one version, or MAC: others are no value.
  kIp,
  kIpv4,
  kIpv6,
  kMac,
  // Whether a bit of the number is set.
  kBit,
  // Nanoseconds as a duration.
  kNanoseconds,
  // Counted from one instead of zero.
  kFromOne,
  // The message is there.
  kThere,
  // The text, or number of an enum, is this one: there, else not.
  kIsText,
  kIsNumber,
  // Both numbers of a Source with `others` added up.
  kSum,
  // From the time of a Source to that of its `others`.
  kElapsed,
};

struct Field;

// One place in a record.
struct Source {
  // The arm it begins in; UNSPECIFIED for fields that all records have.
  v1::RecordKind kind = v1::RECORD_KIND_UNSPECIFIED;
  // From v1::Record down.
  std::vector<const google::protobuf::FieldDescriptor*> steps;
  View view = View::kPlain;
  // Of kSum and kElapsed: the second place, from v1::Record down. Neither place
  // is inside a repeated field.
  std::vector<const google::protobuf::FieldDescriptor*> others;
  // Bit mask of kBit, number of kIsNumber.
  int64_t number = 0;
  // Of kIsText.
  std::string text;
  // Has a value only in a record about this protocol; may be null.
  const Field* about = nullptr;
  // The basis beside it, which says whether it was observed; may be null.
  const google::protobuf::FieldDescriptor* basis = nullptr;

  // "event.dns.name".
  std::string Path() const;
};

struct Field {
  // As it is printed.
  std::string name;
  // Also understood.
  std::vector<std::string> other_names;
  Type type = Type::kPresence;
  // Of kEnum.
  const google::protobuf::EnumDescriptor* enum_type = nullptr;
  // Of kText that is the name of a field of this message; null for any text.
  const google::protobuf::Descriptor* named_after = nullptr;
  // Of kInteger and kReal; empty for none.
  std::string unit;
  // Whole numbers it can hold, and what some are called; null for none.
  int64_t least = 0;
  uint64_t most = 0;
  const ValueNames* names = nullptr;
  v1::Privacy privacy = v1::PRIVACY_UNSPECIFIED;
  // One sentence.
  std::string meaning;
  // A name of its own for other fields (aliases.def).
  bool alias = false;
  // The values of all of them together are those of the field.
  std::vector<Source> sources;

  // Of which kinds of records it can have values, in their order; empty for
  // fields that all have.
  std::vector<v1::RecordKind> Kinds() const;
};

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_FIELD_H_
