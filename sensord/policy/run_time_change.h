// Checks and applies what is changed over RPC.

#ifndef TAPLINE_SENSORD_POLICY_RUN_TIME_CHANGE_H_
#define TAPLINE_SENSORD_POLICY_RUN_TIME_CHANGE_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sensord/policy/overrides_file.h"
#include "sensord/policy/policy_layers.h"
#include "sensord/policy/settings_in_force.h"

namespace tapline {

// `overrides` with the settings set, or removed where the value is empty;
// values are not checked yet. InvalidArgument: no such setting.
// FailedPrecondition: a flag fixes it, or only the file may set it.
absl::StatusOr<Overrides> WithSettings(const Overrides& overrides,
                                       const std::vector<v1::Setting>& settings,
                                       const Flags& flags,
                                       const v1::Config& config,
                                       absl::string_view user);

// Every setting below `prefix` with its origin: "default", "file", "rpc" or
// "flag".
std::vector<v1::Setting> DescribeSettings(
    const v1::Config& config, absl::string_view prefix,
    const std::set<std::string>& file_paths, uint64_t file_revision,
    const Overrides& overrides, const Flags& flags,
    const SettingsInForce& in_force);

// Checks a new suppression and fills in all but its id. InvalidArgument names
// the field.
absl::Status PrepareSuppression(absl::Time now, absl::string_view user,
                                v1::Suppression& suppression);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_POLICY_RUN_TIME_CHANGE_H_
