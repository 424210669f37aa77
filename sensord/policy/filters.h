// Filters of the policy: those of suppressions, and saved ones.

#ifndef TAPLINE_SENSORD_POLICY_FILTERS_H_
#define TAPLINE_SENSORD_POLICY_FILTERS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/filter.h"
#include "tapline/v1/config.pb.h"
#include "tapline/v1/filter.pb.h"

namespace tapline {

// Of a suppression: over alerts, the same at any time. InvalidArgument: no
// filter, has @names or "now", or can never take an alert.
absl::StatusOr<FilterPtr> CompileSuppressionFilter(absl::string_view text);

// Of all suppressions. InvalidArgument names the entry.
absl::Status CheckSuppressionFilters(const v1::Config& config);

// `text` with its @names replaced, as it is when it has none. InvalidArgument:
// no filter.
absl::StatusOr<std::string> WithoutNames(absl::string_view text,
                                         const Filter::Options& options);

// InvalidArgument names the field of a saved filter: name, filter or comment.
// Its @names are looked up in `saved` and replaced; "now" stays.
absl::Status PrepareSavedFilter(const filter::SavedFilters& saved,
                                v1::SavedFilter& filter);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_POLICY_FILTERS_H_
