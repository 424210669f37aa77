// From a term to the values it stands for. Internal to the checker.

#ifndef TAPLINE_COMMON_FILTER_OPERAND_H_
#define TAPLINE_COMMON_FILTER_OPERAND_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/filter/expression.h"
#include "common/filter/field_table.h"
#include "common/filter/syntax.h"

namespace tapline::filter {

// Whether the term can only be a field or function, not a value: a call, a
// name with a dot, or the name of a field.
bool IsOperand(const Term& term, const FieldTable& fields);

// InvalidArgument (ErrorAt): no such field or function, or a function of values
// it is not made for.
absl::StatusOr<Operand> MakeOperand(const Term& term, const FieldTable& fields);

// "there is no field tls.snj; did you mean tls.sni?".
absl::Status NoSuchField(const Term& term, const FieldTable& fields);

// "len", "lower", ...
absl::string_view FunctionName(Function function);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_OPERAND_H_
