// Which values of the settings that wait for a restart are in force.

#ifndef TAPLINE_SENSORD_POLICY_SETTINGS_IN_FORCE_H_
#define TAPLINE_SENSORD_POLICY_SETTINGS_IN_FORCE_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "tapline/v1/config.pb.h"

namespace tapline {

// Thread safety: none.
class SettingsInForce {
 public:
  void SensorStarted(const v1::Config& config);
  // `switched`: a capture that ran went on with the parameters it had
  // (capture.*); the rest is read anew.
  void CaptureStarted(const v1::Config& config, bool switched);
  // What capture reads waits for nothing.
  void CaptureStopped();

  // "capture" or "sensor" when that still runs with another value; else "".
  std::string PendingRestart(absl::string_view path,
                             absl::string_view value) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_POLICY_SETTINGS_IN_FORCE_H_
