// Writes the field numbers of the messages an Event can hold as C++ constants,
// so that those who tell events need neither protobuf nor a copy of the schema.
// One header for each file of the schema, so that a new protocol compiles
// nothing but itself; what did not change keeps its time.
//
//   event_fields schema.pb FOLDER x.proto ...   writes FOLDER/x.h ...

#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
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

// "tapline/v1/dns.proto" -> "dns".
std::string BaseName(const std::string& path) {
  const size_t slash = path.rfind('/');
  const size_t begin = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(begin, path.rfind('.') - begin);
}

class Collector {
 public:
  // False: a field has a type that events cannot tell.
  bool Add(const Descriptor& type, int arm) {
    if (!seen_.insert(type.full_name()).second) return true;
    std::ostringstream out;
    out << "namespace " << SnakeCase(type.name()) << " {\n";
    if (arm != 0) out << "inline constexpr EventArm kEvent{" << arm << "};\n";
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      const char* name = TypeOf(field);
      if (name == nullptr) {
        std::cerr << field.full_name() << ": no event can tell a "
                  << field.type_name() << "\n";
        return false;
      }
      out << "inline constexpr " << name << " " << ConstantName(field.name())
          << "{" << field.number() << "};\n";
      if (std::string(name) == "MessageField" &&
          !Add(*field.message_type(), 0)) {
        return false;
      }
    }
    out << "}  // namespace " << SnakeCase(type.name()) << "\n\n";
    texts_[BaseName(type.file()->name())] += out.str();
    return true;
  }

  // The constants of one file of the schema; empty when events need none.
  const std::string& Text(const std::string& name) { return texts_[name]; }

 private:
  std::set<std::string> seen_;
  std::map<std::string, std::string> texts_;
};

std::string Header(const std::string& name, const std::string& constants) {
  std::string guard = "TAPLINE_SENSORD_EVENT_FIELDS_";
  for (const char c : name) {
    guard += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  guard += "_H_";
  return "// Made from " + name +
         ".proto by proto/event_fields.cc.\n\n#ifndef " + guard + "\n#define " +
         guard +
         "\n\n#include \"sensord/event/event_field.h\"\n\n"
         "namespace tapline::fields {\n\n" +
         constants + "}  // namespace tapline::fields\n\n#endif  // " + guard +
         "\n";
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool WriteChanged(const std::string& path, const std::string& text) {
  if (ReadFile(path) == text) return true;
  std::ofstream out(path, std::ios::binary);
  out << text;
  return out.good();
}

}  // namespace

int main(int argc, char** argv) {
  google::protobuf::FileDescriptorSet set;
  if (argc < 3 || !set.ParseFromString(ReadFile(argv[1]))) {
    std::cerr << "usage: event_fields schema.pb FOLDER x.proto ...\n";
    return 2;
  }
  DescriptorPool pool;
  for (const auto& file : set.file()) pool.BuildFile(file);
  const Descriptor* event = pool.FindMessageTypeByName("tapline.v1.Event");
  if (event == nullptr) {
    std::cerr << argv[1] << ": has no tapline.v1.Event\n";
    return 1;
  }
  const OneofDescriptor& kind = *event->FindOneofByName("kind");
  Collector collector;
  for (int i = 0; i < kind.field_count(); ++i) {
    const FieldDescriptor& arm = *kind.field(i);
    if (!collector.Add(*arm.message_type(), arm.number())) return 1;
  }
  for (int i = 3; i < argc; ++i) {
    const std::string name = BaseName(argv[i]);
    const std::string path = std::string(argv[2]) + "/" + name + ".h";
    if (!WriteChanged(path, Header(name, collector.Text(name)))) {
      std::cerr << path << ": cannot be written\n";
      return 1;
    }
  }
  return 0;
}
