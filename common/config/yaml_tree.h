// YAML text as a bounded tree that remembers where everything stood.

#ifndef TAPLINE_COMMON_CONFIG_YAML_TREE_H_
#define TAPLINE_COMMON_CONFIG_YAML_TREE_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tapline {

inline constexpr size_t kMaxYamlBytes = 1 << 20;
inline constexpr int kMaxYamlDepth = 16;

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  std::string scalar;
  // Quoted text is never a number, a truth value or a name of an enum.
  bool quoted = false;
  // From 1.
  int line = 0;
  int column = 0;
  std::vector<YamlNode> items;
  // In the order of the text; keys are plain scalars without duplicates.
  struct Entry;
  std::vector<Entry> entries;
};

struct YamlNode::Entry {
  std::string key;
  int line = 0;
  int column = 0;
  YamlNode value;
};

// InvalidArgument "name:line:column: what": not YAML, more than one document,
// anchors, aliases or tags, a duplicate key, a key that is no scalar, too
// long, too deep. An empty text is a null node.
absl::StatusOr<YamlNode> ParseYamlTree(absl::string_view text,
                                       absl::string_view name);

// The error all of common/config gives.
absl::Status ErrorAt(absl::string_view name, int line, int column,
                     absl::string_view what);

}  // namespace tapline

#endif  // TAPLINE_COMMON_CONFIG_YAML_TREE_H_
