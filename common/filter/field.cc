#include "common/filter/field.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace tapline::filter {

absl::string_view TypeName(Type type) {
  switch (type) {
    case Type::kInteger:
      return "whole number";
    case Type::kReal:
      return "number";
    case Type::kBool:
      return "yes or no";
    case Type::kText:
      return "text";
    case Type::kEnum:
      return "one of several names";
    case Type::kTime:
      return "time";
    case Type::kDuration:
      return "duration";
    case Type::kAddress:
      return "address";
    case Type::kPresence:
      return "there or not";
  }
  return "";
}

std::string Source::Path() const {
  std::string path;
  for (const google::protobuf::FieldDescriptor* step : steps) {
    absl::StrAppend(&path, path.empty() ? "" : ".", step->name());
  }
  return path;
}

std::vector<v1::RecordKind> Field::Kinds() const {
  std::vector<v1::RecordKind> kinds;
  for (const Source& source : sources) {
    if (source.kind == v1::RECORD_KIND_UNSPECIFIED) return {};
    if (std::find(kinds.begin(), kinds.end(), source.kind) == kinds.end()) {
      kinds.push_back(source.kind);
    }
  }
  std::sort(kinds.begin(), kinds.end());
  return kinds;
}

}  // namespace tapline::filter
