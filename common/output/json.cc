#include "common/output/json.h"

#include "absl/strings/str_cat.h"
#include "common/output/escape.h"
#include "common/output/value_text.h"
#include "common/schema/field_info.h"

namespace tapline {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void AppendEnum(const EnumDescriptor& type, int number, std::string& out) {
  const auto* value = type.FindValueByNumber(number);
  if (value == nullptr) {
    absl::StrAppend(&out, number);
  } else {
    absl::StrAppend(&out, "\"", value->name(), "\"");
  }
}

void AppendMessage(const Message& message, std::string& out) {
  const auto& type = *message.GetDescriptor();
  if (type.full_name() == "google.protobuf.Timestamp") {
    out += '"';
    AppendTimestamp(static_cast<const google::protobuf::Timestamp&>(message),
                    out);
    out += '"';
  } else if (type.full_name() == "google.protobuf.Duration") {
    out += '"';
    AppendDuration(static_cast<const google::protobuf::Duration&>(message),
                   out);
    out += '"';
  } else {
    internal::AppendJson(message, out);
  }
}

template <typename T>
void AppendQuoted(T number, std::string& out) {
  absl::StrAppend(&out, "\"", number, "\"");
}

void AppendSingle(const Message& m, const FieldDescriptor& f,
                  std::string& out) {
  const Reflection& r = *m.GetReflection();
  std::string scratch;
  switch (f.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      out += r.GetBool(m, &f) ? "true" : "false";
      return;
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrAppend(&out, r.GetInt32(m, &f));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrAppend(&out, r.GetUInt32(m, &f));
    case FieldDescriptor::CPPTYPE_INT64:
      return AppendQuoted(r.GetInt64(m, &f), out);
    case FieldDescriptor::CPPTYPE_UINT64:
      return AppendQuoted(r.GetUInt64(m, &f), out);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return AppendDouble(r.GetFloat(m, &f), out);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return AppendDouble(r.GetDouble(m, &f), out);
    case FieldDescriptor::CPPTYPE_ENUM:
      return AppendEnum(*f.enum_type(), r.GetEnumValue(m, &f), out);
    case FieldDescriptor::CPPTYPE_STRING:
      return AppendJsonString(r.GetStringReference(m, &f, &scratch), out);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return AppendMessage(r.GetMessage(m, &f), out);
  }
}

void AppendElement(const Message& m, const FieldDescriptor& f, int i,
                   std::string& out) {
  const Reflection& r = *m.GetReflection();
  std::string scratch;
  switch (f.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      out += r.GetRepeatedBool(m, &f, i) ? "true" : "false";
      return;
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrAppend(&out, r.GetRepeatedInt32(m, &f, i));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrAppend(&out, r.GetRepeatedUInt32(m, &f, i));
    case FieldDescriptor::CPPTYPE_INT64:
      return AppendQuoted(r.GetRepeatedInt64(m, &f, i), out);
    case FieldDescriptor::CPPTYPE_UINT64:
      return AppendQuoted(r.GetRepeatedUInt64(m, &f, i), out);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return AppendDouble(r.GetRepeatedFloat(m, &f, i), out);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return AppendDouble(r.GetRepeatedDouble(m, &f, i), out);
    case FieldDescriptor::CPPTYPE_ENUM:
      return AppendEnum(*f.enum_type(), r.GetRepeatedEnumValue(m, &f, i), out);
    case FieldDescriptor::CPPTYPE_STRING:
      return AppendJsonString(r.GetRepeatedStringReference(m, &f, i, &scratch),
                              out);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return AppendMessage(r.GetRepeatedMessage(m, &f, i), out);
  }
}

bool IsPrinted(const Message& message, const FieldDescriptor& field) {
  return !field.has_presence() ||
         message.GetReflection()->HasField(message, &field);
}

void AppendField(const Message& m, const FieldDescriptor& f, std::string& out) {
  if (!f.is_repeated()) return AppendSingle(m, f, out);
  out += '[';
  const int size = m.GetReflection()->FieldSize(m, &f);
  for (int i = 0; i < size; ++i) {
    if (i > 0) out += ',';
    AppendElement(m, f, i, out);
  }
  out += ']';
}

// Block style; the caller has written the indentation of the first line when
// `inline_first`, which a "- " item does.
void AppendYamlBlock(const Message& message, size_t indent, bool inline_first,
                     std::string& out) {
  const auto& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  bool first = inline_first;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& f = *type.field(i);
    if (!IsPrinted(message, f)) continue;
    if (!first) out.append(indent, ' ');
    first = false;
    absl::StrAppend(&out, f.name(), ":");
    const bool section = !IsLeaf(f);
    if (section && !f.is_repeated()) {
      out += '\n';
      AppendYamlBlock(reflection.GetMessage(message, &f), indent + 2, false,
                      out);
    } else if (section && reflection.FieldSize(message, &f) > 0) {
      out += '\n';
      for (int j = 0; j < reflection.FieldSize(message, &f); ++j) {
        out.append(indent, ' ');
        out += "- ";
        AppendYamlBlock(reflection.GetRepeatedMessage(message, &f, j),
                        indent + 2, true, out);
      }
    } else {
      out += ' ';
      AppendField(message, f, out);  // JSON values are YAML flow values
      out += '\n';
    }
  }
  if (first && inline_first) out += "{}\n";
}

}  // namespace

namespace internal {

void AppendJson(const Message& message, std::string& out) {
  const auto& type = *message.GetDescriptor();
  out += '{';
  bool first = true;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsPrinted(message, field)) continue;
    absl::StrAppend(&out, first ? "\"" : ",\"", field.name(), "\":");
    first = false;
    AppendField(message, field, out);
  }
  out += '}';
}

void AppendYaml(const Message& message, std::string& out) {
  out += "---\n";
  AppendYamlBlock(message, 0, false, out);
}

}  // namespace internal

void AppendJsonLine(const Redacted<v1::Record>& record, std::string& out) {
  internal::AppendJson(record.get(), out);
  out += '\n';
}

std::string JsonLine(const Redacted<v1::Record>& record) {
  std::string out;
  AppendJsonLine(record, out);
  return out;
}

}  // namespace tapline
