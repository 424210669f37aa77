#include "common/schema/field_info.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

// Length of "SEVERITY_" in the values of enum Severity, from its zero value.
size_t PrefixLength(const EnumDescriptor& type) {
  constexpr absl::string_view kZero = "UNSPECIFIED";
  const absl::string_view zero = type.value(0)->name();
  return absl::EndsWith(zero, kZero) ? zero.size() - kZero.size() : 0;
}

bool IsMessageNamed(const FieldDescriptor& field, absl::string_view name) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type()->full_name() == name;
}

}  // namespace

FieldInfo GetFieldInfo(const FieldDescriptor& field) {
  const auto& options = field.options();
  return {options.GetExtension(v1::privacy), options.GetExtension(v1::unit),
          options.GetExtension(v1::filter)};
}

v1::Privacy PrivacyOf(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::privacy);
}

bool IsAddress(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::form) == v1::TEXT_FORM_ADDRESS;
}

bool IsTimestamp(const FieldDescriptor& field) {
  return IsMessageNamed(field, "google.protobuf.Timestamp");
}

bool IsDuration(const FieldDescriptor& field) {
  return IsMessageNamed(field, "google.protobuf.Duration");
}

bool IsLeaf(const FieldDescriptor& field) {
  return field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
         IsTimestamp(field) || IsDuration(field);
}

std::string ShortEnumName(const EnumDescriptor& type, int number) {
  const EnumValueDescriptor* value = type.FindValueByNumber(number);
  if (value == nullptr) return absl::StrCat(number);
  return value->name().substr(PrefixLength(type));
}

std::string LowerEnumName(const google::protobuf::EnumDescriptor& type,
                          int number) {
  return absl::AsciiStrToLower(ShortEnumName(type, number));
}

std::optional<int> ParseEnumName(const EnumDescriptor& type,
                                 absl::string_view name) {
  const size_t prefix = PrefixLength(type);
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor& value = *type.value(i);
    if (value.number() == 0) continue;
    const absl::string_view full = value.name();
    if (absl::EqualsIgnoreCase(name, full) ||
        absl::EqualsIgnoreCase(name, full.substr(prefix))) {
      return value.number();
    }
  }
  return std::nullopt;
}

std::string EnumChoices(const EnumDescriptor& type) {
  std::string out;
  for (int i = 0; i < type.value_count(); ++i) {
    const int number = type.value(i)->number();
    if (number == 0) continue;
    absl::StrAppend(&out, out.empty() ? "" : ", ", LowerEnumName(type, number));
  }
  return out;
}

}  // namespace tapline
