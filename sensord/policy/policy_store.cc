// How a policy comes about: read, changed, installed, kept on disk, told.
// suppressions.cc and saved_filters.cc have the lists that users edit.

#include "sensord/policy/policy_store.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/config/config.h"
#include "common/config/config_file.h"
#include "common/redact/redactor.h"
#include "common/status/macros.h"
#include "common/sync/mutex.h"
#include "sensord/policy/filters.h"
#include "sensord/policy/policy_store_impl.h"
#include "sensord/policy/run_time_change.h"

namespace tapline {

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
  std::string reason = absl::StrCat(read.status().message(),
                                    "; run-time settings start empty; ");
  if (absl::IsDataLoss(read.status())) {
    const absl::StatusOr<std::string> aside =
        MoveAside(options_.overrides_file, absl::ToUnixSeconds(clock_.Now()));
    if (aside.ok()) {
      overrides_status_ = absl::DataLossError(
          absl::StrCat(reason, "the file is kept as ", *aside));
      return;
    }
    absl::StrAppend(&reason, aside.status().message(), "; ");
  }
  overrides_status_ = absl::Status(
      read.status().code(),
      absl::StrCat(reason, "nothing can be changed at run time until ",
                   options_.overrides_file,
                   " can be read, or is moved away, and the sensor is "
                   "restarted"));
  unread_ = absl::FailedPreconditionError(overrides_status_.message());
}

// What another version kept may be out of this one's range or gone by now.
void PolicyStoreImpl::DropBadOverrides() {
  const MutexLock lock(mutex_);
  v1::Config scratch = DefaultConfig();
  std::vector<std::string> left_out;
  std::erase_if(overrides_.settings, [&](const auto& item) {
    const absl::Status status =
        SetPath(scratch, item.first, item.second.value());
    if (status.ok()) return false;
    left_out.push_back(absl::StrCat("setting left out: ", status.message()));
    return true;
  });
  std::erase_if(overrides_.suppressions, [&](const v1::Suppression& s) {
    absl::Status status = CheckSuppression(s);
    if (status.ok() && !s.filter().empty()) {
      status = CompileSuppressionFilter(s.filter()).status();
    }
    if (status.ok()) return false;
    left_out.push_back(
        absl::StrCat("suppression ", s.id(), " left out: ", status.message()));
    return true;
  });
  if (left_out.empty()) return;
  constexpr size_t kMaxNamed = 8;
  const size_t more = left_out.size() - std::min(left_out.size(), kMaxNamed);
  left_out.resize(left_out.size() - more);
  std::string message = absl::StrCat(options_.overrides_file, ": ",
                                     absl::StrJoin(left_out, "; "));
  if (more > 0) absl::StrAppend(&message, "; and ", more, " more");
  overrides_status_ = absl::DataLossError(message);
}

absl::Status PolicyStoreImpl::Write(const Overrides& next) const {
  if (options_.overrides_file.empty()) return absl::OkStatus();
  // What stands there was not read and would be lost.
  RETURN_IF_ERROR(unread_);
  return WriteOverrides(options_.overrides_file, next);
}

absl::Status PolicyStoreImpl::Load() {
  LoadOverrides();
  DropBadOverrides();
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
  RETURN_IF_ERROR(Write(next));
  next.revision = overrides_.revision;
  overrides_ = std::move(next);
  Install(std::move(layered), origin);
  return absl::OkStatus();
}

absl::Status PolicyStoreImpl::Keep(Overrides next) {
  RETURN_IF_ERROR(Write(next));
  overrides_ = std::move(next);
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

absl::StatusOr<std::unique_ptr<PolicyStore>> PolicyStore::Open(
    const PolicyStoreOptions& options, const Clock& clock) {
  ASSIGN_OR_RETURN(Flags flags, ParseFlags(options.flags));
  auto store =
      std::make_unique<PolicyStoreImpl>(options, std::move(flags), clock);
  RETURN_IF_ERROR(store->Load());
  return store;
}

}  // namespace tapline
