// Build step: writes the comments of messages and fields as C++ initializers,
// ordered by full name, for field_comment.cc.
//
// Usage: make_field_comments DESCRIPTOR_SET > field_comments.inc
// The set is protoc's, with --include_source_info.

#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.pb.h"

namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::FileDescriptorProto;
using Location = google::protobuf::SourceCodeInfo::Location;

// Field numbers in FileDescriptorProto and DescriptorProto.
constexpr int kMessageType = 4;
constexpr int kField = 2;

std::string OneLine(const std::string& comment) {
  const std::vector<std::string> words =
      absl::StrSplit(comment, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  return absl::StrJoin(words, " ");
}

// Full name of what stands at the path; empty for anything but a message or a
// field of one.
std::string NameAt(const FileDescriptorProto& file, const Location& location) {
  const auto& path = location.path();
  if ((path.size() != 2 && path.size() != 4) || path[0] != kMessageType) {
    return "";
  }
  const DescriptorProto& message = file.message_type(path[1]);
  std::string name = absl::StrCat(file.package(), ".", message.name());
  if (path.size() == 2) return name;
  if (path[2] != kField) return "";
  return absl::StrCat(name, ".", message.field(path[3]).name());
}

}  // namespace

int main(int argc, char** argv) {
  google::protobuf::FileDescriptorSet set;
  std::ifstream in(argc == 2 ? argv[1] : "", std::ios::binary);
  if (!in || !set.ParseFromIstream(&in)) {
    std::fprintf(stderr, "usage: make_field_comments DESCRIPTOR_SET\n");
    return 2;
  }
  std::map<std::string, std::string> comments;
  for (const FileDescriptorProto& file : set.file()) {
    for (const Location& location : file.source_code_info().location()) {
      const std::string name = NameAt(file, location);
      std::string comment = OneLine(location.leading_comments());
      if (comment.empty()) comment = OneLine(location.trailing_comments());
      if (!name.empty() && !comment.empty()) comments[name] = comment;
    }
  }
  for (const auto& [name, comment] : comments) {
    std::printf("{\"%s\", \"%s\"},\n", name.c_str(),
                absl::CEscape(comment).c_str());
  }
  return 0;
}
