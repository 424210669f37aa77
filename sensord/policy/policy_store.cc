#include "sensord/policy/policy_store.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/config/config_file.h"
#include "common/net/wire_text.h"
#include "common/redact/redactor.h"
#include "common/schema/proto_time.h"
#include "common/status/macros.h"
#include "common/sync/mutex.h"
#include "sensord/policy/file_watcher.h"
#include "sensord/policy/filters.h"
#include "sensord/policy/overrides_file.h"
#include "sensord/policy/policy_layers.h"
#include "sensord/policy/run_time_change.h"

namespace tapline {
namespace {

constexpr size_t kMaxSuppressions = 10'000;
constexpr size_t kMaxFilters = 1000;

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

  std::vector<v1::Suppression> Suppressions() const override;
  absl::StatusOr<v1::Suppression> AddSuppression(
      v1::Suppression suppression, bool validate_only,
      absl::string_view user) override;
  absl::Status DeleteSuppression(absl::string_view id) override;
  std::vector<v1::SavedFilter> SavedFilters() const override;
  std::optional<std::string> FilterText(absl::string_view name) const override;
  absl::StatusOr<v1::SavedFilter> SaveFilter(v1::SavedFilter filter,
                                             bool validate_only,
                                             absl::string_view user) override;
  absl::Status DeleteFilter(absl::string_view name) override;
  void CountHit(absl::string_view id) override {
    const MutexLock lock(mutex_);
    const auto it = hits_.find(std::string(id));
    if (it != hits_.end()) ++it->second;
  }

