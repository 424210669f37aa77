#include "schema_listing.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tapline/v1/history_service.pb.h"
#include "tapline/v1/observe_service.pb.h"
#include "tapline/v1/policy_service.pb.h"
#include "tapline/v1/sensor_service.pb.h"

namespace tapline {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

const char* Label(const FieldDescriptor& field) {
  if (field.is_repeated()) return "repeated";
  return field.has_optional_keyword() ? "explicit" : "single";
}

std::string TypeName(const FieldDescriptor& field) {
  if (field.message_type() != nullptr) return field.message_type()->full_name();
  if (field.enum_type() != nullptr) return field.enum_type()->full_name();
  return field.type_name();
}

void ListEnum(const EnumDescriptor& type, std::vector<std::string>& lines) {
  for (int i = 0; i < type.value_count(); ++i) {
    lines.push_back(absl::StrCat("value ", type.name(), " ",
                                 type.value(i)->number(), " ",
                                 type.value(i)->name()));
  }
}

void ListMessage(const Descriptor& type, std::vector<std::string>& lines) {
  lines.push_back(absl::StrCat("message ", type.name()));
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    lines.push_back(absl::StrCat("field ", type.name(), " ", field.number(),
                                 " ", field.name(), " ", Label(field), " ",
                                 TypeName(field)));
  }
  for (int i = 0; i < type.reserved_range_count(); ++i) {
    const Descriptor::ReservedRange& range = *type.reserved_range(i);
    for (int number = range.start; number < range.end; ++number) {
      lines.push_back(absl::StrCat("reserved ", type.name(), " ", number));
    }
  }
}

void ListService(const ServiceDescriptor& service,
                 std::vector<std::string>& lines) {
  for (int i = 0; i < service.method_count(); ++i) {
    const MethodDescriptor& method = *service.method(i);
    lines.push_back(absl::StrCat("method ", service.name(), " ", method.name(),
                                 " ", method.input_type()->name(), " ",
                                 method.server_streaming() ? "stream " : "",
                                 method.output_type()->name()));
  }
}

void AddWithImports(const FileDescriptor* file,
                    std::set<const FileDescriptor*>& files) {
  if (file->package() != "tapline.v1" || !files.insert(file).second) return;
  for (int i = 0; i < file->dependency_count(); ++i) {
    AddWithImports(file->dependency(i), files);
  }
}

}  // namespace

std::vector<const FileDescriptor*> SchemaFiles() {
  std::set<const FileDescriptor*> files;
  for (const FileDescriptor* file :
       {v1::GetStatusRequest::descriptor()->file(),
        v1::ListAlertsRequest::descriptor()->file(),
        v1::WatchRange::descriptor()->file(),
        v1::Setting::descriptor()->file()}) {
    AddWithImports(file, files);
  }
  return {files.begin(), files.end()};
}

std::vector<std::string> SchemaListing() {
  std::vector<std::string> lines;
  for (const FileDescriptor* file : SchemaFiles()) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      ListMessage(*file->message_type(i), lines);
    }
    for (int i = 0; i < file->enum_type_count(); ++i) {
      ListEnum(*file->enum_type(i), lines);
    }
    for (int i = 0; i < file->service_count(); ++i) {
      ListService(*file->service(i), lines);
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> BreakingChanges(
    const std::vector<std::string>& locked,
    const std::vector<std::string>& current) {
  const std::set<std::string> now(current.begin(), current.end());
  std::vector<std::string> broken;
  for (const std::string& line : locked) {
    if (now.count(line) > 0) continue;
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    const bool retired =
        words.size() > 2 && words[0] == "field" &&
        now.count(absl::StrCat("reserved ", words[1], " ", words[2])) > 0;
    if (!retired) broken.push_back(line);
  }
  return broken;
}

}  // namespace tapline
