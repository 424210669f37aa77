// The values that a record has at one place of the schema.

#ifndef TAPLINE_COMMON_FILTER_SOURCE_VALUES_H_
#define TAPLINE_COMMON_FILTER_SOURCE_VALUES_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "common/filter/field.h"
#include "common/filter/value.h"
#include "tapline/v1/record.pb.h"

namespace tapline::filter {

// Steps that are left for one record.
struct Budget {
  int64_t steps;

  void Take(int64_t count) { steps -= count; }
  bool spent() const { return steps < 0; }
};

// Is told a value, which lives for the call; returns whether to go on.
using Visitor = absl::FunctionRef<bool(const Value& value)>;

// Visits each value until the visitor or the budget says stop; returns whether
// to go on. What is no value: an empty text, an unspecified enum, a time or an
// `optional` that is not set, anything in a message that is not there, a text
// that is no address where one is asked for. Zero and false are.
// `observed`: only values whose basis says that they were.
bool VisitSource(const Source& source, const v1::Record& record, bool observed,
                 Budget& budget, Visitor visit);

// Whether the record has the message that the values would be in: all up to the
// first repeated field.
bool HasPlace(const Source& source, const v1::Record& record);

// Whether the arm of the record is the one the source begins in.
bool IsOfKind(const Source& source, const v1::Record& record);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_SOURCE_VALUES_H_
