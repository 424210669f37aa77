// The filter of a request.

#ifndef TAPLINE_SENSORD_SERVICE_FILTER_REQUEST_H_
#define TAPLINE_SENSORD_SERVICE_FILTER_REQUEST_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/filter.h"
#include "common/time/clock.h"
#include "sensord/policy/policy_store.h"

namespace tapline {

// Now by the clock, and the saved filters of the policy, which both must
// outlive the result.
Filter::Options RequestFilterOptions(const Clock& clock,
                                     const PolicyStore& policy);

// Null for an empty text. InvalidArgument: FILTER_INVALID, with metadata field,
// column, suggestion and near.
absl::StatusOr<FilterPtr> CompileRequestFilter(absl::string_view text,
                                               const Filter::Options& options);

// A status about a filter with its reason and metadata; others as they are.
absl::Status AsFilterError(const absl::Status& status);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_FILTER_REQUEST_H_
