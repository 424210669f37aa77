#include "common/output/message_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/output/escape.h"
#include "common/output/value_text.h"
#include "common/schema/field_info.h"

namespace tapline {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kMaxElements = 8;
constexpr size_t kMaxBytes = 1000;
// The schema has no recursive message; this bounds a mistake.
constexpr int kMaxDepth = 8;

// Reads as one word of `key=value` pairs.
bool IsWord(absl::string_view text) {
  return !text.empty() &&
         text.find_first_of(" =,\"[]{}") == absl::string_view::npos;
}

void AppendText(const std::string& text, std::string& out) {
  if (IsWord(text)) {
    out += text;
  } else {
    AppendJsonString(text, out);
  }
}

void AppendFields(const Message& message, int depth, std::string& out);

void AppendMessage(const Message& message, const FieldDescriptor& field,
                   int depth, std::string& out) {
  if (IsTimestamp(field)) {
    AppendTimestamp(static_cast<const google::protobuf::Timestamp&>(message),
                    out);
  } else if (IsDuration(field)) {
    AppendDuration(static_cast<const google::protobuf::Duration&>(message),
                   out);
  } else {
    out += '{';
    AppendFields(message, depth + 1, out);
    out += '}';
  }
}

void AppendEnum(const FieldDescriptor& field, int number, std::string& out) {
  out += LowerEnumName(*field.enum_type(), number);
}

void AppendSingle(const Message& m, const FieldDescriptor& f, int depth,
                  std::string& out) {
  const Reflection& r = *m.GetReflection();
  std::string scratch;
  switch (f.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return absl::StrAppend(&out, r.GetBool(m, &f) ? "true" : "false");
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrAppend(&out, r.GetInt32(m, &f));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrAppend(&out, r.GetUInt32(m, &f));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrAppend(&out, r.GetInt64(m, &f));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrAppend(&out, r.GetUInt64(m, &f));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return AppendDouble(r.GetFloat(m, &f), out);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return AppendDouble(r.GetDouble(m, &f), out);
    case FieldDescriptor::CPPTYPE_ENUM:
      return AppendEnum(f, r.GetEnumValue(m, &f), out);
    case FieldDescriptor::CPPTYPE_STRING:
      return AppendText(r.GetStringReference(m, &f, &scratch), out);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return AppendMessage(r.GetMessage(m, &f), f, depth, out);
  }
}

void AppendElement(const Message& m, const FieldDescriptor& f, int i, int depth,
                   std::string& out) {
  const Reflection& r = *m.GetReflection();
  std::string scratch;
  switch (f.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return absl::StrAppend(&out,
                             r.GetRepeatedBool(m, &f, i) ? "true" : "false");
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrAppend(&out, r.GetRepeatedInt32(m, &f, i));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrAppend(&out, r.GetRepeatedUInt32(m, &f, i));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrAppend(&out, r.GetRepeatedInt64(m, &f, i));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrAppend(&out, r.GetRepeatedUInt64(m, &f, i));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return AppendDouble(r.GetRepeatedFloat(m, &f, i), out);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return AppendDouble(r.GetRepeatedDouble(m, &f, i), out);
    case FieldDescriptor::CPPTYPE_ENUM:
      return AppendEnum(f, r.GetRepeatedEnumValue(m, &f, i), out);
    case FieldDescriptor::CPPTYPE_STRING:
      return AppendText(r.GetRepeatedStringReference(m, &f, i, &scratch), out);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return AppendMessage(r.GetRepeatedMessage(m, &f, i), f, depth, out);
  }
}

void AppendList(const Message& m, const FieldDescriptor& f, int depth,
                std::string& out) {
  const int size = m.GetReflection()->FieldSize(m, &f);
  out += '[';
  for (int i = 0; i < std::min(size, kMaxElements); ++i) {
    if (i > 0) out += ',';
    AppendElement(m, f, i, depth, out);
    if (out.size() > kMaxBytes) break;
  }
  if (size > kMaxElements) absl::StrAppend(&out, "...+", size - kMaxElements);
  out += ']';
}

bool IsSet(const Message& m, const FieldDescriptor& f) {
  const Reflection& r = *m.GetReflection();
  return f.is_repeated() ? r.FieldSize(m, &f) > 0 : r.HasField(m, &f);
}

void AppendFields(const Message& m, int depth, std::string& out) {
  if (depth > kMaxDepth) return;
  const auto& type = *m.GetDescriptor();
  bool first = true;
  for (int i = 0; i < type.field_count() && out.size() <= kMaxBytes; ++i) {
    const FieldDescriptor& f = *type.field(i);
    if (!IsSet(m, f)) continue;
    absl::StrAppend(&out, first ? "" : " ", f.name());
    first = false;
    if (f.is_repeated()) {
      out += '=';
      AppendList(m, f, depth, out);
    } else if (f.cpp_type() != FieldDescriptor::CPPTYPE_BOOL ||
               !m.GetReflection()->GetBool(m, &f)) {
      out += '=';
      AppendSingle(m, f, depth, out);
    }
  }
}

}  // namespace

std::string MessageText(const Message& message) {
  std::string out;
  AppendFields(message, 0, out);
  if (out.size() > kMaxBytes) {
    // Not in the middle of a UTF-8 sequence.
    size_t end = kMaxBytes;
    while (end > 0 && (static_cast<uint8_t>(out[end]) & 0xC0) == 0x80) --end;
    out.resize(end);
    out += "...";
  }
  return out;
}

std::string FieldText(const Message& message, const FieldDescriptor& field,
                      int index) {
  std::string out;
  if (field.is_repeated()) {
    AppendElement(message, field, index, 0, out);
  } else {
    AppendSingle(message, field, 0, out);
  }
  return out;
}

}  // namespace tapline
