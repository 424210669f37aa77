// Puts a YAML tree into a protobuf message by reflection.

#ifndef TAPLINE_COMMON_CONFIG_YAML_APPLY_H_
#define TAPLINE_COMMON_CONFIG_YAML_APPLY_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/config/yaml_tree.h"
#include "google/protobuf/message.h"

namespace tapline {

// Internal to common/config.
class YamlApplier {
 public:
  // `name` stands before each error; both must outlive the applier.
  YamlApplier(absl::string_view name, std::set<std::string>* paths)
      : name_(name), paths_(paths) {}

  // The keys of a map into `message`, which is what `path` leads to. Null
  // changes nothing.
  absl::Status Map(const YamlNode& node, const std::string& path,
                   google::protobuf::Message& message);
  // One value or list into a field; a list replaces what was there.
  absl::Status Field(const YamlNode& node, const std::string& path,
                     const google::protobuf::FieldDescriptor& field,
                     google::protobuf::Message& message);

 private:
  absl::Status List(const YamlNode& node, const std::string& path,
                    const google::protobuf::FieldDescriptor& field,
                    google::protobuf::Message& message);
  absl::Status Scalar(const YamlNode& node, const std::string& path,
                      const google::protobuf::FieldDescriptor& field,
                      google::protobuf::Message& message);
  absl::Status Error(const YamlNode& node, absl::string_view path,
                     absl::string_view what) const;

  const absl::string_view name_;
  // May be null.
  std::set<std::string>* const paths_;
};

}  // namespace tapline

#endif  // TAPLINE_COMMON_CONFIG_YAML_APPLY_H_
