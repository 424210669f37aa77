// The configuration without a file.

#ifndef TAPLINE_COMMON_CONFIG_DEFAULTS_H_
#define TAPLINE_COMMON_CONFIG_DEFAULTS_H_

#include "tapline/v1/config.pb.h"

namespace tapline {

// Complete and valid. `profile` chooses the thresholds of the detectors.
v1::Config DefaultConfig(v1::Profile profile = v1::PROFILE_DEFAULT);

// Sets every threshold under `detect` to the profile's (features.md 1.5: R01,
// R02, R04-R07 for DEFAULT, R03 for SENSITIVE).
void ApplyProfile(v1::Profile profile, v1::DetectConfig& detect);

}  // namespace tapline

#endif  // TAPLINE_COMMON_CONFIG_DEFAULTS_H_
