// A policy in memory, changed by the test.

#ifndef TAPLINE_TESTS_SENSORD_SERVICE_FAKE_POLICY_STORE_H_
#define TAPLINE_TESTS_SENSORD_SERVICE_FAKE_POLICY_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "common/sync/mutex.h"
#include "sensord/policy/filters.h"
#include "sensord/policy/policy_store.h"

namespace tapline::testing {

class FakePolicyStore final : public PolicyStore {
 public:
  explicit FakePolicyStore(v1::Config config) { Set(std::move(config)); }

  void Set(v1::Config config) {
    auto policy = std::make_shared<Policy>();
    policy->revision = ++revision_;
    policy->origin = "default";
    policy->config = std::move(config);
    MutexLock lock(mutex_);
    policy_ = std::move(policy);
  }

  PolicyPtr Get() const override {
    MutexLock lock(mutex_);
    return policy_;
  }
  void SetListener(std::function<void(PolicyPtr)>) override {}
  absl::Status file_status() const override { return absl::OkStatus(); }
  void StartWatching() override {}
  absl::Status Reload() override { return absl::OkStatus(); }
  void CaptureStarted(const Policy&, bool) override {}
  void CaptureStopped() override {}
  std::vector<v1::Setting> Settings(absl::string_view prefix) const override {
    v1::Setting setting;
    setting.set_path("log.level");
    setting.set_value("info");
    if (!absl::StartsWith(setting.path(), prefix)) return {};
    return {setting};
  }
  absl::StatusOr<uint64_t> UpdateSettings(
      const std::vector<v1::Setting>& settings, bool,
      absl::string_view) override {
    if (settings[0].path() != "log.level") {
      return absl::InvalidArgumentError("no setting has this path");
    }
    return 7;
  }
  std::vector<v1::Suppression> Suppressions() const override { return {}; }
  absl::StatusOr<v1::Suppression> AddSuppression(
      v1::Suppression suppression, bool, absl::string_view user) override {
    suppression.set_created_by(std::string(user));
    return suppression;
  }
  absl::Status DeleteSuppression(absl::string_view) override {
    return absl::NotFoundError("no such suppression");
  }
  void CountHit(absl::string_view) override {}
  std::vector<v1::SavedFilter> SavedFilters() const override {
    MutexLock lock(mutex_);
    std::vector<v1::SavedFilter> out;
    for (const auto& [name, filter] : filters_) out.push_back(filter);
    return out;
  }
  std::optional<std::string> FilterText(absl::string_view name) const override {
    MutexLock lock(mutex_);
    const auto found = filters_.find(std::string(name));
    if (found == filters_.end()) return std::nullopt;
    return found->second.filter();
  }
  absl::StatusOr<v1::SavedFilter> SaveFilter(v1::SavedFilter filter, bool,
                                             absl::string_view user) override {
    absl::Status valid = PrepareSavedFilter(nullptr, filter);
    if (!valid.ok()) return valid;
    filter.set_created_by(std::string(user));
    MutexLock lock(mutex_);
    filters_[filter.name()] = filter;
    return filter;
  }
  absl::Status DeleteFilter(absl::string_view name) override {
    MutexLock lock(mutex_);
    if (filters_.erase(std::string(name)) > 0) return absl::OkStatus();
    return absl::NotFoundError("no such filter");
  }

 private:
  mutable Mutex mutex_;
  PolicyPtr policy_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, v1::SavedFilter> filters_ ABSL_GUARDED_BY(mutex_);
  uint64_t revision_ = 0;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_SERVICE_FAKE_POLICY_STORE_H_
