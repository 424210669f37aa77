// The policy store's saved filters: configured, but no part of the policy.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/net/wire_text.h"
#include "common/schema/proto_time.h"
#include "common/status/macros.h"
#include "common/sync/mutex.h"
#include "sensord/policy/filters.h"
#include "sensord/policy/policy_store_impl.h"

namespace tapline {
namespace {

constexpr size_t kMaxFilters = 1000;

}  // namespace

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

}  // namespace tapline
