// The configuration file on disk.

#ifndef TAPLINE_COMMON_CONFIG_CONFIG_FILE_H_
#define TAPLINE_COMMON_CONFIG_CONFIG_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "tapline/v1/config.pb.h"

namespace tapline {

// At most 1 MiB of `path`. NotFound, PermissionDenied, Unavailable: it cannot
// be read (named). InvalidArgument: it is too large.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// ParseYaml of the file.
absl::StatusOr<v1::Config> ReadConfigFile(const std::string& path);

}  // namespace tapline

#endif  // TAPLINE_COMMON_CONFIG_CONFIG_FILE_H_
