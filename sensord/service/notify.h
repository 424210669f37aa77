// What systemd is told (sd_notify). All do nothing when not started by it.

#ifndef TAPLINE_SENSORD_SERVICE_NOTIFY_H_
#define TAPLINE_SENSORD_SERVICE_NOTIFY_H_

#include <string>

#include "absl/time/time.h"

namespace tapline {

// "READY=1" with a line for `systemctl status`.
void NotifyReady(const std::string& status);
void NotifyStopping();
void NotifyAlive();
// How often NotifyAlive is expected at the latest; infinite when it is not.
absl::Duration WatchdogInterval();

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_NOTIFY_H_
