#include "common/config/yaml_apply.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/config/config.h"
#include "common/config/limits.h"
#include "common/net/wire_text.h"
#include "common/schema/field_info.h"
#include "common/status/macros.h"

namespace tapline {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Longest list of a configuration.
constexpr size_t kMaxItems = 10'000;

std::string Join(absl::string_view path, absl::string_view key) {
  return path.empty() ? std::string(key) : absl::StrCat(path, ".", key);
}

std::string FieldNames(const Descriptor& type) {
  std::string out;
  for (int i = 0; i < type.field_count(); ++i) {
    absl::StrAppend(&out, i > 0 ? ", " : "", type.field(i)->name());
  }
  return out;
}

// Server-made fields of a Suppression; they cannot stand in a file.
bool IsForFiles(const FieldDescriptor& field) {
  if (field.containing_type() != v1::Suppression::descriptor()) return true;
  const std::string& name = field.name();
  return name == "cidr" || name == "port" || name == "rule" ||
         name == "direction" || name == "expires_at" || name == "comment" ||
         name == "filter";
}

std::string Number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) {
    return absl::StrCat(static_cast<int64_t>(value));
  }
  return absl::StrCat(value);
}

std::string RangeText(const Limits& limits, bool duration) {
  if (!duration) {
    return absl::StrCat("allowed ", Number(limits.min), "..",
                        Number(limits.max));
  }
  return absl::StrCat("allowed ",
                      absl::FormatDuration(absl::Seconds(limits.min)), "..",
                      absl::FormatDuration(absl::Seconds(limits.max)));
}

// What is wrong with a number, or nothing.
std::optional<std::string> OutOfRange(absl::string_view path, double value,
                                      bool duration) {
  const Limits* limits = FindLimits(path);
  if (limits == nullptr) return "has no limits in this version";
  if (value >= limits->min && value <= limits->max) return std::nullopt;
  return absl::StrCat("out of range; ", RangeText(*limits, duration));
}

std::string Wanted(absl::string_view path, absl::string_view what,
                   bool duration) {
  const Limits* limits = FindLimits(path);
  if (limits == nullptr) return absl::StrCat("must be ", what);
  return absl::StrCat("must be ", what, "; ", RangeText(*limits, duration));
}

// The two ways of setting: a single field, or one more item of a list.
class Setter {
 public:
  Setter(Message& message, const FieldDescriptor& field)
      : message_(message),
        field_(field),
        reflection_(*message.GetReflection()) {}

  void Bool(bool value) {
    if (field_.is_repeated())
      return reflection_.AddBool(&message_, &field_, value);
    reflection_.SetBool(&message_, &field_, value);
  }
  void Unsigned(uint64_t value) {
    const bool wide = field_.cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
    const auto narrow = static_cast<uint32_t>(value);
    if (field_.is_repeated()) {
      if (wide) return reflection_.AddUInt64(&message_, &field_, value);
      return reflection_.AddUInt32(&message_, &field_, narrow);
    }
    if (wide) return reflection_.SetUInt64(&message_, &field_, value);
    reflection_.SetUInt32(&message_, &field_, narrow);
  }
  void Double(double value) {
    if (field_.is_repeated()) {
      return reflection_.AddDouble(&message_, &field_, value);
    }
    reflection_.SetDouble(&message_, &field_, value);
  }
  void Enum(int value) {
    if (field_.is_repeated()) {
      return reflection_.AddEnumValue(&message_, &field_, value);
    }
    reflection_.SetEnumValue(&message_, &field_, value);
  }
  void Text(std::string value) {
    if (field_.is_repeated()) {
      return reflection_.AddString(&message_, &field_, std::move(value));
    }
    reflection_.SetString(&message_, &field_, std::move(value));
  }
  Message& Sub() {
    return field_.is_repeated()
               ? *reflection_.AddMessage(&message_, &field_)
               : *reflection_.MutableMessage(&message_, &field_);
  }

 private:
  Message& message_;
  const FieldDescriptor& field_;
  const Reflection& reflection_;
};

// Each gives what is wrong, or nothing after setting the value.
std::optional<std::string> SetUnsigned(const YamlNode& node,
                                       absl::string_view path, Setter setter) {
  uint64_t value = 0;
  if (node.quoted || !absl::SimpleAtoi(node.scalar, &value)) {
    return Wanted(path, "a whole number", false);
  }
  if (auto bad = OutOfRange(path, static_cast<double>(value), false)) {
    return bad;
  }
  setter.Unsigned(value);
  return std::nullopt;
}

std::optional<std::string> SetDouble(const YamlNode& node,
                                     absl::string_view path, Setter setter) {
  double value = 0;
  if (node.quoted || !absl::SimpleAtod(node.scalar, &value) ||
      !std::isfinite(value)) {
    return Wanted(path, "a number", false);
  }
  if (auto bad = OutOfRange(path, value, false)) return bad;
  setter.Double(value);
  return std::nullopt;
}

std::optional<std::string> SetBool(const YamlNode& node, Setter setter) {
  if (node.quoted || (node.scalar != "true" && node.scalar != "false")) {
    return "must be true or false";
  }
  setter.Bool(node.scalar == "true");
  return std::nullopt;
}

