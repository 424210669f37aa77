// Gives the words of a filter their meaning, or says why they have none.

#ifndef TAPLINE_COMMON_FILTER_CHECKER_H_
#define TAPLINE_COMMON_FILTER_CHECKER_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/filter/expression.h"
#include "common/filter/field_table.h"
#include "common/filter/syntax.h"

namespace tapline::filter {

// `now` is what "now" means. InvalidArgument (ErrorAt): an unknown field or
// function, a value of another type, an operator the type has not, too many
// patterns.
absl::StatusOr<ExpressionPtr> Check(const Syntax& syntax,
                                    const FieldTable& fields, absl::Time now);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_CHECKER_H_
