// Keeps the policy: reads the file, watches it, applies changes over RPC. Also
// keeps what is not policy but configured beside it: saved filters.

#ifndef TAPLINE_SENSORD_POLICY_POLICY_STORE_H_
#define TAPLINE_SENSORD_POLICY_POLICY_STORE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/log/log.h"
#include "common/time/clock.h"
#include "sensord/policy/policy.h"
#include "tapline/v1/policy_service.pb.h"

namespace tapline {

struct PolicyStoreOptions {
  // Empty: no file, defaults only.
  std::string config_file = {};
  // Where settings and suppressions changed at run time are kept; empty: in
  // memory only.
  std::string overrides_file = {};
  // Applied over file and run-time settings: command line flags, "path=value".
  std::vector<std::string> flags = {};
  // Hears of revisions in force and refused; may be null.
  Log* log = nullptr;
};

// Thread safety: thread-safe. The listener is called on the watcher's or the
// caller's thread, never under a lock.
class PolicyStore {
 public:
  // InvalidArgument: names file, line and column, key, what is wrong and what
  // is allowed. NotFound: the file named is not there.
  static absl::StatusOr<std::unique_ptr<PolicyStore>> Open(
      const PolicyStoreOptions& options, const Clock& clock);
  virtual ~PolicyStore() = default;

  virtual PolicyPtr Get() const = 0;
  // Called after each accepted change, in order of revision.
  virtual void SetListener(std::function<void(PolicyPtr)> listener) = 0;
  // Why the newest file was refused, or what of the overrides file is not in
  // force; OK when all is.
  virtual absl::Status file_status() const = 0;
  // Starts noticing changes of the file (inotify, and a look every second).
  virtual void StartWatching() = 0;
  // Reads the file again now. An error keeps the old revision.
  virtual absl::Status Reload() = 0;

  // Capture reads some settings of the policy when it starts; see
  // SettingsInForce.
  virtual void CaptureStarted(const Policy& policy, bool switched) = 0;
  virtual void CaptureStopped() = 0;

  virtual std::vector<v1::Setting> Settings(absl::string_view prefix) const = 0;
  // All or nothing. InvalidArgument names the path. FailedPrecondition, as of
  // each change below: the overrides file could not be read, and would be lost.
  virtual absl::StatusOr<uint64_t> UpdateSettings(
      const std::vector<v1::Setting>& settings, bool validate_only,
      absl::string_view user) = 0;

  virtual std::vector<v1::Suppression> Suppressions() const = 0;
  // InvalidArgument: bad CIDR, unknown rule, bad filter, already expired,
  // matches all.
  virtual absl::StatusOr<v1::Suppression> AddSuppression(
      v1::Suppression suppression, bool validate_only,
      absl::string_view user) = 0;
  // NotFound; FailedPrecondition for one that stands in the file.
  virtual absl::Status DeleteSuppression(absl::string_view id) = 0;
  // By name.
  virtual std::vector<v1::SavedFilter> SavedFilters() const = 0;
  // Of the saved filter of that name; nothing when there is none.
  virtual std::optional<std::string> FilterText(
      absl::string_view name) const = 0;
  // Replaces the one of that name; no revision of the policy.
  // InvalidArgument: a bad name or filter (FilterErrorOf).
  virtual absl::StatusOr<v1::SavedFilter> SaveFilter(
      v1::SavedFilter filter, bool validate_only, absl::string_view user) = 0;
  // NotFound.
  virtual absl::Status DeleteFilter(absl::string_view name) = 0;
  // An alert was hidden by the suppression; kept in memory.
  virtual void CountHit(absl::string_view id) = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_POLICY_POLICY_STORE_H_
