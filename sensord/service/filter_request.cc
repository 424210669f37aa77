#include "sensord/service/filter_request.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sensord/service/errors.h"

namespace tapline {

Filter::Options RequestFilterOptions(const Clock& clock,
                                     const PolicyStore& policy) {
  Filter::Options options;
  options.now = clock.Now();
  options.saved = [&policy](absl::string_view name) {
    return policy.FilterText(name);
  };
  return options;
}

absl::StatusOr<FilterPtr> CompileRequestFilter(absl::string_view text,
                                               const Filter::Options& options) {
  if (text.empty()) return FilterPtr();
  absl::StatusOr<FilterPtr> filter = Filter::Compile(text, options);
  if (!filter.ok()) return AsFilterError(filter.status());
  return filter;
}

absl::Status AsFilterError(const absl::Status& status) {
  const FilterError error = FilterErrorOf(status);
  if (error.column == 0) return status;
  ErrorMetadata metadata = {{"field", "filter"},
                            {"column", absl::StrCat(error.column)}};
  if (!error.suggestion.empty()) {
    metadata.emplace_back("suggestion", error.suggestion);
  }
  if (!error.near.empty()) {
    metadata.emplace_back("near", absl::StrJoin(error.near, ","));
  }
  return Refuse(Reason::kFILTER_INVALID,
                absl::StrCat("filter: ", status.message()), metadata);
}

}  // namespace tapline
