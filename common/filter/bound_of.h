// From an expression to what it says about the columns of stored records.

#ifndef TAPLINE_COMMON_FILTER_BOUND_OF_H_
#define TAPLINE_COMMON_FILTER_BOUND_OF_H_

#include "common/filter/bound.h"
#include "common/filter/expression.h"
#include "tapline/v1/record.pb.h"

namespace tapline::filter {

// Holds for every record of the kind that the expression takes. False: it takes
// none of the kind.
Bound BoundOf(const Expression& expression, v1::RecordKind kind);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_BOUND_OF_H_
