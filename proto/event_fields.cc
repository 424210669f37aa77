// Writes the field numbers of the messages an Event can hold as C++ constants,
// so that those who tell events need neither protobuf nor a copy of the schema.
//
//   event_fields > event_fields.h

#include <cstdio>
#include <set>
#include <string>

#include "tapline/v1/event.pb.h"

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;

// "HttpHeader" -> "http_header".
std::string SnakeCase(const std::string& camel) {
  std::string out;
  for (size_t i = 0; i < camel.size(); ++i) {
    const char c = camel[i];
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && i > 0) out += '_';
    out += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

// "rtt_ns" -> "kRttNs".
std::string ConstantName(const std::string& snake) {
  std::string out = "k";
  bool upper = true;
  for (const char c : snake) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out;
}

// The type of event_field.h; null when events have no use for it.
const char* TypeOf(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_BOOL:
      return "BoolField";
    case FieldDescriptor::TYPE_UINT32:
    case FieldDescriptor::TYPE_UINT64:
    case FieldDescriptor::TYPE_ENUM:
      return "UintField";
    case FieldDescriptor::TYPE_STRING:
      return "TextField";
    case FieldDescriptor::TYPE_DOUBLE:
      return "DoubleField";
    case FieldDescriptor::TYPE_MESSAGE:
      return field.message_type()->full_name() == "google.protobuf.Timestamp"
                 ? "TimeField"
                 : "MessageField";
    default:
      return nullptr;
  }
}

class Writer {
 public:
  // False: a field has a type that events cannot tell.
  bool Write(const Descriptor& type, int arm) {
    if (!written_.insert(type.full_name()).second) return true;
    std::printf("namespace %s {\n", SnakeCase(type.name()).c_str());
    if (arm != 0) std::printf("inline constexpr EventArm kEvent{%d};\n", arm);
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      const char* name = TypeOf(field);
      if (name == nullptr) {
        std::fprintf(stderr, "%s: no event can tell a %s\n",
                     field.full_name().c_str(), field.type_name());
        return false;
      }
      std::printf("inline constexpr %s %s{%d};\n", name,
                  ConstantName(field.name()).c_str(), field.number());
    }
    std::printf("}  // namespace %s\n\n", SnakeCase(type.name()).c_str());
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      const char* name = TypeOf(field);
      if (std::string(name) != "MessageField") continue;
      if (!Write(*field.message_type(), 0)) return false;
    }
    return true;
  }

 private:
  std::set<std::string> written_;
};

}  // namespace

int main() {
  std::printf(
      "// Made from event.proto by proto/event_fields.cc.\n\n"
      "#ifndef TAPLINE_SENSORD_EVENT_EVENT_FIELDS_H_\n"
      "#define TAPLINE_SENSORD_EVENT_EVENT_FIELDS_H_\n\n"
      "#include \"sensord/event/event_field.h\"\n\n"
      "namespace tapline::fields {\n\n");
  const OneofDescriptor& kind =
      *tapline::v1::Event::descriptor()->FindOneofByName("kind");
  Writer writer;
  for (int i = 0; i < kind.field_count(); ++i) {
    const FieldDescriptor& arm = *kind.field(i);
    if (!writer.Write(*arm.message_type(), arm.number())) return 1;
  }
  std::printf(
      "}  // namespace tapline::fields\n\n"
      "#endif  // TAPLINE_SENSORD_EVENT_EVENT_FIELDS_H_\n");
  return 0;
}
