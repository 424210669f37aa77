// Build step: every method of every service of package tapline.v1 has one row
// in methods.def and every row has its method. Reads the descriptors that
// protoc wrote, so a new service is seen without being linked anywhere.
//
// Usage: method_check DESCRIPTOR_SET

#include <google/protobuf/descriptor.pb.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "sensord/service/methods.h"

namespace {

// Prints what is wrong with one method; returns whether it is right.
bool Check(const std::string& path,
           const google::protobuf::MethodDescriptorProto& method) {
  const tapline::MethodRow* row = tapline::FindMethod(path);
  if (row == nullptr) {
    std::fprintf(stderr, "%s has no row in sensord/service/methods.def\n",
                 path.c_str());
    return false;
  }
  bool streaming = method.client_streaming() || method.server_streaming();
  if (streaming != row->streaming) {
    std::fprintf(stderr, "%s: its row says %s\n", path.c_str(),
                 row->streaming ? "STREAM" : "UNARY");
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  google::protobuf::FileDescriptorSet set;
  std::ifstream in(argc == 2 ? argv[1] : "", std::ios::binary);
  if (!in || !set.ParseFromIstream(&in)) {
    std::fprintf(stderr, "usage: method_check DESCRIPTOR_SET\n");
    return 2;
  }
  bool ok = true;
  std::set<std::string> seen;
  for (const auto& file : set.file()) {
    if (file.package() != "tapline.v1") continue;
    for (const auto& service : file.service()) {
      for (const auto& method : service.method()) {
        std::string path =
            absl::StrCat("/tapline.v1.", service.name(), "/", method.name());
        ok = Check(path, method) && ok;
        seen.insert(path);
      }
    }
  }
  for (const tapline::MethodRow& row : tapline::AllMethods()) {
    if (seen.count(std::string(row.path)) > 0) continue;
    std::fprintf(stderr, "%s stands in methods.def but in no .proto\n",
                 std::string(row.path).c_str());
    ok = false;
  }
  return ok ? 0 : 1;
}
