#include "common/config/config.h"

#include <charconv>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/config/yaml_apply.h"
#include "common/config/yaml_tree.h"
#include "common/net/wire_text.h"
#include "common/schema/field_info.h"
#include "common/status/macros.h"

namespace tapline {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The profile the tree names, if it does so correctly; a wrong name is found
// when the tree is applied.
std::optional<v1::Profile> ProfileIn(const YamlNode& root) {
  for (const YamlNode::Entry& section : root.entries) {
    if (section.key != "detect") continue;
    for (const YamlNode::Entry& entry : section.value.entries) {
      if (entry.key != "profile") continue;
      const auto value =
          ParseEnumName(*v1::Profile_descriptor(), entry.value.scalar);
      if (value.has_value()) return static_cast<v1::Profile>(*value);
    }
  }
  return std::nullopt;
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

std::string DurationText(const google::protobuf::Duration& duration) {
  return absl::FormatDuration(absl::Seconds(duration.seconds()) +
                              absl::Nanoseconds(duration.nanos()));
}

// One value of a field; `index` is -1 for a single one.
std::string ValueText(const Message& m, const FieldDescriptor& f, int index) {
  const Reflection& r = *m.GetReflection();
  const bool many = index >= 0;
  switch (f.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return (many ? r.GetRepeatedBool(m, &f, index) : r.GetBool(m, &f))
                 ? "true"
                 : "false";
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(many ? r.GetRepeatedUInt32(m, &f, index)
                               : r.GetUInt32(m, &f));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(many ? r.GetRepeatedUInt64(m, &f, index)
                               : r.GetUInt64(m, &f));
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      char text[40];
      const double value =
          many ? r.GetRepeatedDouble(m, &f, index) : r.GetDouble(m, &f);
      return std::string(text,
                         std::to_chars(text, text + sizeof(text), value).ptr);
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return LowerEnumName(
          *f.enum_type(),
          many ? r.GetRepeatedEnumValue(m, &f, index) : r.GetEnumValue(m, &f));
    case FieldDescriptor::CPPTYPE_STRING:
      return many ? Quoted(r.GetRepeatedString(m, &f, index))
                  : r.GetString(m, &f);
    default:
      return DurationText(static_cast<const google::protobuf::Duration&>(
          many ? r.GetRepeatedMessage(m, &f, index) : r.GetMessage(m, &f)));
  }
}

// "{user: "ann", role: reader}": the set fields of an item of a list.
std::string ItemText(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  std::string out = "{";
  for (const FieldDescriptor* field : fields) {
    std::string value = ValueText(message, *field, -1);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      value = Quoted(value);
    }
    absl::StrAppend(&out, out.size() > 1 ? ", " : "", field->name(), ": ",
                    value);
  }
  return out + "}";
}

std::string FieldText(const Message& m, const FieldDescriptor& f) {
  if (!f.is_repeated()) {
    std::string value = ValueText(m, f, -1);
    const bool text = f.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    const bool bare = !value.empty() && value[0] != '"' && value[0] != '\'';
    return text && !bare ? Quoted(value) : value;
  }
  std::string out = "[";
  for (int i = 0; i < m.GetReflection()->FieldSize(m, &f); ++i) {
    absl::StrAppend(
        &out, i > 0 ? ", " : "",
        IsLeaf(f) ? ValueText(m, f, i)
                  : ItemText(m.GetReflection()->GetRepeatedMessage(m, &f, i)));
  }
  return out + "]";
}

void Walk(const Message& message, const std::string& path,
          absl::string_view prefix, std::vector<PathValue>& out) {
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string here =
        path.empty() ? field.name() : absl::StrCat(path, ".", field.name());
    if (here == "suppressions") continue;
    if (!field.is_repeated() && !IsLeaf(field)) {
      Walk(message.GetReflection()->GetMessage(message, &field), here, prefix,
           out);
    } else if (absl::StartsWith(here, prefix)) {
      out.push_back({here, FieldText(message, field)});
    }
  }
}

// A setting's place: the message that holds it and the field.
struct Place {
  Message* message;
  const FieldDescriptor* field;
};

