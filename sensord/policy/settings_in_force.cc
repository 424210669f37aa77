#include "sensord/policy/settings_in_force.h"

#include <utility>

#include "absl/strings/match.h"
#include "common/config/config.h"
#include "common/config/limits.h"

namespace tapline {

void SettingsInForce::SensorStarted(const v1::Config& config) {
  for (PathValue& item : GetPaths(config)) {
    if (RestartOf(item.path) == "sensor") {
      values_[item.path] = std::move(item.value);
    }
  }
}

void SettingsInForce::CaptureStarted(const v1::Config& config, bool switched) {
  for (PathValue& item : GetPaths(config)) {
    if (RestartOf(item.path) != "capture") continue;
    if (switched && absl::StartsWith(item.path, "capture.")) continue;
    values_[item.path] = std::move(item.value);
  }
}

void SettingsInForce::CaptureStopped() {
  std::erase_if(values_, [](const auto& item) {
    return RestartOf(item.first) == "capture";
  });
}

std::string SettingsInForce::PendingRestart(absl::string_view path,
                                            absl::string_view value) const {
  const auto it = values_.find(path);
  if (it == values_.end() || it->second == value) return "";
  return std::string(RestartOf(path));
}

}  // namespace tapline
