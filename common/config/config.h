// The configuration file and settings by path, over the schema of v1::Config.
//
//   detect:
//     profile: sensitive
//     port_scan: {min_ports: 20, window: 1m30s}
//
// Strict: an unknown or duplicate key, a wrong type or a value out of range is
// an error that names where it stands and what is allowed.

#ifndef TAPLINE_COMMON_CONFIG_CONFIG_H_
#define TAPLINE_COMMON_CONFIG_CONFIG_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/config/defaults.h"
#include "common/config/limits.h"
#include "tapline/v1/config.pb.h"

namespace tapline {

// Defaults of the profile the text names, then the text.
// InvalidArgument: "filename:line:column: key: what; what is allowed".
absl::StatusOr<v1::Config> ParseYaml(absl::string_view text,
                                     absl::string_view filename);

struct ParsedConfig {
  v1::Config config;
  // Paths of the settings that stand in the text.
  std::set<std::string> paths;
};

// As ParseYaml; `profile`, when given, chooses the defaults in place of the one
// in the text.
absl::StatusOr<ParsedConfig> ParseYamlOver(absl::string_view text,
                                           absl::string_view filename,
                                           std::optional<v1::Profile> profile);

// Sets one leaf ("detect.port_scan.min_ports") from its YAML value ("10",
// "30s", "true", "[22, 3389]"). A string needs no quotes. Checks the value
// alone, not CheckConfig. InvalidArgument: "path: what; what is allowed";
// `config` is then unchanged. Setting detect.profile changes no threshold by
// itself.
absl::Status SetPath(v1::Config& config, absl::string_view path,
                     absl::string_view value);

struct PathValue {
  std::string path;
  // As SetPath takes it.
  std::string value;
};

// Every setting whose path begins with `prefix`, in the order of the schema;
// suppressions are no settings.
std::vector<PathValue> GetPaths(const v1::Config& config,
                                absl::string_view prefix = "");

// "30s", "5m", "1h30m", "250ms", "1.5s", "7d", "0".
std::optional<absl::Duration> ParseDuration(absl::string_view text);

}  // namespace tapline

#endif  // TAPLINE_COMMON_CONFIG_CONFIG_H_
