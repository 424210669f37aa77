// Whether a record fulfils an expression.

#ifndef TAPLINE_COMMON_FILTER_EVALUATE_H_
#define TAPLINE_COMMON_FILTER_EVALUATE_H_

#include "common/filter/expression.h"
#include "tapline/v1/record.pb.h"

namespace tapline::filter {

struct Verdict {
  bool matches = false;
  // The record cost more than limits.h allows, so nobody knows.
  bool given_up = false;
};

// Total on any record.
Verdict Evaluate(const Expression& expression, const v1::Record& record);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_EVALUATE_H_
