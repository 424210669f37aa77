// Which values the leaves of v1::Config may take, and which of them a running
// sensor takes over at once.

#ifndef TAPLINE_COMMON_CONFIG_LIMITS_H_
#define TAPLINE_COMMON_CONFIG_LIMITS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tapline/v1/config.pb.h"

namespace tapline {

// Both ends included. Durations in seconds.
struct Limits {
  absl::string_view path;
  double min;
  double max;
};

const std::vector<Limits>& AllLimits();
// Null for a path that is no number and no duration.
const Limits* FindLimits(absl::string_view path);

// OK, or what the text may be: "must be one of trace, debug, ...".
absl::Status CheckText(absl::string_view path, absl::string_view value);

// What holds between fields. InvalidArgument "path: what".
absl::Status CheckConfig(const v1::Config& config);

// InvalidArgument "field: what": bad CIDR, unknown rule, port over 65535, or a
// suppression that would match every alert.
absl::Status CheckSuppression(const v1::Suppression& suppression);

// What has to start anew for a change of the path to be in force: "capture" or
// "sensor"; empty when it is at once.
absl::string_view RestartOf(absl::string_view path);

// Whether nobody may change it over RPC: what lets others see more than flows
// and events is for who owns the configuration file.
bool IsFileOnly(absl::string_view path);

}  // namespace tapline

#endif  // TAPLINE_COMMON_CONFIG_LIMITS_H_