absl::StatusOr<Place> Find(v1::Config& config, absl::string_view path) {
  Message* message = &config;
  const std::vector<std::string> names = absl::StrSplit(path, '.');
  for (size_t i = 0; i < names.size(); ++i) {
    const FieldDescriptor* field =
        message->GetDescriptor()->FindFieldByName(names[i]);
    if (field == nullptr || field->name() == "suppressions") break;
    const bool section = !field->is_repeated() && !IsLeaf(*field);
    const bool last = i + 1 == names.size();
    if (last && section) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": is a section; set one of the values below it"));
    }
    if (last) return Place{message, field};
    if (!section) break;
    message = message->GetReflection()->MutableMessage(message, field);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(PrintableText(path), ": there is no such setting"));
}

// The value as a tree. Text of a string needs no quotes: it may hold anything
// that YAML would read otherwise ("host 10.0.0.1: x # y").
absl::StatusOr<YamlNode> ValueTree(absl::string_view path,
                                   absl::string_view value,
                                   const FieldDescriptor& field) {
  const bool text = !field.is_repeated() &&
                    field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  const bool quoted = !value.empty() && (value[0] == '"' || value[0] == '\'');
  if (text && !quoted) {
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.scalar = std::string(value);
    return node;
  }
  return ParseYamlTree(value, path);
}

}  // namespace

absl::StatusOr<ParsedConfig> ParseYamlOver(absl::string_view text,
                                           absl::string_view filename,
                                           std::optional<v1::Profile> profile) {
  ASSIGN_OR_RETURN(const YamlNode root, ParseYamlTree(text, filename));
  ParsedConfig parsed;
  if (!profile.has_value()) profile = ProfileIn(root);
  parsed.config = DefaultConfig(profile.value_or(v1::PROFILE_DEFAULT));
  YamlApplier applier(filename, &parsed.paths);
  RETURN_IF_ERROR(applier.Map(root, "", parsed.config));
  const absl::Status status = CheckConfig(parsed.config);
  if (!status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(filename, ": ", status.message()));
  }
  return parsed;
}

absl::StatusOr<v1::Config> ParseYaml(absl::string_view text,
                                     absl::string_view filename) {
  ASSIGN_OR_RETURN(ParsedConfig parsed,
                   ParseYamlOver(text, filename, std::nullopt));
  return std::move(parsed.config);
}

absl::Status SetPath(v1::Config& config, absl::string_view path,
                     absl::string_view value) {
  v1::Config changed = config;
  ASSIGN_OR_RETURN(const Place place, Find(changed, path));
  ASSIGN_OR_RETURN(const YamlNode node, ValueTree(path, value, *place.field));
  YamlApplier applier("", nullptr);
  const absl::Status status =
      applier.Field(node, std::string(path), *place.field, *place.message);
  if (!status.ok()) {
    // Line and column mean nothing here: ":1:1: path: what".
    const absl::string_view message = status.message();
    const size_t at = message.find(": ");
    return absl::InvalidArgumentError(
        at == absl::string_view::npos ? message : message.substr(at + 2));
  }
  config = std::move(changed);
  return absl::OkStatus();
}

std::vector<PathValue> GetPaths(const v1::Config& config,
                                absl::string_view prefix) {
  std::vector<PathValue> out;
  Walk(config, "", prefix, out);
  return out;
}

std::optional<absl::Duration> ParseDuration(absl::string_view text) {
  if (text == "0") return absl::ZeroDuration();
  if (text.empty() || text.size() > 64) return std::nullopt;
  absl::Duration total;
  while (!text.empty()) {
    const size_t digits = text.find_first_not_of("0123456789.");
    if (digits == 0 || digits == absl::string_view::npos) return std::nullopt;
    double number = 0;
    if (!absl::SimpleAtod(text.substr(0, digits), &number)) return std::nullopt;
    text.remove_prefix(digits);
    size_t letters = text.find_first_of("0123456789.");
    if (letters == absl::string_view::npos) letters = text.size();
    const absl::string_view unit = text.substr(0, letters);
    text.remove_prefix(letters);
    if (unit == "d")
      total += number * absl::Hours(24);
    else if (unit == "h")
      total += number * absl::Hours(1);
    else if (unit == "m")
      total += number * absl::Minutes(1);
    else if (unit == "s")
      total += number * absl::Seconds(1);
    else if (unit == "ms")
      total += number * absl::Milliseconds(1);
    else if (unit == "us")
      total += number * absl::Microseconds(1);
    else
      return std::nullopt;
  }
  if (total == absl::InfiniteDuration()) return std::nullopt;
  return total;
}

}  // namespace tapline