 private:
  void LoadOverrides();
  void DropBadSettings();
  absl::StatusOr<std::string> ReadFile() const;
  // Makes the next revision from the layers, once `next` is kept on disk.
  absl::Status Commit(Overrides next, Layered layered, absl::string_view origin)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Install(Layered layered, absl::string_view origin)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Keeps `next`, which changes no policy.
  absl::Status Keep(Overrides next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RemoveExpired();
  absl::Status TakeFile();
  void TellRefused(const absl::Status& status) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Calls the listener for what was installed, one thread at a time.
  void Deliver();

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
  SettingsInForce in_force_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, uint64_t> hits_ ABSL_GUARDED_BY(mutex_);
  std::function<void(PolicyPtr)> listener_ ABSL_GUARDED_BY(mutex_);
  std::deque<PolicyPtr> undelivered_ ABSL_GUARDED_BY(mutex_);
  bool delivering_ ABSL_GUARDED_BY(mutex_) = false;

  // Last: its thread uses everything above.
  std::unique_ptr<FileWatcher> watcher_;
};

absl::StatusOr<std::string> PolicyStoreImpl::ReadFile() const {
  if (options_.config_file.empty()) return std::string();
  return ReadTextFile(options_.config_file);
}

void PolicyStoreImpl::LoadOverrides() {
  if (options_.overrides_file.empty()) return;
  const MutexLock lock(mutex_);
  absl::StatusOr<Overrides> read = ReadOverrides(options_.overrides_file);
  if (read.ok()) {
    overrides_ = *std::move(read);
    return;
  }
  overrides_status_ = read.status();
  if (!absl::IsDataLoss(read.status())) return;
  const absl::StatusOr<std::string> aside =
      MoveAside(options_.overrides_file, absl::ToUnixSeconds(clock_.Now()));
  overrides_status_ = absl::DataLossError(
      absl::StrCat(read.status().message(), "; run-time settings start empty; ",
                   aside.ok() ? absl::StrCat("the file is kept as ", *aside)
                              : std::string(aside.status().message())));
}

// Settings kept by another version may be out of its range or gone by now.
void PolicyStoreImpl::DropBadSettings() {
  const MutexLock lock(mutex_);
  v1::Config scratch = DefaultConfig();
  absl::Status bad;
  std::erase_if(overrides_.settings, [&](const auto& item) {
    const absl::Status status =
        SetPath(scratch, item.first, item.second.value());
    bad.Update(status);
    return !status.ok();
  });
  if (!bad.ok()) {
    overrides_status_ = absl::DataLossError(absl::StrCat(
        options_.overrides_file, ": setting left out: ", bad.message()));
  }
  std::erase_if(overrides_.suppressions, [](const v1::Suppression& s) {
    return !CheckSuppression(s).ok();
  });
}

absl::Status PolicyStoreImpl::Load() {
  LoadOverrides();
  DropBadSettings();
  ASSIGN_OR_RETURN(std::string text, ReadFile());
  const MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(Layered layered, ApplyLayers(text, options_.config_file,
                                                overrides_.settings, flags_));
  file_text_ = std::move(text);
  file_revision_ = overrides_.revision + 1;
  const bool rpc =
      !overrides_.settings.empty() || !overrides_.suppressions.empty();
  Install(std::move(layered), rpc                            ? "rpc"
                              : options_.config_file.empty() ? "default"
                                                             : "file");
  undelivered_.clear();  // what it starts with is no change
  in_force_.SensorStarted(policy_->config);
  return absl::OkStatus();
}

void PolicyStoreImpl::Install(Layered layered, absl::string_view origin) {
  auto policy = std::make_shared<Policy>();
  policy->revision = ++overrides_.revision;
  policy->origin = std::string(origin);
  policy->config = std::move(layered.config);
  for (const v1::Suppression& suppression : overrides_.suppressions) {
    *policy->config.add_suppressions() = suppression;
  }
  std::map<std::string, uint64_t> hits;
  for (const v1::Suppression& suppression : policy->config.suppressions()) {
    const auto it = hits_.find(suppression.id());
    hits[suppression.id()] = it == hits_.end() ? 0 : it->second;
  }
  hits_ = std::move(hits);
  file_paths_ = std::move(layered.file_paths);
  policy_ = std::move(policy);
  undelivered_.push_back(policy_);
}

absl::Status PolicyStoreImpl::Commit(Overrides next, Layered layered,
                                     absl::string_view origin) {
  // The revision that Install is about to give.
  next.revision = overrides_.revision + 1;
  if (!options_.overrides_file.empty()) {
    RETURN_IF_ERROR(WriteOverrides(options_.overrides_file, next));
  }
  next.revision = overrides_.revision;
  overrides_ = std::move(next);
  Install(std::move(layered), origin);
  return absl::OkStatus();
}

void PolicyStoreImpl::Deliver() {
  for (;;) {
    PolicyPtr policy;
    std::function<void(PolicyPtr)> listener;
    {
      const MutexLock lock(mutex_);
      if (delivering_ || undelivered_.empty()) return;
      policy = std::move(undelivered_.front());
      undelivered_.pop_front();
      listener = listener_;
      delivering_ = true;
    }
    if (options_.log != nullptr) {
      options_.log->Info("config_in_force",
                         {{"revision", policy->revision},
                          {"origin", Redactor().Text(policy->origin)}});
    }
    if (listener) listener(std::move(policy));
    const MutexLock lock(mutex_);
    delivering_ = false;
  }
}

// The message names file, line and key.
void PolicyStoreImpl::TellRefused(const absl::Status& status) const {
  if (options_.log == nullptr || status.ok()) return;
  options_.log->Error("config_refused",
                      {{"reason", Redactor().Text(status.message())},
                       {"revision_kept", policy_->revision}});
}

absl::Status PolicyStoreImpl::Reload() {
  const absl::Status status = TakeFile();
  Deliver();
  return status;
}

absl::Status PolicyStoreImpl::TakeFile() {
  // What was read first is not installed last.
  const MutexLock one_at_a_time(reloading_);
  absl::StatusOr<std::string> text = ReadFile();
  absl::Status status = text.status();
  const MutexLock lock(mutex_);
  if (text.ok()) {
    absl::StatusOr<Layered> layered =
        ApplyLayers(*text, options_.config_file, overrides_.settings, flags_);
    status = layered.status();
    if (layered.ok() && *text != file_text_) {
      file_text_ = *std::move(text);
      file_revision_ = overrides_.revision + 1;
      Install(*std::move(layered), "file");
    }
  }
  file_status_ = status;
  TellRefused(status);
  return status;
}

void PolicyStoreImpl::StartWatching() {
  if (watcher_ != nullptr) return;
  Deliver();
  watcher_ = std::make_unique<FileWatcher>(
      options_.config_file, [this] { Reload().IgnoreError(); },
      [this] { RemoveExpired(); });
}

std::vector<v1::Setting> PolicyStoreImpl::Settings(
    absl::string_view prefix) const {
  const MutexLock lock(mutex_);
  return DescribeSettings(policy_->config, prefix, file_paths_, file_revision_,
                          overrides_, flags_, in_force_);
}

absl::StatusOr<uint64_t> PolicyStoreImpl::UpdateSettings(
    const std::vector<v1::Setting>& settings, bool validate_only,
    absl::string_view user) {
  uint64_t revision = 0;
  {
    const MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(Overrides next, WithSettings(overrides_, settings, flags_,
                                                  policy_->config, user));
    ASSIGN_OR_RETURN(
        Layered layered,
        ApplyLayers(file_text_, options_.config_file, next.settings, flags_));
    if (validate_only || settings.empty()) return policy_->revision;
    RETURN_IF_ERROR(Commit(std::move(next), std::move(layered), "rpc"));
    revision = policy_->revision;
  }
  Deliver();
  return revision;
}

std::vector<v1::Suppression> PolicyStoreImpl::Suppressions() const {
  const MutexLock lock(mutex_);
  std::vector<v1::Suppression> out(policy_->config.suppressions().begin(),
                                   policy_->config.suppressions().end());
  for (v1::Suppression& suppression : out) {
    const auto it = hits_.find(suppression.id());
    if (it != hits_.end()) suppression.set_hits(it->second);
  }
  return out;
}

absl::StatusOr<v1::Suppression> PolicyStoreImpl::AddSuppression(
    v1::Suppression suppression, bool validate_only, absl::string_view user) {
  const absl::Time now = clock_.Now();
  if (!suppression.filter().empty()) {
    Filter::Options options;
    options.saved = [this](absl::string_view name) { return FilterText(name); };
    ASSIGN_OR_RETURN(*suppression.mutable_filter(),
                     WithoutNames(suppression.filter(), options));
  }
  RETURN_IF_ERROR(PrepareSuppression(now, user, suppression));
  {
    const MutexLock lock(mutex_);
    suppression.set_id(SuppressionId(
        suppression,
        absl::StrCat("rpc", absl::ToUnixNanos(now), "|", overrides_.revision)));
    if (validate_only) return suppression;
    if (overrides_.suppressions.size() >= kMaxSuppressions) {
      return absl::ResourceExhaustedError(
          "there are 10000 suppressions already; remove some first");
    }
    Overrides next = overrides_;
    next.suppressions.push_back(suppression);
    ASSIGN_OR_RETURN(
        Layered layered,
        ApplyLayers(file_text_, options_.config_file, next.settings, flags_));
    RETURN_IF_ERROR(Commit(std::move(next), std::move(layered), "rpc"));
  }
  Deliver();
  return suppression;
}

absl::Status PolicyStoreImpl::DeleteSuppression(absl::string_view id) {
  {
    const MutexLock lock(mutex_);
    Overrides next = overrides_;
    const size_t erased =
        std::erase_if(next.suppressions,
                      [&](const v1::Suppression& s) { return s.id() == id; });
    if (erased == 0) {
      for (const v1::Suppression& s : policy_->config.suppressions()) {
        if (s.id() != id) continue;
        return absl::FailedPreconditionError(
            absl::StrCat("suppression ", id, " stands in ",
                         options_.config_file, "; remove it there"));
      }
      return absl::NotFoundError(
          absl::StrCat("there is no suppression ", PrintableText(id)));
    }
    ASSIGN_OR_RETURN(
        Layered layered,
        ApplyLayers(file_text_, options_.config_file, next.settings, flags_));
    RETURN_IF_ERROR(Commit(std::move(next), std::move(layered), "rpc"));
  }
  Deliver();
  return absl::OkStatus();
}

absl::Status PolicyStoreImpl::Keep(Overrides next) {
  if (!options_.overrides_file.empty()) {
    RETURN_IF_ERROR(WriteOverrides(options_.overrides_file, next));
  }
  overrides_ = std::move(next);
  return absl::OkStatus();
}

std::vector<v1::SavedFilter> PolicyStoreImpl::SavedFilters() const {
  const MutexLock lock(mutex_);
  std::vector<v1::SavedFilter> out;
  for (const auto& [name, filter] : overrides_.filters) out.push_back(filter);
  return out;
}

std::optional<std::string> PolicyStoreImpl::FilterText(
    absl::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = overrides_.filters.find(std::string(name));
  if (found == overrides_.filters.end()) return std::nullopt;
  return found->second.filter();
}

absl::StatusOr<v1::SavedFilter> PolicyStoreImpl::SaveFilter(
    v1::SavedFilter filter, bool validate_only, absl::string_view user) {
  RETURN_IF_ERROR(PrepareSavedFilter(
      [this](absl::string_view name) { return FilterText(name); }, filter));
  filter.set_created_by(WireText(user, 256));
  FillTime(clock_.Now(), *filter.mutable_created_at());
  if (validate_only) return filter;
  const MutexLock lock(mutex_);
  const bool known = overrides_.filters.count(filter.name()) > 0;
  if (!known && overrides_.filters.size() >= kMaxFilters) {
    return absl::ResourceExhaustedError(
        "there are 1000 saved filters already; remove some first");
  }
  Overrides next = overrides_;
  next.filters[filter.name()] = filter;
  RETURN_IF_ERROR(Keep(std::move(next)));
  return filter;
}

absl::Status PolicyStoreImpl::DeleteFilter(absl::string_view name) {
  const MutexLock lock(mutex_);
  Overrides next = overrides_;
  if (next.filters.erase(std::string(name)) == 0) {
    return absl::NotFoundError(
        absl::StrCat("there is no saved filter ", PrintableText(name)));
  }
  return Keep(std::move(next));
}

// Expired ones of the file stay listed: the file is the operator's. Whoever
// applies suppressions looks at expires_at.
void PolicyStoreImpl::RemoveExpired() {
  const absl::Time now = clock_.Now();
  {
    const MutexLock lock(mutex_);
    Overrides next = overrides_;
    const size_t erased = std::erase_if(
        next.suppressions,
        [&](const v1::Suppression& s) { return IsExpired(s, now); });
    if (erased == 0) return;
    absl::StatusOr<Layered> layered =
        ApplyLayers(file_text_, options_.config_file, next.settings, flags_);
    if (!layered.ok()) return;
    // A disk that refuses is tried again at the next tick.
    Commit(std::move(next), *std::move(layered), "rpc").IgnoreError();
  }
  Deliver();
}

}  // namespace

absl::StatusOr<std::unique_ptr<PolicyStore>> PolicyStore::Open(
    const PolicyStoreOptions& options, const Clock& clock) {
  ASSIGN_OR_RETURN(Flags flags, ParseFlags(options.flags));
  auto store =
      std::make_unique<PolicyStoreImpl>(options, std::move(flags), clock);
  RETURN_IF_ERROR(store->Load());
  return store;
}

}  // namespace tapline
