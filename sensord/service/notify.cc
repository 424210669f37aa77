#include "sensord/service/notify.h"

#include <systemd/sd-daemon.h>

#include "absl/strings/str_cat.h"

namespace tapline {

void NotifyReady(const std::string& status) {
  sd_notify(0, absl::StrCat("READY=1\nSTATUS=", status).c_str());
}

void NotifyStopping() { sd_notify(0, "STOPPING=1"); }

void NotifyAlive() { sd_notify(0, "WATCHDOG=1"); }

absl::Duration WatchdogInterval() {
  uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) {
    return absl::InfiniteDuration();
  }
  return absl::Microseconds(static_cast<int64_t>(microseconds));
}

}  // namespace tapline
