// The policy store's inside: layers, revisions, and what is kept beside them.

#ifndef TAPLINE_SENSORD_POLICY_POLICY_STORE_IMPL_H_
#define TAPLINE_SENSORD_POLICY_POLICY_STORE_IMPL_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "sensord/policy/file_watcher.h"
#include "sensord/policy/overrides_file.h"
#include "sensord/policy/policy_layers.h"
#include "sensord/policy/policy_store.h"
#include "sensord/policy/settings_in_force.h"

namespace tapline {

// Thread safety: as PolicyStore says.
class PolicyStoreImpl final : public PolicyStore {
 public:
  PolicyStoreImpl(PolicyStoreOptions options, Flags flags, const Clock& clock)
      : options_(std::move(options)), flags_(std::move(flags)), clock_(clock) {}

  absl::Status Load();

  PolicyPtr Get() const override {
    const MutexLock lock(mutex_);
    return policy_;
  }
  void SetListener(std::function<void(PolicyPtr)> listener) override {
    const MutexLock lock(mutex_);
    listener_ = std::move(listener);
  }
  absl::Status file_status() const override {
    const MutexLock lock(mutex_);
    return file_status_.ok() ? overrides_status_ : file_status_;
  }
  void StartWatching() override;
  absl::Status Reload() override;

  void CaptureStarted(const Policy& policy, bool switched) override {
    const MutexLock lock(mutex_);
    in_force_.CaptureStarted(policy.config, switched);
  }
  void CaptureStopped() override {
    const MutexLock lock(mutex_);
    in_force_.CaptureStopped();
  }

  std::vector<v1::Setting> Settings(absl::string_view prefix) const override;
  absl::StatusOr<uint64_t> UpdateSettings(
      const std::vector<v1::Setting>& settings, bool validate_only,
      absl::string_view user) override;

  // suppressions.cc
  std::vector<v1::Suppression> Suppressions() const override;
  absl::StatusOr<v1::Suppression> AddSuppression(
      v1::Suppression suppression, bool validate_only,
      absl::string_view user) override;
  absl::Status DeleteSuppression(absl::string_view id) override;
  void CountHit(absl::string_view id) override {
    const MutexLock lock(mutex_);
    const auto it = hits_.find(std::string(id));
    if (it != hits_.end()) ++it->second;
  }

  // saved_filters.cc
  std::vector<v1::SavedFilter> SavedFilters() const override;
  std::optional<std::string> FilterText(absl::string_view name) const override;
  absl::StatusOr<v1::SavedFilter> SaveFilter(v1::SavedFilter filter,
                                             bool validate_only,
                                             absl::string_view user) override;
  absl::Status DeleteFilter(absl::string_view name) override;

 private:
  void LoadOverrides();
  void DropBadOverrides();
  absl::StatusOr<std::string> ReadFile() const;
  // Makes the next revision from the layers, once `next` is kept on disk.
  absl::Status Commit(Overrides next, Layered layered, absl::string_view origin)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Install(Layered layered, absl::string_view origin)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // To the disk. FailedPrecondition: the file that is there was not read.
  absl::Status Write(const Overrides& next) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Keeps `next`, which changes no policy.
  absl::Status Keep(Overrides next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status TakeFile();
  void TellRefused(const absl::Status& status) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Calls the listener for what was installed, one thread at a time.
  void Deliver();
  // suppressions.cc
  void RemoveExpired();

  const PolicyStoreOptions options_;
  const Flags flags_;
  const Clock& clock_;

  // Held while the file is read and installed; taken before mutex_.
  Mutex reloading_;
  mutable Mutex mutex_;
  PolicyPtr policy_ ABSL_GUARDED_BY(mutex_);
  Overrides overrides_ ABSL_GUARDED_BY(mutex_);
  std::string file_text_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> file_paths_ ABSL_GUARDED_BY(mutex_);
  uint64_t file_revision_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status file_status_ ABSL_GUARDED_BY(mutex_);
  absl::Status overrides_status_ ABSL_GUARDED_BY(mutex_);
  // Why the overrides file may not be replaced.
  absl::Status unread_ ABSL_GUARDED_BY(mutex_);
  SettingsInForce in_force_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, uint64_t> hits_ ABSL_GUARDED_BY(mutex_);
  std::function<void(PolicyPtr)> listener_ ABSL_GUARDED_BY(mutex_);
  std::deque<PolicyPtr> undelivered_ ABSL_GUARDED_BY(mutex_);
  bool delivering_ ABSL_GUARDED_BY(mutex_) = false;

  // Last: its thread uses everything above.
  std::unique_ptr<FileWatcher> watcher_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_POLICY_POLICY_STORE_IMPL_H_
