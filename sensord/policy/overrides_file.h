// Settings, suppressions and filters saved at run time, kept apart from the
// configuration file.

#ifndef TAPLINE_SENSORD_POLICY_OVERRIDES_FILE_H_
#define TAPLINE_SENSORD_POLICY_OVERRIDES_FILE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tapline/v1/policy_service.pb.h"

namespace tapline {

struct Overrides {
  uint64_t revision = 0;
  // By path.
  std::map<std::string, v1::Setting> settings;
  std::vector<v1::Suppression> suppressions;
  // By name.
  std::map<std::string, v1::SavedFilter> filters;
};

// Empty overrides when there is no file. DataLoss: the file is not what was
// written (its checksum, form or size is wrong). Other codes: it cannot be
// read.
absl::StatusOr<Overrides> ReadOverrides(const std::string& path);

// Replaces the file as a whole: either the old or the new content survives a
// crash. Errors name the path; the old file then stands.
absl::Status WriteOverrides(const std::string& path,
                            const Overrides& overrides);

// Renames a damaged file to a name of its own, which is returned.
absl::StatusOr<std::string> MoveAside(const std::string& path,
                                      int64_t unix_seconds);

// FNV-1a, 64 bit: a checksum, not a defence against forgery.
uint64_t Fnv1a(absl::string_view bytes);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_POLICY_OVERRIDES_FILE_H_