std::optional<std::string> SetEnum(const YamlNode& node,
                                   const FieldDescriptor& field,
                                   Setter setter) {
  const auto value = ParseEnumName(*field.enum_type(), node.scalar);
  if (!value.has_value()) {
    return absl::StrCat("must be one of ", EnumChoices(*field.enum_type()));
  }
  setter.Enum(*value);
  return std::nullopt;
}

std::optional<std::string> SetText(const YamlNode& node, absl::string_view path,
                                   Setter setter) {
  const absl::Status status = CheckText(path, node.scalar);
  if (!status.ok()) return std::string(status.message());
  setter.Text(node.scalar);
  return std::nullopt;
}

std::optional<std::string> SetDuration(const YamlNode& node,
                                       absl::string_view path, Setter setter) {
  const auto value = ParseDuration(node.scalar);
  if (!value.has_value()) {
    return Wanted(path, "a duration like 30s, 5m, 1h30m, 250ms or 7d", true);
  }
  if (auto bad = OutOfRange(path, absl::ToDoubleSeconds(*value), true)) {
    return bad;
  }
  auto& duration = static_cast<google::protobuf::Duration&>(setter.Sub());
  absl::Duration rest;
  duration.set_seconds(absl::IDivDuration(*value, absl::Seconds(1), &rest));
  duration.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return std::nullopt;
}

std::optional<std::string> SetTimestamp(const YamlNode& node, Setter setter) {
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, node.scalar, &time, nullptr) ||
      time < absl::FromUnixSeconds(-62135596800) ||
      time > absl::FromUnixSeconds(253402300799)) {
    return "must be a time like 2026-01-31T12:00:00Z";
  }
  auto& timestamp = static_cast<google::protobuf::Timestamp&>(setter.Sub());
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return std::nullopt;
}

std::optional<std::string> SetValue(const YamlNode& node,
                                    absl::string_view path,
                                    const FieldDescriptor& field,
                                    Message& message) {
  const Setter setter(message, field);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return SetBool(node, setter);
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return SetUnsigned(node, path, setter);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return SetDouble(node, path, setter);
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(node, field, setter);
    case FieldDescriptor::CPPTYPE_STRING:
      return SetText(node, path, setter);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return IsDuration(field) ? SetDuration(node, path, setter)
                               : SetTimestamp(node, setter);
    default:
      return "has a type no configuration uses";
  }
}

}  // namespace

absl::Status YamlApplier::Error(const YamlNode& node, absl::string_view path,
                                absl::string_view what) const {
  return ErrorAt(name_, node.line, node.column,
                 absl::StrCat(PrintableText(path), ": ", what));
}

absl::Status YamlApplier::Map(const YamlNode& node, const std::string& path,
                              Message& message) {
  if (node.kind == YamlNode::Kind::kNull) return absl::OkStatus();
  const Descriptor& type = *message.GetDescriptor();
  if (node.kind != YamlNode::Kind::kMap) {
    return Error(node, path.empty() ? "configuration" : path,
                 absl::StrCat("must be a section with ", FieldNames(type)));
  }
  for (const YamlNode::Entry& entry : node.entries) {
    const FieldDescriptor* field = type.FindFieldByName(entry.key);
    if (field == nullptr || !IsForFiles(*field)) {
      return ErrorAt(
          name_, entry.line, entry.column,
          absl::StrCat(PrintableText(Join(path, entry.key)),
                       ": unknown key; known are ", FieldNames(type)));
    }
    RETURN_IF_ERROR(Field(entry.value, Join(path, entry.key), *field, message));
  }
  return absl::OkStatus();
}

absl::Status YamlApplier::Field(const YamlNode& node, const std::string& path,
                                const FieldDescriptor& field,
                                Message& message) {
  if (!field.is_repeated() && !IsLeaf(field)) {
    return Map(node, path,
               *message.GetReflection()->MutableMessage(&message, &field));
  }
  if (paths_ != nullptr) paths_->insert(path);
  if (field.is_repeated()) return List(node, path, field, message);
  return Scalar(node, path, field, message);
}

absl::Status YamlApplier::List(const YamlNode& node, const std::string& path,
                               const FieldDescriptor& field, Message& message) {
  if (node.kind != YamlNode::Kind::kSequence) {
    return Error(node, path, "must be a list like [a, b]");
  }
  if (node.items.size() > kMaxItems) {
    return Error(node, path, "has more than 10000 items");
  }
  const Reflection& reflection = *message.GetReflection();
  reflection.ClearField(&message, &field);
  for (const YamlNode& item : node.items) {
    if (IsLeaf(field)) {
      RETURN_IF_ERROR(Scalar(item, path, field, message));
      continue;
    }
    YamlApplier inner(name_, nullptr);
    RETURN_IF_ERROR(
        inner.Map(item, path, *reflection.AddMessage(&message, &field)));
  }
  return absl::OkStatus();
}

absl::Status YamlApplier::Scalar(const YamlNode& node, const std::string& path,
                                 const FieldDescriptor& field,
                                 Message& message) {
  if (node.kind == YamlNode::Kind::kNull) {
    return Error(node, path, "has no value");
  }
  if (node.kind != YamlNode::Kind::kScalar) {
    return Error(node, path, "must be a single value");
  }
  const auto bad = SetValue(node, path, field, message);
  return bad.has_value() ? Error(node, path, *bad) : absl::OkStatus();
}

}  // namespace tapline
