// What the schema says about a field (proto/tapline/v1/options.proto), and the
// short names of enum values.

#ifndef TAPLINE_COMMON_SCHEMA_FIELD_INFO_H_
#define TAPLINE_COMMON_SCHEMA_FIELD_INFO_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "tapline/v1/options.pb.h"

namespace tapline {

struct FieldInfo {
  v1::Privacy privacy = v1::PRIVACY_UNSPECIFIED;
  // Empty when the field has none.
  std::string unit;
  // Empty when the filter name is the field's path.
  std::string filter;
};

FieldInfo GetFieldInfo(const google::protobuf::FieldDescriptor& field);
v1::Privacy PrivacyOf(const google::protobuf::FieldDescriptor& field);

// A text that is an IP or MAC address.
bool IsAddress(const google::protobuf::FieldDescriptor& field);

bool IsTimestamp(const google::protobuf::FieldDescriptor& field);
bool IsDuration(const google::protobuf::FieldDescriptor& field);

// Holds a value of its own: scalar, enum, string, Timestamp or Duration,
// repeated or not. Other messages are not leaves; their fields are.
bool IsLeaf(const google::protobuf::FieldDescriptor& field);

// "SEVERITY_HIGH" -> "HIGH": the name without the enum's own prefix. A number
// the enum does not know gives the number.
std::string ShortEnumName(const google::protobuf::EnumDescriptor& type,
                          int number);

// "high": that in lower case.
std::string LowerEnumName(const google::protobuf::EnumDescriptor& type,
                          int number);

// Accepts the short and the full name in any case ("high", "SEVERITY_HIGH");
// never the _UNSPECIFIED value.
std::optional<int> ParseEnumName(const google::protobuf::EnumDescriptor& type,
                                 absl::string_view name);

// "low, medium, high, critical": what ParseEnumName accepts, for messages.
std::string EnumChoices(const google::protobuf::EnumDescriptor& type);

}  // namespace tapline

#endif  // TAPLINE_COMMON_SCHEMA_FIELD_INFO_H_
