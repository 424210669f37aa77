// The policy store's suppressions: which there are, adding and removing them.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/net/wire_text.h"
#include "common/status/macros.h"
#include "common/sync/mutex.h"
#include "sensord/policy/filters.h"
#include "sensord/policy/policy_store_impl.h"
#include "sensord/policy/run_time_change.h"

namespace tapline {
namespace {

constexpr size_t kMaxSuppressions = 10'000;

}  // namespace

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

}  // namespace tapline
