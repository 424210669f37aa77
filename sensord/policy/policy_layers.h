// Puts the layers of the configuration on top of one another:
// defaults of the profile < file < run-time settings < command line flags.

#ifndef TAPLINE_SENSORD_POLICY_POLICY_LAYERS_H_
#define TAPLINE_SENSORD_POLICY_POLICY_LAYERS_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tapline/v1/policy_service.pb.h"

namespace tapline {

// Path and value of each flag.
using Flags = std::vector<std::pair<std::string, std::string>>;

// InvalidArgument: not "path=value".
absl::StatusOr<Flags> ParseFlags(const std::vector<std::string>& flags);

struct Layered {
  // Complete, its suppressions those of the file, with their ids.
  v1::Config config;
  std::set<std::string> file_paths;
};

// InvalidArgument names the file's line, or the path of the setting or flag.
absl::StatusOr<Layered> ApplyLayers(
    absl::string_view file_text, absl::string_view file_name,
    const std::map<std::string, v1::Setting>& settings, const Flags& flags);

// 16 hex digits from what the suppression matches; `salt` makes equal ones
// differ.
std::string SuppressionId(const v1::Suppression& suppression,
                          absl::string_view salt);

bool IsExpired(const v1::Suppression& suppression, absl::Time now);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_POLICY_POLICY_LAYERS_H_
