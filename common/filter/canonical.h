// A filter as the language itself would write it.

#ifndef TAPLINE_COMMON_FILTER_CANONICAL_H_
#define TAPLINE_COMMON_FILTER_CANONICAL_H_

#include <string>

#include "common/filter/expression.h"

namespace tapline::filter {

// One line without @names; compiles to the same filter, and prints the same
// then.
std::string Canonical(const Expression& expression);

// "len(tls.sni)", "tcp.flags & 18".
std::string OperandText(const Operand& operand);

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_CANONICAL_H_
